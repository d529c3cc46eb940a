"""An apply over the rate limit, which waits for its second turn in the triggerer."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG

from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator

with DAG("segment_deferred_apply", schedule=None, catchup=False):
    SegmentApplyDestinationOperator(
        task_id="apply",
        source_id="sandbox-web",
        metadata_id="sandbox-analytics",
        name="deferred",
        settings={"apiKey": "canary-0123456789"},
        subscriptions=[
            {"name": f"Track {number}", "action_id": "sandbox-track", "trigger": 'type = "track"'}
            for number in range(7)
        ],
        deferrable=True,
    )
