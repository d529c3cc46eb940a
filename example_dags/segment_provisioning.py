"""Provision a list of destinations on a schedule, by dynamic task mapping.

Each destination is one mapped task that brings it and its subscriptions to the described state; what is as described
already is not written. Segment allows a token 5 subscription writes a minute, so the tasks share a pool:

    airflow pools set segment 2 "Segment Public API"

The list could as well come from a file or a table. Secrets belong into a connection, not into params.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.providers.common.compat.sdk import DAG, Param, task

from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator

TRACK = {"name": "Track events", "action_id": "sandbox-track", "trigger": 'type = "track"'}
IDENTIFY = {"name": "Identify users", "action_id": "sandbox-identify", "trigger": 'type = "identify"'}
DESTINATIONS = [
    {"name": "Product analytics", "settings": {"apiKey": "a-product-key"}, "subscriptions": [TRACK, IDENTIFY]},
    {"name": "Marketing analytics", "settings": {"apiKey": "a-marketing-key"}, "subscriptions": [TRACK]},
]

with DAG(
    dag_id="segment_provisioning",
    description="Bring a list of Segment destinations to a described state",
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # two runs at once could both create the same destination
    tags=["example", "segment"],
    doc_md=__doc__,
    params={
        "source_id": Param("sandbox-web", type="string", description="Source to connect the destinations to"),
        "metadata_id": Param("sandbox-analytics", type="string", description="Catalog id of their type"),
        "destinations": Param(DESTINATIONS, type="array", description="Name, settings and subscriptions of each"),
    },
) as dag:

    @task
    def destinations(params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Hand out the list, so that there is one mapped task for each destination."""
        return list((params or {})["destinations"])

    SegmentApplyDestinationOperator.partial(
        task_id="apply",
        source_id="{{ params.source_id }}",
        metadata_id="{{ params.metadata_id }}",
        pool="segment",
        map_index_template="{{ task.name }}",
    ).expand_kwargs(destinations())
