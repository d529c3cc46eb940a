"""The time window of a wait, and its granularity.

https://docs.segmentapis.com/tag/Destinations#operation/listDeliveryMetricsSummaryFromDestination
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from airflow_provider_segment.protocol.api.granularity import (
    GRANULARITIES,
    LIMITS,
    MINUTE,
    ceil_to_bucket,
    floor_to_bucket,
    is_aligned,
)
from airflow_provider_segment.protocol.arguments import check_choice
from airflow_provider_segment.protocol.selection import Check
from airflow_provider_segment.protocol.times import check_duration, check_time, format_duration, format_utc

AUTO = "auto"

MARGIN = timedelta(seconds=60)
"""Minimum distance from Segment's limits: its clock may be ahead of ours, and the request takes a moment."""


class Window(Struct, frozen=True, kw_only=True, gc=False):
    """A time window: either sliding, with a ``length`` and always ending now, or anchored at a ``start``.

    :param length: length of a sliding window.
    :param start: start of an anchored window.
    :param end: end of an anchored window; ``None`` if the window ends now and grows.
    :param granularity: ``auto`` or a granularity of the API.
    """

    length: timedelta | None = None
    start: datetime | None = None
    end: datetime | None = None
    granularity: str = AUTO


def granularity_of(window: Window) -> str | None:
    """Return the granularity to request for a window; ``None`` if it depends on the age of a growing window.

    ``auto`` selects DAY or HOUR if the window is aligned to whole days or hours (UTC), otherwise MINUTE.

    :param window: the window.
    """
    if window.granularity != AUTO:
        return window.granularity
    if window.start is None:
        return MINUTE
    if window.end is None:
        return None
    bounds = (window.start, window.end)
    return next(name for name in reversed(GRANULARITIES) if name == MINUTE or _are_aligned(bounds, name))


def _are_aligned(moments: tuple[datetime, datetime], granularity: str) -> bool:
    return all(is_aligned(moment, granularity) for moment in moments)


def adds_up(window: Window) -> bool:
    """Return whether a window is too long for one request, in which case several requests' metrics are added up.

    A growing window may become too long later.

    :param window: the window.
    """
    length = _length_of(window)
    return length is not None and granularity_of(window) == MINUTE and length > LIMITS[MINUTE].range


def build_window(
    *,
    window: timedelta | None = None,
    start_time: datetime | None = None,
    end_time: datetime | None = None,
    granularity: str = AUTO,
) -> Window:
    """Build a time window from checked arguments.

    :param window: its length; ends at ``end_time`` if that is set, and slides otherwise.
    :param start_time: its start, if ``window`` is not set.
    :param end_time: its end.
    :param granularity: ``auto`` or a granularity of the API.
    :raises ValueError: the arguments contradict each other, or Segment has no metrics for the window.
    """
    if window is None:
        built = _anchored(start_time, end_time, granularity)
    elif end_time is None:
        built = Window(length=window, granularity=granularity)
    else:
        built = Window(start=_start_before(end_time, window), end=end_time, granularity=granularity)
    _check_reach(built, "end_time" if window is None else "window")
    return built


def _anchored(start: datetime | None, end: datetime | None, granularity: str) -> Window:
    if end is not None and end == start:
        raise ValueError(
            f"end_time is {format_utc(end)}, the same as start_time. In Airflow 3, the data interval is empty for cron"
            " and timedelta schedules, manual runs and asset-triggered runs. Use a timetable whose data intervals are"
            " not empty, such as CronDataIntervalTimetable, or set window and end_time"
        )
    if start is not None and end is not None and end < start:
        raise ValueError(f"end_time is {format_utc(end)}; it must be after start_time, {format_utc(start)}")
    return Window(start=start, end=end, granularity=granularity)


def _check_reach(window: Window, argument: str) -> None:
    """Check that the granularity covers a window of known length, and that the window contains a whole bucket."""
    length, granularity = _length_of(window), granularity_of(window)
    if length is None or granularity is None:
        return
    what = f"window is {_in_words(length)}"
    if argument == "end_time" and window.end is not None:
        what = f"end_time is {format_utc(window.end)}, {_in_words(length)} after start_time"
    if length > LIMITS[granularity].age:
        raise ValueError(f"{what}; {_limit(window, granularity, length)}")
    if not _has_whole_bucket(window, length, granularity):
        unit = _UNITS[granularity]
        raise ValueError(f"{what}; granularity {granularity} counts only whole {unit}s, and the window contains none")


