"""The granularities of delivery metrics, how far each reaches, and the interval that is asked for.

https://docs.segmentapis.com/tag/Destinations#operation/listDeliveryMetricsSummaryFromDestination
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from airflow_provider_segment.protocol.arguments import check_choice


class Limits(Struct, frozen=True):
    """How far a granularity reaches.

    :param range: the longest interval.
    :param age: how far back its start may lie.
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
"""The longest window there can be."""


class Interval(Struct, frozen=True):
    """What to ask for.

    :param start: inclusive, UTC, whole seconds.
    :param end: exclusive.
    :param granularity: Segment's.
    """

    start: datetime
    end: datetime
    granularity: str


def check_granularity(argument: str, value: Any) -> str:
    """Check a granularity as the API takes it.

    :param argument: the argument's name.
    :param value: what was given.
    """
    return check_choice(argument, value, GRANULARITIES)
