"""A careless server in front of the sandbox: it passes requests on, and quotes all it knows when it refuses one."""

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
    """What becomes of a request.

    :param status: of the answer; 0 closes the connection without one.
    :param kind: ``envelope`` is the API's own form of an error; ``page``, ``json`` and ``half`` are not.
    :param carried_out: whether the request reached Segment.
    """

    status: int
    kind: str = "envelope"
    carried_out: bool = False


@dataclass
class Front:
    """The server.

    :param url: where it listens.
    :param token: what it takes for the sandbox's.
    :param status: of the requests that match; ``None`` passes all on.
    :param method: which requests; ``*`` for any.
    :param met: how many matched.
    :param seen: what it was shown beside bodies and the token's own header.
    :param bodies: of all requests: what it knows.
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
        """All it knows."""
        return f"you are {self.token}, you said {' and '.join(self.bodies)}"


@contextmanager
def quoting_front(sandbox: SegmentSandbox, *, token: str) -> Iterator[Front]:
    """Run the server on a free port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    front = Front(f"http://127.0.0.1:{server.server_address[1]}", token)
    server.RequestHandlerClass = type("Handler", (_Handler,), {"front": front, "sandbox": sandbox})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield front
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    front: Front
    sandbox: SegmentSandbox

    def handle_one_request(self) -> None:
        self.close_connection = True
        self.raw_requestline = self.rfile.readline()
        if self.raw_requestline and self.parse_request():
            self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def log_message(self, *_: object) -> None:
        """Nothing: it is not us who are searched."""

    def _answer(self, body: bytes) -> None:
        headers = {name: value for name, value in self.headers.items() if name.lower() != "authorization"}
        self.front.seen.append(f"{self.requestline} {headers}")
        if body:
            self.front.bodies.append(body.decode())
        status = self.front.status if fnmatch(self.command, self.front.method) else None
        if status is None:
            self._send(*self._passed_on(body))
            return
        self.front.met += 1
        if status.carried_out:
            self._passed_on(body)
        if status.status:
            self._send(status.status, "application/json", _words(status.kind, self.front.quoted))

    def _passed_on(self, body: bytes) -> tuple[int, str, bytes]:
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        assert headers["Authorization"] == f"Bearer {self.front.token}"
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
        self.send_header("Location", f"https://elsewhere.example/{self.front.token}")
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