_UNITS = dict(zip(GRANULARITIES, ("minute", "hour", "day"), strict=True))


def _in_words(length: timedelta) -> str:
    return str(length).removesuffix(", 0:00:00")


def _limit(window: Window, granularity: str, needed: timedelta) -> str:
    """Describe how far back a granularity's metrics reach, and which coarser granularities reach far enough.

    :param window: the window.
    :param granularity: its granularity.
    :param needed: how far back the metrics must reach.
    """
    coarser = GRANULARITIES[GRANULARITIES.index(granularity) + 1 :]
    enough = [name for name in coarser if needed <= LIMITS[name].age]
    if not enough:
        return f"Segment's metrics cover at most {format_duration(LIMITS[GRANULARITIES[-1]].age)}"
    covers = f"covers at most {format_duration(LIMITS[granularity].age)}"
    reason = f"granularity {granularity} {covers}"
    if window.granularity == AUTO:
        kind = "that ends now" if window.end is None else "aligned to whole hours"
        kind = "not aligned to whole hours" if window.end is not None and granularity == MINUTE else kind
        reason = f"a window {kind} is counted by {_UNITS[granularity]}, which {covers}"
    units = " or ".join(f"{_UNITS[name]}s" for name in enough)
    choices = " or ".join(f"{name} (at most {format_duration(LIMITS[name].age)})" for name in enough)
    return f"{reason}; set granularity to {choices} to count only the whole {units} inside the window"


def _has_whole_bucket(window: Window, length: timedelta, granularity: str) -> bool:
    if granularity == MINUTE:
        return True
    if window.start is None or window.end is None:
        return length >= LIMITS[granularity].bucket
    return ceil_to_bucket(window.start, granularity) < floor_to_bucket(window.end, granularity)


def _length_of(window: Window) -> timedelta | None:
    if window.start is None or window.end is None:
        return window.length
    return window.end - window.start


def check_retention(window: Window, settle_time: timedelta) -> None:
    """Check that Segment keeps a window's data until success is decided, ``settle_time`` after the window ends.

    :param window: the window.
    :param settle_time: how long to wait for late data.
    :raises ValueError: by then the window is too old for its granularity.
    """
    if window.start is None or window.end is None:
        return
    granularity = granularity_of(window) or MINUTE
    needed = window.end - window.start + settle_time + MARGIN
    if needed > LIMITS[granularity].age:
        raise ValueError(
            f"settle_time is {settle_time}, so the time from the start of the window to the last poll is"
            f" {_in_words(needed)}, including a margin of a minute; {_limit(window, granularity, needed)}"
        )


def check_one_window(*, window: Any, start_time: Any) -> None:
    """Check that exactly one of ``window`` and ``start_time`` is set; their templates need not be rendered yet.

    :param window: length of a window that ends now or at ``end_time``.
    :param start_time: start of an anchored window.
    :raises ValueError: not exactly one of window and start_time is set.
    """
    if (window is None) == (start_time is None):
        problem = "neither is" if window is None else "both are"
        raise ValueError(f"exactly one of window and start_time must be set; {problem}")


def check_length(argument: str, value: Any) -> timedelta:
    """Check the length of a window, and round it up to whole seconds, which the API takes.

    :param argument: name of the argument, for the message.
    :param value: a duration, in any form that ``check_duration`` accepts.
    """
    length = timedelta(seconds=math.ceil(check_duration(argument, value).total_seconds()))
    if not length:
        raise ValueError(f"{argument} is {length}; it must be at least one second")
    return length


def _start_before(end: datetime, length: timedelta) -> datetime:
    try:
        return end - length
    except OverflowError:
        raise ValueError(f"end_time is {format_utc(end)}; a window of {length} would start before year 1") from None


def check_granularity_or_auto(argument: str, value: Any) -> str:
    """Check that a value is ``auto`` or a granularity of the API.

    :param argument: name of the argument, for the message.
    :param value: the argument's value.
    """
    return check_choice(argument, value, (AUTO, *GRANULARITIES))


WINDOW_CHECKS: Mapping[str, Check] = {
    "window": check_length,
    "start_time": check_time,
    "end_time": check_time,
    "granularity": check_granularity_or_auto,
}
"""The arguments that define a window, with their checks; ``build_window`` checks how they fit together."""
