"""The time window of a wait, and the granularity that covers it.

https://docs.segmentapis.com/tag/Destinations#operation/listDeliveryMetricsSummaryFromDestination
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from airflow_provider_segment.protocol.api.granularity import GRANULARITIES, LIMITS, Interval, Limits
from airflow_provider_segment.protocol.arguments import check_choice
from airflow_provider_segment.protocol.times import check_duration, check_time, format_duration, format_utc

AUTO = "auto"

MARGIN = timedelta(seconds=60)
"""Minimum distance from Segment's limits: its clock may be ahead of ours, and the request takes a moment."""


class Window(Struct, frozen=True, kw_only=True):
    """A time window: sliding with a ``length`` and ending now, or anchored at a ``start``.

    :param length: length of a sliding window.
    :param start: start of an anchored window.
    :param end: end of an anchored window; ``None`` for one that ends now and grows.
    :param granularity: ``auto``, or one of Segment's.
    """

    length: timedelta | None = None
    start: datetime | None = None
    end: datetime | None = None
    granularity: str = AUTO


def interval_at(window: Window, now: datetime) -> Interval | None:
    """Return the interval to request at a given time.

    A start that is exactly at a limit is moved inside it, by up to ``MARGIN``.

    :param window: the window.
    :param now: the given time; timezone-aware.
    :return: the interval, or ``None`` before the window starts.
    :raises ValueError: no granularity, or not the chosen one, covers the window.
    """
    now = now.astimezone(UTC).replace(microsecond=0)
    end = now if window.end is None else min(now, window.end)
    start = now - window.length if window.length is not None else window.start
    if start is None or start >= end:
        return None
    candidates = GRANULARITIES if window.granularity == AUTO else (window.granularity,)
    for name in candidates:
        if (inside := _moved_inside(LIMITS[name], start, end, now)) is not None:
            return Interval(inside, end, name)
    raise _not_covered(window, start, end, coarsest=candidates[-1])


def _moved_inside(limits: Limits, start: datetime, end: datetime, now: datetime) -> datetime | None:
    """Return the start, moved inside the limits if it is at one; ``None`` if they do not cover the interval."""
    if end - start > limits.range or now - start > limits.age:
        return None
    inside = max(start, now - limits.age + MARGIN, end - limits.range + timedelta(seconds=1))
    return inside if inside < end else None


def _not_covered(window: Window, start: datetime, end: datetime, *, coarsest: str) -> ValueError:
    limits = LIMITS[coarsest]
    argument = "window" if window.length is not None else "start_time"
    return ValueError(
        f"{argument}: from {format_utc(start)} to {format_utc(end)} is not covered by granularity {coarsest}, which"
        f" reaches {format_duration(limits.range)} at a time and {format_duration(limits.age)} back"
        + ("; there is no coarser one" if coarsest == GRANULARITIES[-1] else "; a coarser one may cover it")
    )


def check_window(
    *, window: Any = None, start_time: Any = None, end_time: Any = None, granularity: Any = AUTO
) -> Window:
    """Check the arguments that define a time window.

    :param window: a timedelta, a number of seconds or an ISO 8601 duration such as ``PT30M``; ends at ``end_time`` if
        that is set, and slides otherwise.
    :param start_time: a datetime or an ISO 8601 string; UTC if it has no timezone.
    :param end_time: a datetime or an ISO 8601 string; UTC if it has no timezone.
    :param granularity: ``auto``, or one of Segment's.
    :raises ValueError: an argument is not allowed; the message names it, its value and what is allowed.
    """
    check_one_window(window=window, start_time=start_time)
    granularity = check_granularity_or_auto("granularity", granularity)
    end = None if end_time is None else check_time("end_time", end_time)
    if window is not None:
        length = _check_length(window, granularity)
        if end is None:
            return Window(length=length, granularity=granularity)
        return Window(start=_start_before(end, length), end=end, granularity=granularity)
    start = check_time("start_time", start_time)
    if end == start:
        raise ValueError(
            f"end_time is {format_utc(end)}, the same as start_time. A run's data interval has no length"
            " for Airflow 3's cron and timedelta schedules, manual runs and asset-triggered runs. Use a timetable with"
            " data intervals, such as CronDataIntervalTimetable, or set window and end_time"
        )
    if end is not None and end < start:
        raise ValueError(f"end_time is {format_utc(end)}; it must be after start_time, {format_utc(start)}")
    longest = _limits_of(granularity).range
    if end is not None and end - start > longest:
        raise ValueError(
            f"end_time is {format_utc(end)}, {end - start} after start_time; granularity {granularity} covers at most"
            f" {format_duration(longest)}"
        )
    return Window(start=start, end=end, granularity=granularity)


def check_retention(window: Window, settle_time: timedelta) -> None:
    """Check that Segment still has the window's data when success is decided, ``settle_time`` after its end.

    :param window: the window.
    :param settle_time: how long to wait for late data.
    :raises ValueError: by then the window is too old for its granularity.
    """
    if window.start is None or window.end is None:
        return
    age = _limits_of(window.granularity).age - MARGIN
    if window.end - window.start + settle_time > age:
        raise ValueError(
            f"settle_time is {settle_time}; with the {window.end - window.start} from start_time to end_time that"
            f" reaches further back than granularity {window.granularity} does, {format_duration(age + MARGIN)}"
        )


def check_one_window(*, window: Any, start_time: Any) -> None:
    """Check that exactly one kind of window is set; this is known before templates are rendered.

    :param window: length of a window that ends now or at ``end_time``.
    :param start_time: start of an anchored window.
    :raises ValueError: not exactly one of window and start_time is set.
    """
    if (window is None) == (start_time is None):
        problem = "neither is" if window is None else "both are"
        raise ValueError(f"exactly one of window and start_time must be set; {problem}")


def _check_length(value: Any, granularity: str) -> timedelta:
    # The API takes whole seconds; round up.
    length = timedelta(seconds=math.ceil(check_duration("window", value).total_seconds()))
    limits = _limits_of(granularity)
    longest = min(limits.range, limits.age)
    if length > longest:
        raise ValueError(f"window is {length}; granularity {granularity} covers at most {format_duration(longest)}")
    if not length:
        raise ValueError(f"window is {length}; it must be at least one second")
    return length


def _start_before(end: datetime, length: timedelta) -> datetime:
    try:
        return end - length
    except OverflowError:
        raise ValueError(f"end_time is {format_utc(end)}; there is no date {length} before it") from None


def _limits_of(granularity: str) -> Limits:
    return LIMITS[GRANULARITIES[-1] if granularity == AUTO else granularity]


def check_granularity_or_auto(argument: str, value: Any) -> str:
    """Check a granularity, or ``auto``.

    :param argument: name of the argument, for the message.
    :param value: the argument's value.
    """
    return check_choice(argument, value, (AUTO, *GRANULARITIES))
