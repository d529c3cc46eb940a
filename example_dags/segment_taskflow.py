"""Report the deliveries to each destination of a source every day, using the hook in TaskFlow tasks.

A Segment destination receives the events of a source. One task lists the enabled destinations, a mapped task reads
the delivery metrics of each for the last day, and the last task joins the lines. Nothing is written.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.common.compat.sdk import DAG, Param, task

with DAG(
    dag_id="segment_taskflow",
    description="List, filter and map over Segment destinations with the hook",
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    tags=["example", "segment"],
    doc_md=__doc__,
    params={"source_id": Param("sandbox-web", type="string", description="Source of the destinations")},
) as dag:

    @task
    def enabled_destinations(params: dict[str, Any] | None = None) -> list[dict[str, str]]:
        """List and filter; pages are fetched while the list is read."""
        from airflow_provider_segment.hooks.segment import SegmentPublicApiHook

        with SegmentPublicApiHook() as hook:
            found = hook.list_destinations(source_id=(params or {})["source_id"])
            return [{"id": each["id"], "name": each.get("name") or each["id"]} for each in found if each["enabled"]]

    @task(map_index_template="{{ task.op_kwargs['destination']['name'] }}")
    def delivered(destination: dict[str, str], params: dict[str, Any] | None = None) -> str:
        """Read the metrics of one destination."""
        from airflow_provider_segment.hooks.segment import SegmentPublicApiHook

        now = datetime.now(UTC)
        with SegmentPublicApiHook() as hook:
            metrics = hook.get_delivery_metrics(
                destination_id=destination["id"],
                source_id=(params or {})["source_id"],
                start_time=now - timedelta(days=1),
                end_time=now,
                granularity="HOUR",
            )
        return f"{destination['name']}: {metrics['successes']} of {metrics['attempted']} events arrived"

    @task
    def report(lines: list[str]) -> str:
        """Join the lines."""
        return "\n".join(lines)

    report(delivered.expand(destination=enabled_destinations()))
