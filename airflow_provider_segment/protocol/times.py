"""Times and durations, in the forms that users pass and that the API expects."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

_HEADROOM = timedelta(days=31)
"""Minimum distance from the end of the calendar, so that durations can be added to any valid time."""


def check_time(argument: str, value: Any) -> datetime:
    """Check a time, and return it in UTC and in whole seconds.

    :param argument: the argument's name.
    :param value: a datetime or an ISO 8601 string; UTC if it has no time zone.
    """
    moment = _parse_iso(value) if isinstance(value, str) and re.match(_DATED, value) else value
    try:
        if not isinstance(moment, datetime):
            raise TypeError
        zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        # A plain datetime: subclasses such as pendulum's do not survive JSON or comparison by type.
        plain = datetime.fromtimestamp(int(zoned.timestamp()), UTC)
        _ = plain + _HEADROOM
    except (TypeError, ValueError, OverflowError):
        raise ValueError(
            f"{argument} is {value!r}; it must be a datetime or an ISO 8601 string such as '2026-01-31T12:00:00Z'"
        ) from None
    return plain


def check_duration(argument: str, value: Any) -> timedelta:
    """Check a duration, and return it as a timedelta of 0 or more.

    :param argument: the argument's name.
    :param value: a timedelta, a number of seconds, or a string such as ``PT30M``, ``0:30:00`` or ``1800``, as
        templates render them.
    """
    try:
        parsed = _parse_duration(value.strip()) if isinstance(value, str) else value
        length = parsed if isinstance(parsed, timedelta) else timedelta(seconds=_number(parsed))
        length = timedelta(seconds=length.total_seconds())
    except (TypeError, OverflowError, ValueError):
        raise ValueError(
            f"{argument} is {value!r}; it must be a timedelta, a number of seconds or an ISO 8601 duration"
            " such as 'PT30M'"
        ) from None
    if length < timedelta(0):
        raise ValueError(f"{argument} is {length}; it must not be negative")
    return length


def format_utc(moment: datetime) -> str:
    """Return a time as the API expects it: ISO 8601, UTC, whole seconds.

    :param moment: a time with a time zone.
    """
    return _format(moment.astimezone(UTC))


# Cached, because waits poll for the same times.
@lru_cache(maxsize=1024)
def _format(moment: datetime) -> str:
    return moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def format_duration(length: timedelta) -> str:
    """Return a duration in whole hours or days, for messages.

    :param length: the duration, of any length.
    """
    hours = int(length.total_seconds() // 3600)
    return f"{hours} hours" if hours < 72 else f"{hours // 24} days"


# pendulum also accepts "now" and "12:00", which would mean something else at each poll.
_DATED = r"(?a)\s*\d{4}-?(\d\d|W)"
_CLOCK = r"(?a)(?:(\d+) days?, )?(\d+):([0-5]\d):([0-5]\d)(?:\.\d+)?"


def _parse_duration(text: str) -> Any:
    if match := re.fullmatch(_CLOCK, text):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    try:
        return float(text)
    except ValueError:
        parsed = _parse_iso(text)
        return parsed if isinstance(parsed, timedelta) else text


def _parse_iso(text: str) -> Any:
    """Parse an ISO 8601 string with pendulum; return any other string unchanged."""
    import pendulum

    try:
        parsed = pendulum.parse(text.strip(), tz="UTC", strict=True)
    except (ValueError, OverflowError, TypeError):
        return text
    return parsed


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise TypeError
    return value
