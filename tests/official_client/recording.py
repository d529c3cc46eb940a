"""What clients put on the wire: recorded on a real socket on its way to the sandbox."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One request as it came in.

    :param target: of the request line.
    :param headers: names in lower case.
    """

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    def facts(self) -> dict[str, Any]:
        """Everything that a request says, one entry each, in the one spelling that both clients can be compared in.

        That leaves out how the path and the query are percent-encoded, which of the two spellings of pagination was
        taken, and the order of keys. What an empty body is, and whether there is one, stays.
        """
        path, _, query = self.target.partition("?")
        # Segment by segment, or an id with a slash could pass for two.
        facts: dict[str, Any] = {"method": self.method, "path": [unquote(segment) for segment in path.split("/")]}
        for name, value in parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)):
            facts[f"query {_one_spelling(name)}"] = value
        facts |= {f"header {name}": value for name, value in self.headers.items()}
        if self.body:
            facts["body"] = msgspec.json.decode(self.body)
        return facts


class Recorder:
    """Passes requests on to a sandbox and keeps what they were.

    :param url: where it listens.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._recorded: list[Recorded] = []

    def add(self, request: Recorded) -> None:
        """Keep one."""
        self._recorded.append(request)

    def take(self) -> list[Recorded]:
        """Give what came in since the last time."""
        taken, self._recorded = self._recorded, []
        return taken


@contextmanager
def recording(sandbox_url: str) -> Iterator[Recorder]:
    """Record on a free port what is sent to a sandbox."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    recorder = Recorder(f"http://127.0.0.1:{server.server_port}")
    server.RequestHandlerClass = _handler(recorder, urlsplit(sandbox_url).netloc)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(recorder: Recorder, sandbox: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            recorder.add(Recorded(method=self.command, target=self.path, headers=headers, body=body))
            onward = http.client.HTTPConnection(sandbox, timeout=30)
            try:
                onward.request(self.command, self.path, body or None, {**headers, "host": sandbox})
                response = onward.getresponse()
                text = response.read()
            finally:
                onward.close()
            self.send_response_only(response.status)
            for name, value in response.getheaders():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_DELETE = pass_on  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _one_spelling(name: str) -> str:
    """``pagination[count]`` and ``pagination.count`` are the same."""
    head, bracket, tail = name.partition("[")
    return f"{head}.{tail.removesuffix(']')}" if bracket else name
