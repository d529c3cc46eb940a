"""The granularities of delivery metrics, their limits, and the interval of a metrics query.

https://docs.segmentapis.com/tag/Destinations#operation/listDeliveryMetricsSummaryFromDestination
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from airflow_provider_segment.protocol.arguments import check_choice


class Limits(Struct, frozen=True, gc=False):
    """The bucket length of a granularity, and the API's limits on the interval of a query with that granularity.

    :param bucket: length of the buckets in which events are counted.
    :param range: longest interval.
    :param age: how far back the interval may start.
    """

    bucket: timedelta
    range: timedelta
    age: timedelta


# From the finest to the coarsest.
LIMITS = {
    "MINUTE": Limits(bucket=timedelta(minutes=1), range=timedelta(hours=4), age=timedelta(hours=48)),
    "HOUR": Limits(bucket=timedelta(hours=1), range=timedelta(days=7), age=timedelta(days=7)),
    "DAY": Limits(bucket=timedelta(days=1), range=timedelta(days=14), age=timedelta(days=14)),
}
GRANULARITIES = tuple(LIMITS)
MINUTE = GRANULARITIES[0]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

LONGEST_WINDOW = LIMITS[GRANULARITIES[-1]].range
"""The longest window that any granularity allows."""


class Interval(Struct, frozen=True, gc=False):
    """The time range and granularity of a metrics query.

    :param start: start, inclusive; UTC, whole seconds.
    :param end: end, exclusive.
    :param granularity: one of :data:`GRANULARITIES`.
    """

    start: datetime
    end: datetime
    granularity: str


def floor_to_bucket(moment: datetime, granularity: str) -> datetime:
    """Return the start of the minute, hour or day (UTC) that contains a moment.

    :param moment: the moment; timezone-aware.
    :param granularity: one of :data:`GRANULARITIES`.
    """
    return moment - (moment - _EPOCH) % LIMITS[granularity].bucket


def ceil_to_bucket(moment: datetime, granularity: str) -> datetime:
    """Round a moment up to a whole minute, hour or day (UTC).

    :param moment: the moment; timezone-aware.
    :param granularity: one of :data:`GRANULARITIES`.
    """
    return moment + (_EPOCH - moment) % LIMITS[granularity].bucket


def is_aligned(moment: datetime, granularity: str) -> bool:
    """Return whether a moment is aligned to a whole minute, hour or day (UTC).

    :param moment: the moment; timezone-aware.
    :param granularity: one of :data:`GRANULARITIES`.
    """
    return floor_to_bucket(moment, granularity) == moment


def check_granularity(argument: str, value: Any) -> str:
    """Return the granularity if the API accepts it; otherwise raise ``ValueError``.

    :param argument: the argument's name.
    :param value: the argument's value.
    """
    return check_choice(argument, value, GRANULARITIES)
