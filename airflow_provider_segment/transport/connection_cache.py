"""A cache of parsed connections, so that one read per connection id and event loop serves a thousand waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

_log = logging.getLogger(__name__)

MAX_AGE = 300.0
"""Seconds after which a connection is read again, so that a changed host, CA or proxy is noticed without an error."""

RETRY_AFTER = 10.0
"""Seconds after which a failed read is repeated; the cached connection stays in use until then."""


class CachedConnection(Generic[T]):
    """A connection cached for one event loop; it is read again when it is too old.

    A value that has not changed when it is read again stays the same object, so that callers can compare it with
    ``is``.

    :param conn_id: id of the connection, for messages.
    """

    def __init__(self, conn_id: str) -> None:
        self._conn_id = conn_id
        self._value: T | None = None
        self._read_at = self._valid_until = self._reading_since = float("-inf")
        self._reading: asyncio.Task[T] | None = None

    @property
    def fresh(self) -> T | None:
        """The connection, or ``None`` if it has to be read first."""
        return self._value if asyncio.get_running_loop().time() < self._valid_until else None

    async def get(self, read: Callable[[], Awaitable[T]]) -> T:
        """Return the connection; read it first if it has not been read yet, or again if it is too old.

        If it cannot be read again, the old value stays in use: a secrets backend may be down briefly.

        :param read: reads and parses the connection.
        """
        if (value := self.fresh) is not None:
            return value
        try:
            return await self._read(read)
        except Exception as error:
            if self._value is None:
                raise
            # Only the type of the error, since the message of a secrets backend may hold anything.
            _log.debug(
                "connection %r can't be read (%s); still using the cached connection",
                self._conn_id,
                type(error).__name__,
            )
            self._valid_until = asyncio.get_running_loop().time() + RETRY_AFTER
            return self._value

    async def get_newer(self, read: Callable[[], Awaitable[T]], *, than: float) -> T:
        """Return a connection that was read after a given time; concurrent callers share one read.

        :param read: reads and parses the connection.
        :param than: a time of the event loop.
        """
        if self._reading is not None and self._reading_since < than:
            await asyncio.wait([self._reading])  # it may return the old connection, or fail
        if self._value is not None and self._read_at >= than:
            return self._value
        return await self._read(read)

    async def _read(self, read: Callable[[], Awaitable[T]]) -> T:
        if self._reading is None or self._reading.done():
            self._reading_since = asyncio.get_running_loop().time()
            self._reading = asyncio.create_task(self._read_and_keep(read, started=self._reading_since))
            self._reading.add_done_callback(_retrieve_error)
        # Shielded, because others wait for the same read if this one is cancelled.
        return await asyncio.shield(self._reading)

    async def _read_and_keep(self, read: Callable[[], Awaitable[T]], *, started: float) -> T:
        value = await read()
        self._read_at, self._valid_until = started, started + MAX_AGE
        if self._value is None or value != self._value:
            self._value = value
        return self._value


def _retrieve_error(read: asyncio.Task[T]) -> None:
    """Mark the error of a read as retrieved: the event loop would log it if all waiting tasks were cancelled."""
    if not read.cancelled():
        read.exception()


class ConnectionCache(Generic[T]):
    """Parsed connections, cached by event loop and connection id."""

    def __init__(self) -> None:
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, CachedConnection[T]]] = WeakKeyDictionary()

    def entry(self, conn_id: str) -> CachedConnection[T]:
        """Return a connection's cache entry for the running event loop; the connection may not have been read yet.

        :param conn_id: id of the connection.
        """
        entries = self._loops.setdefault(asyncio.get_running_loop(), {})
        if (entry := entries.get(conn_id)) is None:
            entry = entries[conn_id] = CachedConnection(conn_id)
        return entry
