"""Stop a destination when the data turns bad, and start it again when it is good: a circuit breaker.

A Segment destination receives the events of a source. When the task that checks the data has failed for the last time,
its callback disables the destination, so that nothing bad goes further; when a later run succeeds, another callback
enables it. Trigger it with ``{"bad_rows": 120}`` to see it break.
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

# What a destination is known by.
DESTINATION = {
    "source_id": "{{ params.source_id }}",
    "metadata_id": "{{ params.metadata_id }}",
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
        "source_id": Param("sandbox-web", type="string", description="The destination's source"),
        "metadata_id": Param("sandbox-analytics", type="string", description="Catalog id of its type"),
        "settings": Param({"apiKey": "a-partner-key"}, type="object", description="Its settings, if it is made"),
        "bad_rows": Param(0, type="integer", description="How many bad rows the check finds; 100 are tolerated"),
    },
) as dag:
    destination = SegmentCreateDestinationOperator(
        task_id="destination", **DESTINATION, settings="{{ params.settings | tojson }}"
    )

    @task(
        on_failure_callback=SegmentDisableDestinationNotifier(**DESTINATION),
        on_success_callback=SegmentEnableDestinationNotifier(**DESTINATION),
    )
    def check(params: dict[str, Any] | None = None) -> None:
        """Stands for a real check of the data."""
        if (params or {})["bad_rows"] > 100:
            raise ValueError("the data is bad")

    destination >> check()
