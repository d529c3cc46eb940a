"""What time it is in the sandbox."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate


class Clock:
    """The sandbox's only source of time.

    :param base: seconds since 1970 as the machine sees them.
    """

    def __init__(self, *, base: Callable[[], float] = time.time) -> None:
        self._base = base
        self.offset = 0.0
        """Seconds added to the machine's time; negative is the past."""

    def now(self) -> float:
        """Give the time as seconds since 1970, UTC."""
        return self._base() + self.offset


def iso_time(moment: float) -> str:
    """Write seconds since 1970 as ISO 8601 in UTC with milliseconds: ``2024-12-31T23:59:59.000Z``."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def mail_date(moment: float) -> str:
    """Write seconds since 1970 as HTTP headers do: ``Tue, 31 Dec 2024 23:59:59 GMT``."""
    return formatdate(moment, usegmt=True)


def parse_iso_time(text: str) -> float | None:
    """Read ISO 8601 into seconds since 1970; None when it is not a time. Without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
