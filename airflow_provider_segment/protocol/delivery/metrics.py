"""Delivery metrics as one flat dict of raw and derived numbers.

https://docs.segmentapis.com/tag/Destinations#operation/listDeliveryMetricsSummaryFromDestination
"""

from __future__ import annotations

from typing import NotRequired, TypedDict, cast

from airflow_provider_segment.protocol.api.metric_names import COUNTS, TIMES


class Breakdown(TypedDict):
    """A part of a metric."""

    metricName: str
    value: float


class Metric(TypedDict):
    """A metric as the API returns it."""

    metricName: str
    total: float
    breakdown: NotRequired[list[Breakdown] | None]


class MetricsSummary(TypedDict):
    """The API's answer: one summary over the whole stretch of time, not a series."""

    metrics: list[Metric]


class DeliveryMetrics(TypedDict):
    """The numbers conditions are about. Counts are events; the unit of the times is not stated by Segment.

    ``attempted`` = successes + expired + discarded; ``failures`` = expired + discarded; the rates are shares of
    ``attempted``, and ``None`` while it is 0. A time is ``None`` where the API did not return it.
    """

    successes: float
    successes_on_first_attempt: float
    successes_after_retry: float
    expired: float
    discarded: float
    retried: float
    time_to_success_average: float | None
    time_to_success_p95: float | None
    time_to_first_attempt_average: float | None
    time_to_first_attempt_p95: float | None
    attempted: float
    failures: float
    success_rate: float | None
    failure_rate: float | None


def flatten(summary: MetricsSummary) -> DeliveryMetrics:
    """Make one dict of the API's list, and derive the rates.

    :param summary: as the API returned it; a count it does not name is 0, and names not known here are passed over.
    """
    raw: dict[str, float] = {}
    for metric in summary["metrics"]:
        raw[metric["metricName"]] = metric["total"]
        raw.update({part["metricName"]: part["value"] for part in metric.get("breakdown") or []})
    counts = {name: _tidy(raw.get(name, 0.0)) for name in COUNTS}
    times = {name: None if (value := raw.get(name)) is None else _tidy(value) for name in TIMES}
    failures = counts["expired"] + counts["discarded"]
    attempted = counts["successes"] + failures
    derived = {
        "attempted": attempted,
        "failures": failures,
        # `retried` is not an outcome: a retried event succeeds, expires or is discarded later.
        "success_rate": counts["successes"] / attempted if attempted else None,
        "failure_rate": failures / attempted if attempted else None,
    }
    return cast("DeliveryMetrics", {**counts, **times, **derived})


def _tidy(value: float) -> float:
    """120, not 120.0, where the number is whole: it is read by people."""
    return int(value) if float(value).is_integer() else value
