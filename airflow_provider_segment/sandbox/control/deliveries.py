"""``POST /_sandbox/deliver``: events that were delivered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_segment.sandbox.clock import parse_iso_time
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import invalid_field
from airflow_provider_segment.sandbox.state.deliveries import Batch
from airflow_provider_segment.sandbox.validation import Field, validate_object

_MOST = 1e12
_COUNTS = ("successes", "successesAfterRetry", "discarded", "expired", "retried")
_TIMES = ("timeToSuccessAverage", "timeToSuccessP95", "timeToFirstAttemptAverage", "timeToFirstAttemptP95")
_FIELDS = (
    Field(name="destinationId", kind="string", required=True),
    *(Field(name=name, kind="integer", minimum=0, maximum=_MOST) for name in _COUNTS),
    *(Field(name=name, kind="number", minimum=0, maximum=_MOST) for name in _TIMES),
    Field(name="at", kind="string"),
)


def deliver(sandbox: Sandbox, value: object) -> None:
    """Add to a destination's metrics.

    ``successes`` counts all events that arrived, as the API's metric of that name does; ``successesAfterRetry`` says
    how many of them took more than one attempt. Of a pair of times one may be left out. ``at`` is ISO 8601, by default
    now.

    :raises InvalidFieldsError: naming each unknown or wrong field.
    """
    given = validate_object(value, _FIELDS, allow_unknown=False)
    if sandbox.workspace.destination(given["destinationId"]) is None:
        raise invalid_field("destinationId", "names no destination")
    if given.get("successesAfterRetry", 0) > given.get("successes", 0):
        raise invalid_field("successesAfterRetry", "must not be more than successes")
    moment = sandbox.clock.now() if "at" not in given else parse_iso_time(given["at"])
    if moment is None:
        raise invalid_field("at", "must be an ISO 8601 time")
    batch = Batch(
        at=moment,
        successes=given.get("successes", 0),
        successes_after_retry=given.get("successesAfterRetry", 0),
        discarded=given.get("discarded", 0),
        expired=given.get("expired", 0),
        retried=given.get("retried", 0),
        time_to_success=_times(given, "timeToSuccess"),
        time_to_first_attempt=_times(given, "timeToFirstAttempt"),
    )
    sandbox.workspace.deliveries(given["destinationId"]).add(batch)


def _times(given: Mapping[str, Any], name: str) -> tuple[float, float] | None:
    average, p95 = given.get(f"{name}Average"), given.get(f"{name}P95")
    known = [time for time in (average, p95) if time is not None]
    return (known[0], known[-1]) if known else None
