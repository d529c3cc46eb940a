"""Deferred operators: an apply over the rate limit, and mapped creates and deletes."""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import DAG, task

from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.operators.subscription import (
    SegmentCreateSubscriptionOperator,
    SegmentDeleteSubscriptionOperator,
)
from airflow_provider_segment.protocol.flow import turns

# The windows of the test's sandbox are short. Its triggers run in the process that reads this file.
turns._ROUND, turns._SPREAD = 3.0, 0.5

DEFERRED: dict[str, Any] = {"deferrable": True, "segment_conn_id": "segment_quick", "pool": "segment"}

with DAG(dag_id="segment_deferred", schedule=None, catchup=False) as dag:
    apply = SegmentApplyDestinationOperator(
        task_id="apply",
        source_id="sandbox-web",
        metadata_id="sandbox-analytics",
        name="deferred {{ run_id[:6] }}",
        settings={"apiKey": "canary-0123456789"},
        subscriptions=[
            {"name": f"Track {number}", "action_id": "sandbox-track", "trigger": 'type = "track"'}
            for number in range(7)
        ],
        **DEFERRED,
    )
    output: Any = apply.output
    created = SegmentCreateSubscriptionOperator.partial(
        task_id="create",
        destination_id=output["destination_id"],
        action_id="sandbox-identify",
        trigger='type = "identify"',
        reverse_etl_schedule={"strategy": "MANUAL", "config": {}},
        **DEFERRED,
    ).expand(name=["One", "Two"])

    @task
    def ids(created: Any) -> list[str]:
        """Return the ids as a list: in ``dags test``, Airflow 2.11 can't map over a mapped task that was deferred."""
        return list(created)

    deleted = SegmentDeleteSubscriptionOperator.partial(
        task_id="delete", destination_id=output["destination_id"], **DEFERRED
    ).expand(subscription_id=ids(created.output))

    @task
    def show(applied: Any, created: Any, deleted: Any) -> None:
        """Print what the tasks returned."""
        results = [entry["result"] for entry in applied["subscriptions"]]
        print("applied:", applied["created"], len({entry["id"] for entry in applied["subscriptions"]}), set(results))  # noqa: T201
        print("deleted what was created:", sorted(created) == sorted(deleted))  # noqa: T201

    show(output, created.output, deleted.output)
