"""The operation that summarises the delivery metrics of a destination."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil, floor
from typing import Any, Literal, cast

from airflow_provider_segment.sandbox.api.destinations import find_destination
from airflow_provider_segment.sandbox.api.operation_request import OperationRequest
from airflow_provider_segment.sandbox.clock import parse_iso_time
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import invalid_field, not_found
from airflow_provider_segment.sandbox.state.deliveries import Summary, Timing
from airflow_provider_segment.sandbox.validation import Field, validate_object

Granularity = Literal["MINUTE", "HOUR", "DAY"]

QUERY_FIELDS = (
    Field(name="sourceId", kind="string", required=True, not_empty=True),
    Field(name="startTime", kind="string"),
    Field(name="endTime", kind="string"),
    Field(name="granularity", kind="string", choices=("DAY", "HOUR", "MINUTE")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits on the time window of a metrics query, for one granularity.

    :param bucket: unit of time that events are counted by.
    :param max_length: longest window.
    :param max_age: maximum age of the start of a window.
    :param default_age: documented default age of the start, for a request without one.
    """

    bucket: timedelta
    max_length: timedelta
    max_age: timedelta
    default_age: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time window in seconds since 1970; the start is inclusive, the end exclusive."""

    start: float
    end: float


LIMITS: dict[Granularity, Limits] = {
    "MINUTE": Limits(
        bucket=timedelta(minutes=1),
        max_length=timedelta(hours=4),
        max_age=timedelta(hours=48),
        default_age=timedelta(hours=1),
    ),
    "HOUR": Limits(
        bucket=timedelta(hours=1),
        max_length=timedelta(days=7),
        max_age=timedelta(days=7),
        default_age=timedelta(days=7),
    ),
    "DAY": Limits(
        bucket=timedelta(days=1),
        max_length=timedelta(days=14),
        max_age=timedelta(days=14),
        default_age=timedelta(days=30),
    ),
}


def get_delivery_metrics(sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle listDeliveryMetricsSummaryFromDestination."""
    destination = find_destination(sandbox, request)
    query = dict(request.query())
    validate_object(query, QUERY_FIELDS, name="query")
    granularity = cast("Granularity", query.get("granularity", "MINUTE"))
    now = sandbox.clock.now()
    window = parse_window(granularity, start=query.get("startTime"), end=query.get("endTime"), now=now)
    if query["sourceId"] != destination.source_id:
        raise not_found("The destination is not connected to this source", field="sourceId")
    if sandbox.settings.metrics_align == "bucket":
        window = align_to_buckets(window, LIMITS[granularity].bucket)
    visible_until = min(window.end, now - sandbox.settings.metrics_lag_seconds)
    summary = sandbox.workspace.deliveries(destination.id).summary(since=window.start, until=visible_until)
    return {
        "deliveryMetricsSummary": {
            "sourceId": destination.source_id,
            "destinationMetadataId": destination.metadata_id,
            "metrics": _metrics_json(summary),
        }
    }


def parse_window(granularity: Granularity, *, start: str | None, end: str | None, now: float) -> Window:
    """Return the time window that a request selects.

    :param start: the start in ISO 8601; None for the granularity's default.
    :param end: the end in ISO 8601; None for now.
    :param now: seconds since 1970.
    :raises InvalidFieldsError: if a time is invalid or the window exceeds a limit of the granularity.
    """
    limits = LIMITS[granularity]
    until = now if end is None else _parse_time(end, "endTime")
    if start is None:
        age = min(limits.default_age, limits.max_age, limits.max_length)
        return Window(start=min(until, now) - age.total_seconds(), end=until)
    since = _parse_time(start, "startTime")
    if since < now - limits.max_age.total_seconds():
        raise invalid_field("startTime", f"must not be more than {limits.max_age} ago for granularity {granularity}")
    if until <= since:
        raise invalid_field("endTime", "must be after startTime")
    if until - since > limits.max_length.total_seconds():
        raise invalid_field(
            "endTime", f"must not be more than {limits.max_length} after startTime for granularity {granularity}"
        )
    return Window(start=since, end=until)


def align_to_buckets(window: Window, bucket: timedelta) -> Window:
    """Widen a window to whole buckets: every minute, hour or day that it overlaps."""
    length = bucket.total_seconds()
    return Window(start=floor(window.start / length) * length, end=ceil(window.end / length) * length)


def _parse_time(text: str, name: str) -> float:
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
