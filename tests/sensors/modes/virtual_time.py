"""A clock that jumps: whoever sleeps, in a worker or on the event loop, moves it on, and nobody waits."""

from __future__ import annotations

import asyncio
import selectors
import time
from datetime import UTC, datetime, timedelta
from typing import Any


class RealClock:
    """The machine's."""

    def now(self, zone: Any = UTC) -> datetime:
        """The time."""
        return datetime.now(zone)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class VirtualClock(RealClock):
    """One that jumps.

    :param start: where it begins.
    """

    def __init__(self, start: datetime) -> None:
        self._start = start
        self.seconds = 0.0

    def now(self, zone: Any = UTC) -> datetime:
        """The time."""
        return (self._start + timedelta(seconds=self.seconds)).astimezone(zone)

    def sleep(self, seconds: float) -> None:
        """Move it on."""
        self.seconds += seconds

    def monotonic(self) -> float:
        """Seconds since it began."""
        return self.seconds


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose timers come at once, in their order, as long as no thread or socket is waited for.

    :param clock: which it moves on.
    """

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(_Jumping(clock))
        self._clock = clock

    def time(self) -> float:
        """The time of the timers."""
        return self._clock.seconds


class _Jumping(selectors.SelectSelector):
    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> Any:
        if timeout:
            self._clock.sleep(timeout)
        return super().select(None if timeout is None else 0)
