"""A careless server in front of the sandbox, which quotes all requests in its errors."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from airflow_provider_segment.sandbox.testing import SegmentSandbox


@dataclass(frozen=True, kw_only=True)
class Status:
    """What the server does with a request.

    :param status: status of the response; 0 closes the connection without one.
    :param kind: ``envelope`` is the API's envelope of an error; ``page``, ``json`` and ``half`` are not.
    :param applied: whether the request reaches Segment.
    """

    status: int
    kind: str = "envelope"
    applied: bool = False


@dataclass
class QuotingServer:
    """The server.

    :param url: base URL.
    :param token: token that it replaces by the sandbox's.
    :param status: what it does with the matching requests; ``None`` forwards all.
    :param method: method of the matching requests; ``*`` for any.
    :param met: number of matching requests.
    :param seen: everything received except bodies and the Authorization header.
    :param bodies: bodies of all requests.
    """

    url: str
    token: str
    status: Status | None = None
    method: str = "*"
    met: int = 0
    seen: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)

    @property
    def quoted(self) -> str:
        """Everything to quote."""
        return f"you are {self.token}, you said {' and '.join(self.bodies)}"


@contextmanager
def quoting_server(sandbox: SegmentSandbox, *, token: str) -> Iterator[QuotingServer]:
    """Run the server on a free port of this machine."""
    listener = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    quoting = QuotingServer(f"http://127.0.0.1:{listener.server_address[1]}", token)
    listener.RequestHandlerClass = type("Handler", (_Handler,), {"quoting": quoting, "sandbox": sandbox})
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield quoting
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


class _Handler(BaseHTTPRequestHandler):
    quoting: QuotingServer
    sandbox: SegmentSandbox

    def handle_one_request(self) -> None:
        self.close_connection = True
        self.raw_requestline = self.rfile.readline()
        if self.raw_requestline and self.parse_request():
            self._respond(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def log_message(self, *_: object) -> None:
        """Log nothing: the search is for traces of this package only."""

    def _respond(self, body: bytes) -> None:
        headers = {name: value for name, value in self.headers.items() if name.lower() != "authorization"}
        self.quoting.seen.append(f"{self.requestline} {headers}")
        if body:
            self.quoting.bodies.append(body.decode())
        status = self.quoting.status if fnmatch(self.command, self.quoting.method) else None
        if status is None:
            self._send(*self._forward(body))
            return
        self.quoting.met += 1
        if status.applied:
            self._forward(body)
        if status.status:
            self._send(status.status, "application/json", _words(status.kind, self.quoting.quoted))

    def _forward(self, body: bytes) -> tuple[int, str, bytes]:
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        assert headers["Authorization"] == f"Bearer {self.quoting.token}"
        headers["Authorization"] = f"Bearer {self.sandbox.token}"
        connection = http.client.HTTPConnection(urlsplit(self.sandbox.url).netloc)
        connection.request(self.command, self.path, body or None, headers)
        response = connection.getresponse()
        passed = response.status, response.headers["Content-Type"] or "", response.read()
        connection.close()
        return passed

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Location", f"https://elsewhere.example/{self.quoting.token}")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


def _words(kind: str, quoted: str) -> bytes:
    document: Any = {"errors": [{"type": quoted, "message": quoted, "data": {"said": [quoted]}}]}
    match kind:
        case "envelope":
            return json.dumps(document).encode()
        case "page":
            return f"<html>{quoted}</html>".encode()
        case "half":
            return json.dumps({"data": {"destination": quoted}}).encode()[:-2]
        case _:
            return json.dumps({"data": {"destination": quoted, "subscription": quoted}}).encode()
