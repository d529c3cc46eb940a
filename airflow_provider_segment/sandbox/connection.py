"""A client's connection: answers go out on it, and faults break it off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from airflow_provider_segment.sandbox.clock import mail_date
from airflow_provider_segment.sandbox.http_messages import Answer

# ASGI, as far as it is used here.
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

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


class Connection:
    """What the sandbox does with the connection of one request."""

    def __init__(self, *, scope: Scope, receive: Receive, send: Send) -> None:
        self._transport: asyncio.Transport = scope[_TRANSPORT]
        self._receive = receive
        self._send = send

    async def answer(self, answer: Answer, *, now: float) -> None:
        """Send an answer.

        :param now: for its ``Date``, seconds since 1970.
        """
        await self._start(answer, now=now)
        await self._send({"type": "http.response.body", "body": answer.body})

    async def answer_half(self, answer: Answer, *, now: float) -> None:
        """Announce the whole answer, send half of it, and close the connection."""
        await self._start(answer, now=now)
        half = answer.body[: len(answer.body) // 2]
        await self._send({"type": "http.response.body", "body": half, "more_body": True})
        self._transport.close()
        await self._wait_until_closed()

    async def drop(self) -> None:
        """Close the connection without an answer."""
        self._transport.abort()
        await self._wait_until_closed()

    async def _start(self, answer: Answer, *, now: float) -> None:
        headers = [
            ("Date", mail_date(now)),
            ("Content-Type", answer.content_type),
            ("Content-Length", str(len(answer.body))),
            *answer.headers,
        ]
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await self._send({"type": "http.response.start", "status": answer.status, "headers": encoded})

    async def _wait_until_closed(self) -> None:
        """Come back when the server knows; it answers a 500 when it is not told what became of a request."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
