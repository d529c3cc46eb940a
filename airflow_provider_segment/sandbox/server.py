"""An HTTP server that runs a sandbox in its own thread."""

from __future__ import annotations

import asyncio
import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from airflow_provider_segment.sandbox.app import sandbox_app
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.responses import TRANSPORT_KEY

LOOPBACK = "127.0.0.1"
_KEEP_ALIVE_SECONDS = 75
"""Keep-alive timeout: longer than a minute, the usual poll interval of a sensor."""


class SandboxServer:
    """An HTTP server for a sandbox; it runs between ``start`` and ``stop``, or inside a ``with`` block.

    :param sandbox: the sandbox to serve.
    :param host: address to listen on; any other than loopback makes the sandbox reachable from other machines.
    :param port: port to listen on; 0 picks a free one.
    """

    def __init__(self, *, sandbox: Sandbox, host: str = LOOPBACK, port: int = 0) -> None:
        self.sandbox = sandbox
        self._host = host
        self._port = port
        self._socket: socket.socket | None = None
        self._server = _Server(_config(sandbox, host))
        self._thread = threading.Thread(target=self._run, name="segment-sandbox", daemon=True)

    @property
    def url(self) -> str:
        """Base URL without a trailing slash; available after ``start``."""
        if self._socket is None:
            raise RuntimeError("The sandbox has not been started")
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def start(self) -> None:
        """Start listening, and return when the server is ready for requests.

        :raises OSError: if the address is not available.
        """
        self._socket = _listening_socket(self._host, self._port)
        self._port = self._socket.getsockname()[1]
        self._thread.start()
        self._server.ready.wait()
        if not self._server.started:
            raise RuntimeError("The sandbox failed to start; see the traceback of thread 'segment-sandbox'")

    def stop(self) -> None:
        """Close all connections, even those with a request in progress, and return when the port is free."""
        self._server.should_exit = True
        self._server.force_exit = True
        if self._thread.is_alive():
            self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            if self._socket is not None:
                asyncio.run(self._server.serve(sockets=[self._socket]))
        finally:
            self._server.ready.set()


class _Protocol(H11Protocol):
    """An HTTP/1.1 protocol that passes its transport to the application, because ASGI cannot abort a connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        app = self.app

        async def app_with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope[TRANSPORT_KEY] = transport
            await app(scope, receive, send)

        self.app = app_with_transport


class _Server(uvicorn.Server):
    """A Uvicorn server with an event that is set when the server is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def _listening_socket(host: str, port: int) -> socket.socket:
    # socket.create_server does not set the protocol. Without it, asyncio does not recognise the socket as TCP and does
    # not disable Nagle's algorithm, which delays every response by 40 ms.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except BaseException:
        listener.close()
        raise
    return listener


def _config(sandbox: Sandbox, host: str) -> uvicorn.Config:
    return uvicorn.Config(
        sandbox_app(sandbox, host=host),
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,  # leave logging to the embedding process
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,  # the sandbox's clock may differ from the machine's
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
    )
