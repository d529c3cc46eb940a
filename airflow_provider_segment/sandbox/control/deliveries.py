"""``POST /_sandbox/deliver``: deliveries that a test adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_segment.sandbox.clock import parse_iso_time
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import invalid_field
from airflow_provider_segment.sandbox.state.deliveries import Batch
from airflow_provider_segment.sandbox.validation import Field, validate_object

_MAX = 1e12
_COUNTS = ("successes", "successesAfterRetry", "discarded", "expired", "retried")
_TIMES = ("timeToSuccessAverage", "timeToSuccessP95", "timeToFirstAttemptAverage", "timeToFirstAttemptP95")
_FIELDS = (
    Field(name="destinationId", kind="string", required=True),
    *(Field(name=name, kind="integer", minimum=0, maximum=_MAX) for name in _COUNTS),
    *(Field(name=name, kind="number", minimum=0, maximum=_MAX) for name in _TIMES),
    Field(name="at", kind="string"),
)


def deliver(sandbox: Sandbox, value: object) -> None:
    """Add deliveries to a destination's metrics.

    ``successes`` counts all events delivered, as the API's metric of that name does; ``successesAfterRetry`` counts
    those among them that took more than one attempt. If only the average or only the 95th percentile of a time is set,
    the value is used for both. ``at`` is ISO 8601; it defaults to now.

    :param value: the decoded body.
    :raises InvalidFieldsError: fields are unknown or invalid; the error names each.
    """
    record = validate_object(value, _FIELDS, allow_unknown=False)
    if sandbox.workspace.destination(record["destinationId"]) is None:
        raise invalid_field("destinationId", "is not the id of a destination")
    if record.get("successesAfterRetry", 0) > record.get("successes", 0):
        raise invalid_field("successesAfterRetry", "must not be greater than successes")
    moment = sandbox.clock.now() if "at" not in record else parse_iso_time(record["at"])
    if moment is None:
        raise invalid_field("at", "must be an ISO 8601 time")
    batch = Batch(
        at=moment,
        successes=record.get("successes", 0),
        successes_after_retry=record.get("successesAfterRetry", 0),
        discarded=record.get("discarded", 0),
        expired=record.get("expired", 0),
        retried=record.get("retried", 0),
        time_to_success=_average_and_p95(record, "timeToSuccess"),
        time_to_first_attempt=_average_and_p95(record, "timeToFirstAttempt"),
    )
    sandbox.workspace.deliveries(record["destinationId"]).add(batch)


def _average_and_p95(record: Mapping[str, Any], name: str) -> tuple[float, float] | None:
    average, p95 = record.get(f"{name}Average"), record.get(f"{name}P95")
    known = [time for time in (average, p95) if time is not None]
    return (known[0], known[-1]) if known else None
