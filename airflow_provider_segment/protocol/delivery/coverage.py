"""The requests that cover a window at a given moment.

The API does not document whether it counts events by their exact time or returns whole minutes, hours and days. The
requests return the same counts in both cases: at HOUR and DAY, they are aligned to whole hours or days, or end now.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec import Struct

from airflow_provider_segment.protocol.api.granularity import (
    GRANULARITIES,
    LIMITS,
    MINUTE,
    Interval,
    ceil_to_bucket,
    floor_to_bucket,
    is_aligned,
)
from airflow_provider_segment.protocol.delivery.window import AUTO, MARGIN, Window, granularity_of
from airflow_provider_segment.protocol.times import format_duration, format_utc

RETRY_PERIOD = timedelta(hours=4, minutes=15)
"""How long after an event Segment may still deliver it: it retries for four hours, and its metrics lag.

https://segment.com/docs/connections/destinations/#retries
"""

PIECE = LIMITS[MINUTE].range - timedelta(minutes=1)
"""Longest piece of a window that is too long for one request; whether exactly four hours are allowed is unknown."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Coverage(Struct, frozen=True, gc=False):
    """The intervals to request for a window at a given moment.

    :param interval: the bounds within which events count, and the granularity.
    :param pieces: the intervals to request, oldest first and without gaps.
    """

    interval: Interval
    pieces: tuple[Interval, ...]


def coverage_at(window: Window, now: datetime) -> Coverage | None:
    """Return the intervals to request for a window at a given moment.

    A start exactly at a limit is moved inside it, by up to ``MARGIN``.

    :param window: the window.
    :param now: the moment; timezone-aware.
    :return: ``None`` before the window starts.
    :raises ValueError: no granularity, or not the chosen one, covers the window.
    """
    now = now.astimezone(UTC).replace(microsecond=0)
    start = now - window.length if window.length is not None else window.start
    end = now if window.end is None else min(now, window.end)
    if start is None or start >= end:
        return None
    granularity = granularity_of(window) or _granularity_of_growing(start, end)
    if granularity != MINUTE:  # a bucket that the window cuts would count events outside the window
        start = ceil_to_bucket(start, granularity)
        end = now if window.end is None else min(now, floor_to_bucket(window.end, granularity))
        if start >= end:
            return None
    inside = _moved_inside(granularity, start, end, now)
    if inside is None:
        raise _not_covered(window, start, end, granularity)
    interval = Interval(inside, end, granularity)
    return Coverage(interval, _pieces(interval, origin=_EPOCH if window.start is None else window.start))


def is_final(piece: Interval, now: datetime) -> bool:
    """Return whether the metrics of an interval can no longer change.

    :param piece: the interval.
    :param now: the moment; timezone-aware.
    """
    return now >= piece.end + RETRY_PERIOD


def _granularity_of_growing(start: datetime, now: datetime) -> str:
    """Return the finest granularity that the start is aligned to and that needs only one request, or else MINUTE."""
    for granularity in GRANULARITIES:
        if now - start <= LIMITS[granularity].range and (granularity == MINUTE or is_aligned(start, granularity)):
            return granularity
    return MINUTE


def _moved_inside(granularity: str, start: datetime, end: datetime, now: datetime) -> datetime | None:
    """Return the window's start, moved forward if too close to one of Segment's limits; ``None`` if it is too old."""
    limits = LIMITS[granularity]
    if now - start > limits.age:
        return None
    inside = max(start, now - limits.age + MARGIN)
    if _is_one_request(end - start, granularity):
        inside = max(inside, end - limits.range + timedelta(seconds=1))
    return inside if inside < end else None


def _is_one_request(length: timedelta, granularity: str) -> bool:
    return granularity != MINUTE or length <= LIMITS[MINUTE].range


def _pieces(interval: Interval, *, origin: datetime) -> tuple[Interval, ...]:
    """Split an interval into pieces that each fit in one request.

    The cuts are on whole minutes, so that no minute counts twice. They do not move while the window grows or slides, so
    that most pieces are the same at the next poll.

    :param origin: the moment from which cuts are counted.
    """
    if _is_one_request(interval.end - interval.start, interval.granularity):
        return (interval,)
    origin = floor_to_bucket(origin, MINUTE)
    start, pieces = interval.start, []
    while start < interval.end:
        end = min(interval.end, origin + ((start - origin) // PIECE + 1) * PIECE)
        pieces.append(Interval(start, end, interval.granularity))
        start = end
    return tuple(pieces)


def _not_covered(window: Window, start: datetime, end: datetime, granularity: str) -> ValueError:
    argument = "window" if window.length is not None else "start_time"
    problem = (
        f"{argument}: granularity {granularity} reaches only {format_duration(LIMITS[granularity].age)} back and does"
        f" not cover {format_utc(start)} to {format_utc(end)}"
    )
    if granularity == GRANULARITIES[-1]:
        return ValueError(f"{problem}; there is no coarser granularity")
    if window.granularity == AUTO:
        return ValueError(
            f"{problem}; set granularity to HOUR or DAY to count only the whole hours or days inside the window"
        )
    return ValueError(f"{problem}; try a coarser granularity")
