"""The sandbox's clock, time formats and delayed calls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate


class Clock:
    """The sandbox's only source of time.

    :param base: returns the machine's time in seconds since 1970.
    """

    def __init__(self, *, base: Callable[[], float] = time.time) -> None:
        self._base = base
        self.offset = 0.0
        """Seconds added to the machine's time; a negative number moves the clock into the past."""

    def now(self) -> float:
        """Return the time in seconds since 1970, UTC."""
        return self._base() + self.offset


class DelayedCalls:
    """Calls scheduled on the running event loop; a reset of the sandbox cancels them."""

    def __init__(self) -> None:
        self._handles: set[asyncio.TimerHandle] = set()

    def schedule(self, seconds: float, call: Callable[[], object]) -> None:
        """Run ``call`` after ``seconds`` of real time."""

        def run() -> None:
            self._handles.discard(handle)
            call()

        handle = asyncio.get_running_loop().call_later(seconds, run)
        self._handles.add(handle)

    def cancel_all(self) -> None:
        """Cancel all calls that have not run."""
        for handle in self._handles:
            handle.cancel()
        self._handles.clear()


def format_iso_time(moment: float) -> str:
    """Format seconds since 1970 as ISO 8601 in UTC with milliseconds: ``2024-12-31T23:59:59.000Z``."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def format_http_date(moment: float) -> str:
    """Format seconds since 1970 as an HTTP date: ``Tue, 31 Dec 2024 23:59:59 GMT``."""
    return formatdate(moment, usegmt=True)


def parse_iso_time(text: str) -> float | None:
    """Parse an ISO 8601 time into seconds since 1970; None if it is invalid. Without a time zone, UTC is assumed."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
