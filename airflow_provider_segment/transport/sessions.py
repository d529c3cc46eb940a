"""Client sessions that many waits share: one for each connection and event loop, closed when the last one leaves.

A triggerer runs all its triggers in one event loop, so a thousand waits on one workspace go over a few connections.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Coroutine
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import aiohttp

from airflow_provider_segment.transport.connection import SegmentConnection
from airflow_provider_segment.transport.network import Network

_Key = tuple[str, str, str | None]

_KEEP_ALIVE = 300.0
"""Seconds an idle connection is kept: longer than any usual poke interval, or each poll would open one."""


SENT: ContextVar[bool] = ContextVar("SENT", default=False)
"""Whether anything of this task's last request may have left; connecting and speaking to a proxy send nothing of it."""


class _Request(aiohttp.ClientRequest):
    """One that notes when it is sent. A tracing of aiohttp's tells the same, for a seventh of what a request costs."""

    # Not a coroutine function, which would be one coroutine more.
    def send(self, conn: aiohttp.connector.Connection) -> Coroutine[Any, Any, aiohttp.ClientResponse]:
        SENT.set(True)
        return super().send(conn)


@dataclass(eq=False, slots=True)
class _Shared:
    opening: asyncio.Task[aiohttp.ClientSession]
    users: int = 0


_SHARED: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[_Key, _Shared]] = WeakKeyDictionary()


class SessionLease:
    """The right to use a shared session until it is given back.

    :param connection: where to; the token is not the session's but each request's.
    :param network: what the CA is.
    """

    def __init__(self, connection: SegmentConnection, network: Network) -> None:
        self._key: _Key = (connection.conn_id, connection.base_url, network.ca)
        self._shared: _Shared | None = None

    async def take(self) -> aiohttp.ClientSession:
        """Take part in the session, which the first one opens."""
        of_loop = _SHARED.setdefault(asyncio.get_running_loop(), {})
        shared = of_loop.get(self._key)
        if shared is None:
            shared = of_loop[self._key] = _Shared(asyncio.create_task(_open(self._key[2])))
        shared.users += 1
        self._shared = shared
        try:
            # Shielded: the others still wait for it when this one is cancelled.
            return await asyncio.shield(shared.opening)
        except BaseException:
            await self.give_back()
            raise

    async def give_back(self) -> None:
        """Leave; the last one closes the session. Once more does nothing."""
        shared, self._shared = self._shared, None
        if shared is None:
            return
        shared.users -= 1
        if shared.users:
            return
        # Before anything is awaited: whoever comes meanwhile opens a new one.
        _SHARED[asyncio.get_running_loop()].pop(self._key, None)
        if not shared.opening.done():
            shared.opening.cancel()
        elif not shared.opening.cancelled() and shared.opening.exception() is None:
            await shared.opening.result().close()


async def _open(ca: str | None) -> aiohttp.ClientSession:
    # In a thread: reading a CA bundle takes tens of milliseconds, in which no trigger could run.
    context = await asyncio.to_thread(_tls_context, ca)
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=context, keepalive_timeout=_KEEP_ALIVE),
        cookie_jar=aiohttp.DummyCookieJar(),
        request_class=_Request,
        auto_decompress=False,
        trust_env=False,
    )
    # It would send a DELETE again by itself where an answer was lost, and hide from us that it was the second.
    session._retry_connection = False  # noqa: SLF001
    return session


def _tls_context(ca: str | None) -> ssl.SSLContext:
    if ca is None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    return ssl.create_default_context(capath=ca) if Path(ca).is_dir() else ssl.create_default_context(cafile=ca)
