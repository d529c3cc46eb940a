"""Spec files through both operators: one mapped task for each file, then one task for all of them."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG

from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.operators.workspace import SegmentApplyWorkspaceOperator
from airflow_provider_segment.workspace.destinations import load_destinations

DESCRIBED = {
    "source": "sandbox-web",
    "type": "sandbox-analytics",
    "name": "Described",
    "subscriptions": [
        {"name": name, "action": "trackEvent", "trigger": 'type = "track"'} for name in ("Identify", "Track")
    ],
}

with DAG("segment_live_files", schedule=None, catchup=False):
    each = SegmentApplyDestinationOperator.partial(task_id="each", deferrable=True).expand_kwargs(
        load_destinations("spec_files", environment="mapped")
    )
    every = SegmentApplyWorkspaceOperator(
        task_id="every",
        destinations=[*load_destinations("spec_files", environment="fleet"), DESCRIBED],
        deferrable=True,
    )
    each >> every
