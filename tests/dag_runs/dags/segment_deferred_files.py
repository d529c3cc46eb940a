"""The workspace operator, mapped and deferred, and spec files in deferred mapped tasks."""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import DAG, task

from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.operators.workspace import SegmentApplyWorkspaceOperator
from airflow_provider_segment.protocol.flow import turns
from airflow_provider_segment.triggers import rate_limit
from airflow_provider_segment.workspace.destinations import load_destinations

# The windows of the test's sandbox are short. Its triggers run in the process that reads this file.
turns._ROUND, turns._SPREAD, rate_limit._SHORTEST_WAIT = 3.0, 0.5, 0.0

DEFERRED: dict[str, Any] = {"deferrable": True, "segment_conn_id": "segment_quick", "pool": "segment"}


def described(name: str, count: int) -> dict[str, Any]:
    """Return the description of a destination with a number of subscriptions."""
    subscription = {"action": "trackEvent", "trigger": 'type = "track"'}
    return {
        "source": "sandbox-web",
        "type": "sandbox-analytics",
        "name": f"{name} {{{{ run_id[:6] }}}}",
        "settings": {"apiKey": "canary-0123456789"},
        "subscriptions": [{**subscription, "name": f"Track {number}"} for number in range(count)],
    }


with DAG(dag_id="segment_deferred_files", schedule=None, catchup=False) as dag:
    many = SegmentApplyWorkspaceOperator.partial(task_id="many", **DEFERRED).expand(
        destinations=[[described("A", 4), described("B", 4)], [described("C", 3)]]
    )
    each = SegmentApplyDestinationOperator.partial(task_id="each", **DEFERRED).expand_kwargs(
        load_destinations("segment", environment="sandbox")
    )

    @task
    def show(many: Any, each: Any) -> None:
        """Print what the tasks returned."""
        print("many:", [one["results"] for one in many])  # noqa: T201
        print("each:", [one["created"] for one in each])  # noqa: T201

    show(many.output, each.output)
