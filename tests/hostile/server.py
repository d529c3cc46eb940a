"""Socket servers whose behaviour is a function of the test."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

WORKSPACE = b'{"data": {"workspace": {"id": "w", "name": "W", "slug": "w"}}}'

Behaviour = Callable[["Talk"], None]


@dataclass
class Talk:
    """The connection of one client.

    :param connection: socket to the client.
    :param ended: event that is set when the test is over.
    """

    connection: socket.socket
    ended: threading.Event

    def read_request(self) -> bytes:
        """Read one request, including its body."""
        read = b""
        while b"\r\n\r\n" not in read:
            if not (piece := self.connection.recv(65536)):
                raise ConnectionError("the client has left")
            read += piece
        head, _, body = read.partition(b"\r\n\r\n")
        lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        while len(body) < int(lines.get(b"content-length", b"0")):
            body += self.connection.recv(65536)
        return head + b"\r\n\r\n" + body

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def forever(self, *pieces: bytes, every: float = 0.0) -> None:
        """Send the pieces in a loop until the client disconnects or the test ends.

        :param every: seconds between two pieces.
        """
        while not self.ended.wait(every):
            for piece in pieces:
                self.send(piece)

    def stay(self) -> None:
        """Keep the connection open without sending anything until the test ends."""
        self.ended.wait()


@dataclass
class Server:
    """A listening server.

    :param url: base URL.
    :param requests: requests that the behaviours have read.
    """

    host: str
    port: int
    tls: bool
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}"


@contextmanager
def serving(behaviour: Behaviour, *, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server that handles each client with a behaviour, in a thread.

    :param behaviour: function that handles a connection; it ends when the client disconnects.
    :param tls: TLS context; ``None`` for plain HTTP.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server("127.0.0.1", listener.getsockname()[1], tls is not None)
    ended = threading.Event()
    opened: list[socket.socket] = []

    def meet(raw: socket.socket) -> None:
        with suppress(OSError):  # the client disconnected, or the test ended
            connection = tls.wrap_socket(raw, server_side=True) if tls else raw
            opened.append(connection)
            with connection:
                behaviour(_Recorded(connection, ended, server.requests))

    def accept() -> None:
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            server.connections += 1
            opened.append(raw)
            threading.Thread(target=meet, args=(raw,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        ended.set()
        for each in (listener, *opened):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                each.close()
        thread.join(10)


@dataclass
class _Recorded(Talk):
    requests: list[bytes]

    def read_request(self) -> bytes:
        request = super().read_request()
        self.requests.append(request)
        return request


def http(body: bytes = WORKSPACE, *, status: str = "200 OK", headers: str = "") -> bytes:
    """Return a response with a Content-Length, which keeps the connection open."""
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


def once(response: bytes) -> Behaviour:
    """Return a behaviour that sends these bytes after the first request, then closes."""

    def behave(talk: Talk) -> None:
        talk.read_request()
        talk.send(response)

    return behave


def tunnelling(*, to: int, refusal: bytes | None = None) -> Behaviour:
    """Return the behaviour of a proxy that tunnels every CONNECT to one port of this machine.

    :param to: the port.
    :param refusal: response to send instead of tunnelling.
    """

    def behave(talk: Talk) -> None:
        talk.read_request()
        if refusal is not None:
            talk.send(refusal)
            return
        with socket.create_connection(("127.0.0.1", to)) as far:
            talk.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pump, args=(far, talk.connection), daemon=True)
            back.start()
            pump(talk.connection, far)
            back.join(10)

    return behave


def pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
