"""Timeouts for requests on an event loop, with one timer for all requests in progress.

A timer for each request would take a sixth of a poll's CPU time: the event loop keeps cancelled timers for a while, and
compares them in Python.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self
from weakref import WeakKeyDictionary


class Timeouts:
    """Timeouts of the same length. They expire in the order in which they start, so only the first needs a timer.

    :param seconds: the length.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: dict[Limit, None] = {}  # in the order in which they started
        self._timer: asyncio.TimerHandle | None = None

    def limit(self) -> Limit:
        """Return a context manager that raises ``TimeoutError`` if its block takes too long."""
        return Limit(self)

    def start(self, limit: Limit) -> float:
        """Start a time limit, and return the time at which it expires.

        :param limit: the limit; ``end`` must follow.
        """
        loop = asyncio.get_running_loop()
        expires_at = loop.time() + self._seconds
        self._running[limit] = None
        if self._timer is None:
            self._timer = loop.call_at(expires_at, self._expire)
        return expires_at

    def end(self, limit: Limit) -> None:
        """End a time limit, whether it has expired or not.

        :param limit: the limit.
        """
        self._running.pop(limit, None)
        if not self._running and self._timer is not None:
            self._timer.cancel()  # otherwise it would keep a closed event loop alive
            self._timer = None

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        expired = self._take_expired(loop.time())
        self._timer = loop.call_at(next(iter(self._running)).expires_at, self._expire)
        for limit in expired:
            limit.expire()

    def _take_expired(self, now: float) -> list[Limit]:
        """Return the limits that have expired, and restart them, because a library may swallow the cancellation."""
        expired = []
        for limit in list(self._running):
            if limit.expires_at > now:
                break
            del self._running[limit]
            self._running[limit] = None  # last in the order
            limit.expires_at = now + self._seconds
            expired.append(limit)
        return expired


class Limit:
    """A context manager that limits the time of a block, as ``asyncio.timeout`` does.

    :param timeouts: the timeouts that it belongs to.
    """

    __slots__ = ("_cancellations", "_earlier_cancellations", "_task", "_timeouts", "expires_at")

    def __init__(self, timeouts: Timeouts) -> None:
        self._timeouts = timeouts

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a timeout can only be used inside an asyncio task")
        self._task, self._earlier_cancellations, self._cancellations = task, task.cancelling(), 0
        self.expires_at = self._timeouts.start(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timeouts.end(self)
        for _ in range(self._cancellations):
            self._task.uncancel()
        by_others = self._task.cancelling() > self._earlier_cancellations
        if self._cancellations and not by_others and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def expire(self) -> None:
        """Cancel the task, which makes the ``with`` block raise ``TimeoutError``."""
        self._cancellations += 1
        self._task.cancel()


_TIMEOUTS: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[float, Timeouts]] = WeakKeyDictionary()


def timeouts_of(seconds: float) -> Timeouts:
    """Return the running event loop's ``Timeouts`` object for timeouts of a given length.

    :param seconds: the length.
    """
    return _TIMEOUTS.setdefault(asyncio.get_running_loop(), {}).setdefault(seconds, Timeouts(seconds))
