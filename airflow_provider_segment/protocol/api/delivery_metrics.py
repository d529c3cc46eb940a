"""Delivery metrics of a destination; the operation is in beta. https://docs.segmentapis.com/tag/Destinations"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NotRequired, TypedDict, cast

from airflow_provider_segment.protocol.api import operations
from airflow_provider_segment.protocol.api.granularity import Interval, check_granularity
from airflow_provider_segment.protocol.api.metric_names import COUNTS, DERIVED, TIMES
from airflow_provider_segment.protocol.api.requests import value_reader
from airflow_provider_segment.protocol.arguments import check_id
from airflow_provider_segment.protocol.flow.exchange import exchange
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
from airflow_provider_segment.protocol.times import check_time, format_utc
from airflow_provider_segment.protocol.wire.operation import Call


class Breakdown(TypedDict):
    """One entry in a metric's breakdown: a count, an average time or a percentile time."""

    metricName: str
    value: float


class Metric(TypedDict):
    """A metric as the API returns it."""

    metricName: str
    total: float
    breakdown: NotRequired[list[Breakdown] | None]


class MetricsSummary(TypedDict):
    """The metrics as the API returns them: one summary of the interval, not a time series."""

    metrics: list[Metric]


class DeliveryMetrics(TypedDict):
    """The delivery metrics that conditions test. Counts are in events; Segment documents no unit for times.

    A rate is ``None`` while ``attempted`` is 0. A time is ``None`` if the API did not return it.
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
    discard_rate: float | None
    expiry_rate: float | None


def get_delivery_metrics(
    options: CallOptions,
    *,
    destination_id: str,
    source_id: str,
    start_time: datetime | str,
    end_time: datetime | str,
    granularity: str,
) -> Flow[DeliveryMetrics]:
    """Get one summary of the deliveries in an interval. The data lags by about 30 seconds.

    :param destination_id: id of the destination; only cloud-mode destinations have delivery data.
    :param source_id: id of the destination's source.
    :param start_time: start of the interval, inclusive: a datetime or an ISO 8601 string; UTC without a time zone.
    :param end_time: end of the interval, exclusive.
    :param granularity: ``MINUTE`` (up to 4 hours, not older than 48), ``HOUR`` (7 days) or ``DAY`` (14 days).
    :return: counts of events, times (Segment documents no unit) and derived metrics, in one flat dict.
    """
    interval = Interval(
        check_time("start_time", start_time),
        check_time("end_time", end_time),
        check_granularity("granularity", granularity),
    )
    call = metrics_call(check_id("destination_id", destination_id), check_id("source_id", source_id), interval)
    metrics = yield from exchange(call, options)
    return metrics.copy()  # the caller may change it; polls share it


def metrics_call(destination_id: str, source_id: str, interval: Interval) -> Call[DeliveryMetrics]:
    """Return the call that fetches the metrics of an interval, without checking the arguments.

    :param destination_id: id of the destination.
    :param source_id: id of the destination's source.
    :param interval: the interval.
    """
    query = (
        ("sourceId", source_id),
        ("startTime", format_utc(interval.start)),
        ("endTime", format_utc(interval.end)),
        ("granularity", interval.granularity),
    )
    request = operations.GET_DELIVERY_METRICS.request(ids={"destinationId": destination_id}, query=query)
    return Call(operations.GET_DELIVERY_METRICS, request, _read_metrics)


def flatten(summary: MetricsSummary) -> DeliveryMetrics:
    """Return all metrics, including the derived ones, as one flat dict.

    :param summary: the summary as the API returns it; missing counts become 0, unknown metrics are ignored.
    """
    raw: dict[str, float] = {}
    for metric in summary["metrics"]:
        raw[metric["metricName"]] = metric["total"]
        for part in metric.get("breakdown") or ():
            raw[part["metricName"]] = part["value"]
    counts = {name: _whole(raw[name]) if name in raw else 0 for name in COUNTS}
    times = {name: _whole(raw[name]) if name in raw else None for name in TIMES}
    return _with_derived(counts, times)


def add_up(pieces: Sequence[DeliveryMetrics]) -> DeliveryMetrics:
    """Return the metrics of a whole window, combined from the metrics of its pieces.

    Counts are added up, and rates are computed from them. Averages and percentiles can't be added up, so times are
    ``None``.

    :param pieces: the metrics of intervals that do not overlap; at least one.
    """
    if len(pieces) == 1:
        return pieces[0]
    counts = {name: sum(cast("dict[str, float]", piece)[name] for piece in pieces) for name in COUNTS}
    return _with_derived(counts, dict.fromkeys(TIMES))


def _with_derived(counts: Mapping[str, float], times: Mapping[str, float | None]) -> DeliveryMetrics:
    values = dict(counts)
    derived: dict[str, float | None] = {}
    for metric in DERIVED:
        total = sum(values[part] for part in metric.parts)
        if not metric.share_of:
            values[metric.name] = derived[metric.name] = total
        else:
            whole = values[metric.share_of]
            derived[metric.name] = total / whole if whole else None
    return cast("DeliveryMetrics", {**counts, **times, **derived})


def _whole(value: float) -> float:
    """Return whole numbers as integers, so that messages show 120 instead of 120.0."""
    return int(value) if float(value).is_integer() else value


@lru_cache(maxsize=1024)
def _read_metrics(body: bytes) -> DeliveryMetrics:
    # Most polls return the same as the last one; then a thousand waits need not decode it again.
    return flatten(_read_summary(body))


_read_summary = value_reader(MetricsSummary, key="deliveryMetricsSummary")
