"""A client's connection, and responses that break it off."""

from __future__ import annotations

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_TRANSPORT = "segment_sandbox.transport"


class SandboxProtocol(H11Protocol):
    """HTTP/1.1 that shows the application its transport: ASGI has no word for closing a connection unanswered."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a new connection."""
        super().connection_made(transport)
        app = self.app

        async def app_with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope[_TRANSPORT] = transport
            await app(scope, receive, send)

        self.app = app_with_transport


class NoResponse(Response):
    """Closes the connection without an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Close the connection."""
        await drop(scope, receive)


class HalfResponse(Response):
    """Announces a whole response, sends half of its body, and closes the connection.

    :param whole: what is announced.
    """

    def __init__(self, whole: Response) -> None:
        super().__init__(whole.body, whole.status_code, whole.headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and half of the body."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = self.body[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        scope[_TRANSPORT].close()
        await _wait_until_closed(receive)


async def drop(scope: Scope, receive: Receive) -> None:
    """Close the connection of a request at once."""
    scope[_TRANSPORT].abort()
    await _wait_until_closed(receive)


async def _wait_until_closed(receive: Receive) -> None:
    """Come back when the server knows; it answers a 500 when it is not told what became of a request."""
    while (await receive())["type"] != "http.disconnect":
        pass
