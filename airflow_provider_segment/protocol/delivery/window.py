"""The stretch of time that metrics are asked for, and the granularity that covers it.

https://docs.segmentapis.com/tag/Destinations#operation/listDeliveryMetricsSummaryFromDestination
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from airflow_provider_segment.protocol.arguments import check_choice

AUTO = "auto"

MARGIN = timedelta(seconds=60)
"""How far inside a limit a start is kept: the server's clock may be ahead of ours, and the request takes a moment."""


class _Limits(Struct, frozen=True):
    range: timedelta
    age: timedelta


# From the finest to the coarsest.
_LIMITS = {
    "MINUTE": _Limits(range=timedelta(hours=4), age=timedelta(hours=48)),
    "HOUR": _Limits(range=timedelta(days=7), age=timedelta(days=7)),
    "DAY": _Limits(range=timedelta(days=14), age=timedelta(days=14)),
}
GRANULARITIES = tuple(_LIMITS)
LONGEST = _LIMITS[GRANULARITIES[-1]].range
"""The longest window there can be."""


class Window(Struct, frozen=True, kw_only=True):
    """Which stretch of time to look at. Either ``length``, sliding and ending now, or ``start``, anchored.

    :param length: of a sliding window.
    :param start: of an anchored one.
    :param end: where an anchored one stops growing; ``None`` lets it grow with the clock.
    :param granularity: ``auto``, or one of Segment's.
    """

    length: timedelta | None = None
    start: datetime | None = None
    end: datetime | None = None
    granularity: str = AUTO


class Interval(Struct, frozen=True):
    """What to ask for.

    :param start: inclusive, UTC, whole seconds.
    :param end: exclusive.
    :param granularity: Segment's.
    """

    start: datetime
    end: datetime
    granularity: str


def interval_at(window: Window, now: datetime) -> Interval | None:
    """Say what to ask for at a moment.

    A start that lies on a limit is moved up to ``MARGIN`` inside it.

    :param window: which stretch.
    :param now: with a zone.
    :return: the interval, or ``None`` where nothing of it has passed yet.
    :raises ValueError: no granularity covers the window, or the one asked for does not.
    """
    now = now.astimezone(UTC).replace(microsecond=0)
    end = now if window.end is None else min(now, window.end)
    start = now - window.length if window.length is not None else window.start
    if start is None or start >= end:
        return None
    candidates = GRANULARITIES if window.granularity == AUTO else (window.granularity,)
    for name in candidates:
        if (inside := _moved_inside(_LIMITS[name], start, end, now)) is not None:
            return Interval(inside, end, name)
    raise _not_covered(window, start, end, coarsest=candidates[-1])


def _moved_inside(limits: _Limits, start: datetime, end: datetime, now: datetime) -> datetime | None:
    """The start, moved inside the limits where it lies on them; ``None`` where they do not cover the stretch."""
    if end - start > limits.range or now - start > limits.age:
        return None
    inside = max(start, now - limits.age + MARGIN, end - limits.range + timedelta(seconds=1))
    return inside if inside < end else None


def _not_covered(window: Window, start: datetime, end: datetime, *, coarsest: str) -> ValueError:
    limits = _LIMITS[coarsest]
    argument = "window" if window.length is not None else "start_time"
    return ValueError(
        f"{argument}: from {utc_text(start)} to {utc_text(end)} is not covered by granularity {coarsest}, which"
        f" reaches {_words(limits.range)} at a time and {_words(limits.age)} back"
        + ("; coarser there is none" if coarsest == GRANULARITIES[-1] else "; a coarser one may")
    )


def check_window(
    *, window: Any = None, start_time: Any = None, end_time: Any = None, granularity: Any = AUTO
) -> Window:
    """Check the arguments that name a stretch of time.

    :param window: a timedelta, a number of seconds or an ISO 8601 duration as ``PT30M``.
    :param start_time: a datetime or ISO 8601 text; without a zone, UTC.
    :param end_time: the same.
    :param granularity: ``auto``, or one of Segment's.
    :raises ValueError: naming the argument, what was given and what is allowed.
    """
    check_one_window(window=window, start_time=start_time, end_time=end_time)
    granularity = check_granularity_or_auto("granularity", granularity)
    if window is not None:
        return Window(length=_check_length(window, granularity), granularity=granularity)
    start = check_time("start_time", start_time)
    end = None if end_time is None else check_time("end_time", end_time)
    if end is not None and end <= start:
        raise ValueError(f"end_time is {utc_text(end)}; it must be after start_time, {utc_text(start)}")
    longest = _limits_of(granularity).range
    if end is not None and end - start > longest:
        raise ValueError(
            f"end_time is {utc_text(end)}, {end - start} after start_time; granularity {granularity} covers at most"
            f" {_words(longest)}"
        )
    return Window(start=start, end=end, granularity=granularity)


def check_reach(window: Window, settle: timedelta) -> None:
    """Check that an anchored window can still be asked for when success is decided, ``settle`` after its end.

    :param window: which stretch.
    :param settle: how long late data is awaited.
    :raises ValueError: by then it would be too old for its granularity.
    """
    if window.start is None or window.end is None:
        return
    age = _limits_of(window.granularity).age - MARGIN
    if window.end - window.start + settle > age:
        raise ValueError(
            f"settle is {settle}; with the {window.end - window.start} from start_time to end_time that reaches further"
            f" back than granularity {window.granularity} does, {_words(age + MARGIN)}"
        )


def check_one_window(*, window: Any, start_time: Any, end_time: Any) -> None:
    """Check which arguments were given together; that is known before templates are rendered.

    :param window: of a sliding window.
    :param start_time: of an anchored one.
    :param end_time: of an anchored one.
    :raises ValueError: not exactly one of window and start_time was given.
    """
    if (window is None) == (start_time is None):
        given = "neither was given" if window is None else "both were given"
        raise ValueError(f"exactly one of window and start_time is needed; {given}")
    if window is not None and end_time is not None:
        raise ValueError("end_time goes with start_time; a window ends now")


def _check_length(value: Any, granularity: str) -> timedelta:
    # Whole seconds, as the API takes them, and none less than was asked for.
    length = timedelta(seconds=math.ceil(check_duration("window", value).total_seconds()))
    limits = _limits_of(granularity)
    longest = min(limits.range, limits.age)
    if length > longest:
        raise ValueError(f"window is {length}; granularity {granularity} covers at most {_words(longest)}")
    if not length:
        raise ValueError(f"window is {length}; it must be at least a second")
    return length


def _limits_of(granularity: str) -> _Limits:
    return _LIMITS[GRANULARITIES[-1] if granularity == AUTO else granularity]


def check_granularity(argument: str, value: Any) -> str:
    """Check a granularity as the API takes it.

    :param argument: the argument's name.
    :param value: what was given.
    """
    return check_choice(argument, value, GRANULARITIES)


def check_granularity_or_auto(argument: str, value: Any) -> str:
    """Check a granularity as the sensor takes it.

    :param argument: the argument's name.
    :param value: what was given.
    """
    return check_choice(argument, value, (AUTO, *GRANULARITIES))


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
        _ = plain + LONGEST  # nothing can be added to the last days of the calendar
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


def _words(length: timedelta) -> str:
    hours = int(length.total_seconds() // 3600)
    return f"{hours} hours" if hours < 72 else f"{hours // 24} days"
