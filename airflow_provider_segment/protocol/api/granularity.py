"""The granularities of delivery metrics with their limits, and the interval to query.

https://docs.segmentapis.com/tag/Destinations#operation/listDeliveryMetricsSummaryFromDestination
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from airflow_provider_segment.protocol.arguments import check_choice


class Limits(Struct, frozen=True):
    """The limits of a granularity.

    :param range: longest interval.
    :param age: how far back the interval may start.
    """

    range: timedelta
    age: timedelta


# From the finest to the coarsest.
LIMITS = {
    "MINUTE": Limits(range=timedelta(hours=4), age=timedelta(hours=48)),
    "HOUR": Limits(range=timedelta(days=7), age=timedelta(days=7)),
    "DAY": Limits(range=timedelta(days=14), age=timedelta(days=14)),
}
GRANULARITIES = tuple(LIMITS)
LONGEST_WINDOW = LIMITS[GRANULARITIES[-1]].range
"""The longest window that any granularity allows."""


class Interval(Struct, frozen=True):
    """The interval of a metrics query.

    :param start: start, inclusive; UTC, whole seconds.
    :param end: end, exclusive.
    :param granularity: one of :data:`GRANULARITIES`.
    """

    start: datetime
    end: datetime
    granularity: str


def check_granularity(argument: str, value: Any) -> str:
    """Return a granularity that the API accepts.

    :param argument: the argument's name.
    :param value: the argument's value.
    """
    return check_choice(argument, value, GRANULARITIES)
