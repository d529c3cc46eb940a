"""A circuit breaker: disable a destination when a data check fails, and enable it when the check succeeds again.

A Segment destination receives the events of a source. When the check fails after its last retry, a callback disables
the destination, so that no bad data reaches it; when a later run succeeds, another callback enables it. Only the
check's own ``BadDataError`` disables the destination; a bug in the check or a database that is down does not.
Trigger the DAG with ``{"bad_rows": 120}`` to see it disable the destination.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.providers.common.compat.sdk import DAG, Param, task

from airflow_provider_segment.notifications.destination import (
    SegmentDisableDestinationNotifier,
    SegmentEnableDestinationNotifier,
)
from airflow_provider_segment.operators.destination import SegmentCreateDestinationOperator


class BadDataError(Exception):
    """The check has found bad data; any other failure of the check says nothing about the data."""


# The identity of a destination.
DESTINATION = {
    "source": "{{ params.source }}",
    "destination_type": "{{ params.destination_type }}",
    "name": "Partner feed",
}

with DAG(
    dag_id="segment_circuit_breaker",
    description="Disable a Segment destination while the data is bad",
    schedule="@hourly",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["example", "segment"],
    doc_md=__doc__,
    params={
        "source": Param("sandbox-web", type="string", description="Slug of the destination's source"),
        "destination_type": Param("sandbox-analytics", type="string", description="Slug of the destination's type"),
        "settings": Param({"apiKey": "a-partner-key"}, type="object", description="Settings for a new destination"),
        "bad_rows": Param(0, type="integer", description="Bad rows that the check finds; it fails on more than 100"),
    },
) as dag:
    destination = SegmentCreateDestinationOperator(
        task_id="destination", **DESTINATION, settings="{{ params.settings | tojson }}"
    )

    @task(
        on_failure_callback=SegmentDisableDestinationNotifier(**DESTINATION, only_on=BadDataError),
        on_success_callback=SegmentEnableDestinationNotifier(**DESTINATION),
    )
    def check(params: dict[str, Any] | None = None) -> None:
        """Replace this with a real check of the data."""
        if (params or {})["bad_rows"] > 100:
            raise BadDataError("more than 100 bad rows")

    destination >> check()
