"""What is done for every request before Starlette sees it, and for every answer after."""

from __future__ import annotations

import asyncio

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from airflow_provider_segment.sandbox.clock import Clock, mail_date
from airflow_provider_segment.sandbox.connection import drop


class Front:
    """ASGI middleware: routes see paths as sent, clients see the sandbox's time.

    :param app: what answers.
    :param clock: where the ``Date`` of answers comes from; it may differ from the machine's.
    """

    def __init__(self, app: ASGIApp, *, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have one request answered."""

        async def send_dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("Date", mail_date(self._clock.now()))
            await send(message)

        scope["path"] = _routed(scope["raw_path"].decode("ascii"))
        try:
            await self._app(scope, receive, send_dated)
        except asyncio.CancelledError:
            await drop(scope, receive)  # the sandbox is being stopped; its clients see the connection go


def _routed(path: str) -> str:
    """Give the path that routes are compared with: with one slash at its end, whether it was sent or not.

    It stays percent-encoded, since an id may hold a slash.
    """
    trimmed = path.removeprefix("/").removesuffix("/")
    return f"/{trimmed}/" if trimmed else "/"
