"""Keep a personal property from every destination of a source.

Each mapped task gives one destination a filter that removes the property. Before that, the first task previews the
filter with a sample event; if the property is still in the result, the run fails before anything is written.
The DAG runs every day, so that new destinations get the filter too. Filters need Segment's Business tier.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.providers.common.compat.sdk import DAG, AirflowFailException, Param, task

from airflow_provider_segment.operators.filter import SegmentCreateFilterOperator

# Where events contain a person's properties.
PLACES = ("properties", "traits", "context.traits")

with DAG(
    dag_id="segment_block_property",
    description="Remove a personal property from what each destination of a source receives",
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # two runs at once could both create the same filter
    tags=["example", "segment"],
    doc_md=__doc__,
    params={
        "source_id": Param("sandbox-web", type="string", description="Source of the destinations"),
        "property": Param("email", type="string", description="Property to remove"),
    },
) as dag:

    @task
    def actions(params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return the actions of the filter, after a preview."""
        from airflow_provider_segment.hooks.segment import SegmentPublicApiHook

        name = (params or {})["property"]
        drop = [{"type": "DROP_PROPERTIES", "fields": {place: [name] for place in PLACES}}]
        person = {name: "a secret", "plan": "pro"}
        event = {"type": "identify", "properties": person, "traits": person, "context": {"traits": person}}
        with SegmentPublicApiHook() as hook:
            result = hook.preview_filter(condition="all", actions=drop, payload=event)["result"]
        if result is None or "a secret" in str(result) or "pro" not in str(result):
            raise AirflowFailException(f"the filter does not remove exactly {name!r}; it returns {result}")
        return drop

    @task
    def destination_ids(params: dict[str, Any] | None = None) -> list[str]:
        """List the destinations of the source."""
        from airflow_provider_segment.hooks.segment import SegmentPublicApiHook

        with SegmentPublicApiHook() as hook:
            return [found["id"] for found in hook.list_destinations(source_id=(params or {})["source_id"])]

    SegmentCreateFilterOperator.partial(
        task_id="block",
        title="Block {{ params.property }}",
        description="Managed by the DAG {{ dag.dag_id }}",
        condition="all",
        actions=actions(),
        enabled=True,
        if_exists="update",
        source_id="{{ params.source_id }}",
    ).expand(destination_id=destination_ids())
