"""Moments and durations as users give them and as the API takes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

_HEADROOM = timedelta(days=31)
"""Times so close to the end of the calendar that nothing can be added to them are refused."""


def check_time(argument: str, value: Any) -> datetime:
    """Check a moment.

    :param argument: the argument's name.
    :param value: a datetime or ISO 8601 text; without a zone, UTC.
    :return: UTC, whole seconds.
    """
    moment = _parsed(value) if isinstance(value, str) and _DATED.match(value) else value
    try:
        if not isinstance(moment, datetime):
            raise TypeError
        zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        # A plain datetime: subclasses as pendulum's do not survive JSON or comparison by type.
        plain = datetime.fromtimestamp(int(zoned.timestamp()), UTC)
        _ = plain + _HEADROOM
    except (TypeError, ValueError, OverflowError):
        raise ValueError(
            f"{argument} is {value!r}; it must be a datetime or ISO 8601 text as '2026-01-31T12:00:00Z'"
        ) from None
    return plain


def check_duration(argument: str, value: Any) -> timedelta:
    """Check a length of time, 0 or more.

    :param argument: the argument's name.
    :param value: a timedelta, a number of seconds, or text: ``PT30M``, ``0:30:00`` or ``1800``, as templates render
        them.
    """
    try:
        read = _duration_text(value.strip()) if isinstance(value, str) else value
        length = read if isinstance(read, timedelta) else timedelta(seconds=_number(read))
        length = timedelta(seconds=length.total_seconds())
    except (TypeError, OverflowError, ValueError):
        raise ValueError(
            f"{argument} is {value!r}; it must be a timedelta, a number of seconds or an ISO 8601 duration as 'PT30M'"
        ) from None
    if length < timedelta(0):
        raise ValueError(f"{argument} is {length}; it must not be negative")
    return length


def utc_text(moment: datetime) -> str:
    """Write a moment as the API takes it: ISO 8601, UTC, whole seconds.

    :param moment: with a zone.
    """
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def duration_text(length: timedelta) -> str:
    """Return a duration in whole hours or days, for messages.

    :param length: any.
    """
    hours = int(length.total_seconds() // 3600)
    return f"{hours} hours" if hours < 72 else f"{hours // 24} days"


# pendulum also takes "now" and "12:00", which would mean something else at each look.
_DATED = re.compile(r"\s*\d{4}-?(\d\d|W)", re.ASCII)
_CLOCK = re.compile(r"(?:(\d+) days?, )?(\d+):([0-5]\d):([0-5]\d)(?:\.\d+)?", re.ASCII)


def _duration_text(text: str) -> Any:
    if match := _CLOCK.fullmatch(text):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    try:
        return float(text)
    except ValueError:
        parsed = _parsed(text)
        return parsed if isinstance(parsed, timedelta) else text


def _parsed(text: str) -> Any:
    """Whatever ISO 8601 text stands for; the text itself where it is none."""
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
