"""The delivery metrics summary of a destination."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil, floor
from typing import Any, Literal, cast

from airflow_provider_segment.sandbox.api.asked import Asked
from airflow_provider_segment.sandbox.api.destinations import find_destination
from airflow_provider_segment.sandbox.clock import parse_iso_time
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import invalid_field, not_found
from airflow_provider_segment.sandbox.state.deliveries import Summary, Timing
from airflow_provider_segment.sandbox.validation import Field, validate_object

Granularity = Literal["MINUTE", "HOUR", "DAY"]

_QUERY = (
    Field(name="sourceId", kind="string", required=True, not_empty=True),
    Field(name="granularity", kind="string", choices=("DAY", "HOUR", "MINUTE")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a granularity allows.

    :param bucket: the unit events are counted by.
    :param longest: from start to end.
    :param oldest: how far back the start may lie.
    :param default: how far back it lies when left out.
    """

    bucket: timedelta
    longest: timedelta
    oldest: timedelta
    default: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time, seconds since 1970; the start belongs to it, the end does not."""

    start: float
    end: float


LIMITS: dict[Granularity, Limits] = {
    "MINUTE": Limits(
        bucket=timedelta(minutes=1),
        longest=timedelta(hours=4),
        oldest=timedelta(hours=48),
        default=timedelta(hours=1),
    ),
    "HOUR": Limits(
        bucket=timedelta(hours=1), longest=timedelta(days=7), oldest=timedelta(days=7), default=timedelta(days=7)
    ),
    "DAY": Limits(
        bucket=timedelta(days=1), longest=timedelta(days=14), oldest=timedelta(days=14), default=timedelta(days=30)
    ),
}


def get_delivery_metrics(sandbox: Sandbox, asked: Asked) -> dict[str, Any]:
    """Carry out listDeliveryMetricsSummaryFromDestination."""
    destination = find_destination(sandbox, asked)
    query = dict(asked.query())
    validate_object(query, _QUERY, name="query")
    granularity = cast("Granularity", query.get("granularity", "MINUTE"))
    now = sandbox.clock.now()
    window = asked_window(granularity, start=query.get("startTime"), end=query.get("endTime"), now=now)
    if query["sourceId"] != destination.source_id:
        raise not_found("The destination is not connected to this source", field="sourceId")
    if sandbox.settings.metrics_align == "bucket":
        window = whole_buckets(window, LIMITS[granularity].bucket)
    visible_until = min(window.end, now - sandbox.settings.metrics_lag_seconds)
    summary = sandbox.workspace.deliveries(destination.id).summary(since=window.start, until=visible_until)
    return {
        "deliveryMetricsSummary": {
            "sourceId": destination.source_id,
            "destinationMetadataId": destination.metadata_id,
            "metrics": _metrics_json(summary),
        }
    }


def asked_window(granularity: Granularity, *, start: str | None, end: str | None, now: float) -> Window:
    """Find out which window is asked for, and refuse what the granularity does not allow.

    :param start: ISO 8601; None for the default.
    :param end: the same; None for now.
    :param now: seconds since 1970.
    :raises InvalidFieldsError: naming what is wrong.
    """
    limits = LIMITS[granularity]
    until = now if end is None else _moment(end, "endTime")
    if start is None:
        back = min(limits.default, limits.oldest, limits.longest)
        return Window(start=min(until, now) - back.total_seconds(), end=until)
    since = _moment(start, "startTime")
    if since < now - limits.oldest.total_seconds():
        raise invalid_field("startTime", f"must not be more than {limits.oldest} ago for granularity {granularity}")
    if until <= since:
        raise invalid_field("endTime", "must be after startTime")
    if until - since > limits.longest.total_seconds():
        raise invalid_field(
            "endTime", f"must not be more than {limits.longest} after startTime for granularity {granularity}"
        )
    return Window(start=since, end=until)


def whole_buckets(window: Window, bucket: timedelta) -> Window:
    """Widen a window to the minutes, hours or days it touches."""
    length = bucket.total_seconds()
    return Window(start=floor(window.start / length) * length, end=ceil(window.end / length) * length)


def _moment(text: str, name: str) -> float:
    moment = parse_iso_time(text)
    if moment is None:
        raise invalid_field(name, "must be an ISO 8601 time")
    return moment


def _metrics_json(summary: Summary) -> list[dict[str, Any]]:
    successes = {
        "successes_on_first_attempt": summary.successes_on_first_attempt,
        "successes_after_retry": summary.successes_after_retry,
    }
    return [
        _metric("successes", summary.successes, successes),
        _metric("expired", summary.expired),
        _metric("discarded", summary.discarded),
        _metric("retried", summary.retried),
        _timing("time_to_success", summary.time_to_success),
        _timing("time_to_first_attempt", summary.time_to_first_attempt),
    ]


def _timing(name: str, timing: Timing) -> dict[str, Any]:
    return _metric(name, timing.events, {f"{name}_average": timing.average, f"{name}_p95": timing.p95})


def _metric(name: str, total: int, breakdown: Mapping[str, float] | None = None) -> dict[str, Any]:
    metric: dict[str, Any] = {"metricName": name, "total": total}
    if breakdown is not None:
        metric["breakdown"] = [{"metricName": part, "value": value} for part, value in breakdown.items()]
    return metric
