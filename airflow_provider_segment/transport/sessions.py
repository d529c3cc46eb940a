"""Shared client sessions: one for each connection and event loop, closed when its last lease is released.

A triggerer runs all its triggers in one event loop, so a thousand waits on one workspace need only a few connections.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from weakref import WeakKeyDictionary

import aiohttp

from airflow_provider_segment.transport.connection import SegmentConnection
from airflow_provider_segment.transport.network import Network

_Key = tuple[str, str, str | None, int | None]

_MAX_CONNECTIONS = 100
"""Maximum number of requests in progress; others wait their turn before their timeout starts."""

_KEEP_ALIVE = 300.0
"""Seconds before an idle connection is closed: longer than usual poke intervals, so that polls reuse connections."""


class _Request(aiohttp.ClientRequest):
    """A request that records whether it was sent.

    This is cheaper than aiohttp's tracing, which would take a seventh of a request's total time.
    """

    sent = False
    """Whether any part of the request may have been sent; connecting and proxy handshakes do not count."""

    # Not a coroutine function: that would add a coroutine to each request.
    def send(self, conn: aiohttp.connector.Connection) -> Coroutine[Any, Any, aiohttp.ClientResponse]:
        self.sent = True
        return super().send(conn)


class Attempt:
    """One attempt to send a request over a shared session; pass the attempt to aiohttp as the only middleware."""

    __slots__ = ("_request",)

    def __init__(self) -> None:
        self._request: aiohttp.ClientRequest | None = None

    @property
    def sent(self) -> bool:
        """Whether any part of the request may have been sent; connecting and proxy handshakes do not count."""
        return self._request is not None and cast("_Request", self._request).sent

    def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> Awaitable[aiohttp.ClientResponse]:
        """Keep the request that aiohttp created, and send it."""
        self._request = request
        return handler(request)


@dataclass(eq=False, slots=True)
class _Shared:
    opening: asyncio.Task[aiohttp.ClientSession]
    slots: asyncio.Semaphore
    leases: int = 0


_SHARED: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[_Key, _Shared]] = WeakKeyDictionary()


class SessionLease:
    """The right to use a shared session until the lease is released.

    :param connection: the parsed connection; its token belongs to each request, not to the session.
    :param network: the CA of the connection.
    """

    def __init__(self, connection: SegmentConnection, network: Network) -> None:
        self._key: _Key = (connection.conn_id, connection.base_url, network.ca, network.ca_modified)
        self._shared: _Shared | None = None

    async def acquire(self) -> aiohttp.ClientSession:
        """Return the shared session; the first lease opens it."""
        sessions = _SHARED.setdefault(asyncio.get_running_loop(), {})
        shared = sessions.get(self._key)
        if shared is None:
            shared = sessions[self._key] = _Shared(
                asyncio.create_task(_open(self._key[2])), asyncio.Semaphore(_MAX_CONNECTIONS)
            )
        shared.leases += 1
        self._shared = shared
        try:
            # Shielded, because other leases still need the session if this one is cancelled.
            return await asyncio.shield(shared.opening)
        except BaseException:
            await self.release()
            raise

    @property
    def slots(self) -> asyncio.Semaphore:
        """The semaphore that each request of the session holds while it is in progress."""
        if self._shared is None:
            raise RuntimeError("the session has not been acquired")
        return self._shared.slots

    async def release(self) -> None:
        """Release the session, and close it if no other lease uses it; further calls do nothing."""
        shared, self._shared = self._shared, None
        if shared is None:
            return
        shared.leases -= 1
        if shared.leases:
            return
        # Before anything is awaited, so that a lease acquired in the meantime opens a new session.
        _SHARED[asyncio.get_running_loop()].pop(self._key, None)
        if not shared.opening.done():
            shared.opening.cancel()
        elif not shared.opening.cancelled() and shared.opening.exception() is None:
            await shared.opening.result().close()


async def _open(ca: str | None) -> aiohttp.ClientSession:
    # In a thread, because reading a CA bundle would block all triggers for tens of milliseconds.
    context = await asyncio.to_thread(_tls_context, ca)
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=context, keepalive_timeout=_KEEP_ALIVE),
        cookie_jar=aiohttp.DummyCookieJar(),
        request_class=_Request,
        timeout=aiohttp.ClientTimeout(total=None),  # the driver's timeouts share a timer
        auto_decompress=False,
        trust_env=False,
    )
    # aiohttp would silently repeat a DELETE whose response was lost.
    session._retry_connection = False  # noqa: SLF001
    return session


def _tls_context(ca: str | None) -> ssl.SSLContext:
    if ca is None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    return ssl.create_default_context(capath=ca) if Path(ca).is_dir() else ssl.create_default_context(cafile=ca)
