"""One deadline for a whole attempt; urllib3 only has a timeout for each read.

A server that sends a byte now and then, in the status line, the headers or the body, would block a worker forever.
Therefore connecting, the proxy's response, the TLS handshake and each read time out when the attempt does.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import urllib3
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class ThreadAttempt(threading.local):
    """The state of this thread's current attempt."""

    deadline: float | None = None
    sent: bool = False
    """Whether any part of the request may have been sent; connecting and proxy handshakes do not count."""

    def begin(self, *, seconds: float) -> None:
        """Reset the state for a new attempt.

        :param seconds: how long it may take.
        """
        self.deadline = time.monotonic() + seconds
        self.sent = False

    @property
    def left(self) -> float | None:
        """Seconds until the deadline, zero or negative after it; ``None`` if there is no deadline."""
        return None if self.deadline is None else self.deadline - time.monotonic()

    @property
    def timeout(self) -> float | None:
        """The timeout for a socket, positive because 0 would make it non-blocking; ``None`` if there is no deadline."""
        return None if self.left is None else max(self.left, 0.001)


class DeadlineAdapter(HTTPAdapter):
    """A ``requests`` adapter whose connections obey the deadline of :attr:`attempt`."""

    def __init__(self) -> None:
        self.attempt = ThreadAttempt()
        self._classes = {
            "http": type("HTTPConnection", (_DeadlineConnection,), {"_attempt": self.attempt}),
            "https": type("HTTPSConnection", (_DeadlineTlsConnection,), {"_attempt": self.attempt}),
        }
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return a request's connection pool, whose connections obey the deadline."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = self._classes[pool.scheme]
        return pool


class _DeadlineConnection(urllib3.connection.HTTPConnection):
    _attempt: ThreadAttempt

    @property
    def timeout(self) -> float | None:
        return self._attempt.timeout

    @timeout.setter
    def timeout(self, value: object) -> None:
        """Ignore urllib3's timeout, which restarts for each phase: connecting, opening a proxy tunnel and reading."""

    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        connected.settimeout(self.timeout)  # for the handshake
        return connected

    def _tunnel(self) -> None:
        super()._tunnel()
        self.sock.settimeout(self.timeout)  # for the handshake

    def endheaders(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()  # otherwise http.client connects below, after `sent` is set
        self._attempt.sent = True
        super().endheaders(*args, **kwargs)

    def send(self, data: Any) -> None:
        self.sock.settimeout(self.timeout)
        super().send(data)

    def response_class(  # type: ignore[override]
        self, sock: socket.socket, *args: Any, **kwargs: Any
    ) -> _Response:
        return _Response(self._attempt, sock, *args, **kwargs)


class _DeadlineTlsConnection(_DeadlineConnection, urllib3.connection.HTTPSConnection):
    pass


class _Response(http.client.HTTPResponse):
    def __init__(self, attempt: ThreadAttempt, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()  # opened above, without a deadline
        self.fp = io.BufferedReader(_Reader(sock, attempt), 65536)

    def _read_status(self) -> tuple[str, int, str]:
        """Skip interim responses; ``http.client`` only skips 100, and would treat others as the final response."""
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if status not in _INTERIM:
                return version, status, reason
            http.client.parse_headers(self.fp)


_INTERIM = range(102, 200)


class _Reader(io.RawIOBase):
    """A socket reader that stops at the deadline."""

    def __init__(self, sock: socket.socket, attempt: ThreadAttempt) -> None:
        self._socket = sock
        self._attempt = attempt
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        left = self._attempt.left
        if left is not None and left <= 0:
            raise TimeoutError("the deadline has passed")  # checked even if the server sends faster than we read
        self._socket.settimeout(self._attempt.timeout)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
