"""A cache of parsed connections, so that one read per connection id and event loop serves a thousand waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

_log = logging.getLogger(__name__)

MAX_AGE = 300.0
"""Seconds after which a connection is read again, so that a changed host, CA or proxy is noticed without an error."""

RETRY_AFTER = 10.0
"""Seconds after which a failed read is repeated; the cached connection stays in use until then."""


@dataclass(eq=False, slots=True)
class _Entry(Generic[T]):
    value: T | None = None
    read_at: float = float("-inf")
    retry_at: float = float("-inf")
    reading: asyncio.Task[T] | None = None


class ConnectionCache(Generic[T]):
    """Connections by id and event loop.

    A value that has not changed when it is read again stays the same object, so that callers can compare it with
    ``is``.
    """

    def __init__(self) -> None:
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _Entry[T]]] = WeakKeyDictionary()

    def fresh(self, conn_id: str) -> T | None:
        """Return the cached connection unless it has to be read again.

        :param conn_id: id of the connection.
        """
        loop = asyncio.get_running_loop()
        entry = self._entry(conn_id)
        now = loop.time()
        return entry.value if now < max(entry.read_at + MAX_AGE, entry.retry_at) else None

    async def get(self, conn_id: str, read: Callable[[], Awaitable[T]]) -> T:
        """Return the connection; read it if it is not cached or is too old.

        If reading fails and an old value is cached, the old value stays in use: a secrets backend may be down briefly.

        :param conn_id: id of the connection.
        :param read: reads and parses the connection.
        """
        if (value := self.fresh(conn_id)) is not None:
            return value
        entry = self._entry(conn_id)
        try:
            return await self._read(entry, read)
        except Exception as error:
            if entry.value is None:
                raise
            # Only the type of the error, since the message of a secrets backend may hold anything.
            _log.debug(
                "connection %r can't be read (%s); still using the cached connection", conn_id, type(error).__name__
            )
            entry.retry_at = asyncio.get_running_loop().time() + RETRY_AFTER
            return entry.value

    async def get_newer(self, conn_id: str, read: Callable[[], Awaitable[T]], *, than: float) -> T:
        """Return the connection, read after a given time; callers that fail at the same time share one read.

        :param conn_id: id of the connection.
        :param read: reads and parses the connection.
        :param than: a time of the event loop.
        """
        entry = self._entry(conn_id)
        if entry.value is not None and entry.read_at >= than:
            return entry.value
        return await self._read(entry, read)

    def _entry(self, conn_id: str) -> _Entry[T]:
        entries = self._loops.setdefault(asyncio.get_running_loop(), {})
        if (entry := entries.get(conn_id)) is None:
            entry = entries[conn_id] = _Entry()
        return entry

    async def _read(self, entry: _Entry[T], read: Callable[[], Awaitable[T]]) -> T:
        if entry.reading is None:
            entry.reading = asyncio.create_task(self._read_into(entry, read))
        # Shielded, because others wait for the same read if this one is cancelled.
        return await asyncio.shield(entry.reading)

    async def _read_into(self, entry: _Entry[T], read: Callable[[], Awaitable[T]]) -> T:
        started = asyncio.get_running_loop().time()
        try:
            value = await read()
        finally:
            entry.reading = None
        entry.read_at = started
        if entry.value is None or value != entry.value:
            entry.value = value
        return entry.value
