"""A recorder of requests between clients and the sandbox."""

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
    """One request as received.

    :param target: target in the request line.
    :param headers: headers with lower-case names.
    """

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    def facts(self) -> dict[str, Any]:
        """The contents of a request, normalised so that requests of both clients can be compared.

        Percent-encoding of path and query, the two notations of pagination and the order of keys are normalised; an
        empty body and a missing one stay different.
        """
        path, _, query = self.target.partition("?")
        # Segment by segment; otherwise an id with a slash would equal two segments.
        facts: dict[str, Any] = {"method": self.method, "path": [unquote(segment) for segment in path.split("/")]}
        for name, value in parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)):
            facts[f"query {_normalise(name)}"] = value
        facts |= {f"header {name}": value for name, value in self.headers.items()}
        if self.body:
            facts["body"] = msgspec.json.decode(self.body)
        return facts


class Recorder:
    """A server that forwards requests to a sandbox and keeps them.

    :param url: base URL.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._recorded: list[Recorded] = []

    def add(self, request: Recorded) -> None:
        """Keep a request."""
        self._recorded.append(request)

    def take(self) -> list[Recorded]:
        """Return the requests since the last call."""
        taken, self._recorded = self._recorded, []
        return taken


@contextmanager
def recording(sandbox_url: str) -> Iterator[Recorder]:
    """Record on a free port the requests to a sandbox."""
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
        def forward(self) -> None:
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

        do_GET = do_POST = do_PATCH = do_DELETE = forward  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _normalise(name: str) -> str:
    """Return one name for ``pagination[count]`` and ``pagination.count``, which are equivalent."""
    head, bracket, tail = name.partition("[")
    return f"{head}.{tail.removesuffix(']')}" if bracket else name
