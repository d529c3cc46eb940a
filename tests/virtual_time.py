"""A virtual clock: a sleep, in a worker or on the event loop, advances it instead of waiting."""

from __future__ import annotations

import asyncio
import selectors
import time
from datetime import UTC, datetime, timedelta
from typing import Any


class RealClock:
    """The machine's clock."""

    def now(self, zone: Any = UTC) -> datetime:
        """Return the time."""
        return datetime.now(zone)

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)


class VirtualClock(RealClock):
    """A clock that advances only when something sleeps.

    :param start: its first time.
    """

    def __init__(self, start: datetime) -> None:
        self._start = start
        self.seconds = 0.0

    def now(self, zone: Any = UTC) -> datetime:
        """Return the time."""
        return (self._start + timedelta(seconds=self.seconds)).astimezone(zone)

    def sleep(self, seconds: float) -> None:
        """Advance the clock."""
        self.seconds += seconds

    def monotonic(self) -> float:
        """Return the seconds since its start."""
        return self.seconds


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose timers fire at once and in order, as long as no thread or socket is pending.

    :param clock: the clock it advances.
    """

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(_AdvancingSelector(clock))
        self._clock = clock

    def time(self) -> float:
        """Return the time of the loop."""
        return self._clock.seconds


class _AdvancingSelector(selectors.SelectSelector):
    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> Any:
        if timeout:
            self._clock.sleep(timeout)
        return super().select(None if timeout is None else 0)
