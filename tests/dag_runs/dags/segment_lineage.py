"""One destination that passes through every kind of task that emits lineage."""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import DAG

from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.operators.destination import (
    SegmentCreateDestinationOperator,
    SegmentDeleteDestinationOperator,
    SegmentUpdateDestinationOperator,
)
from airflow_provider_segment.operators.subscription import SegmentCreateSubscriptionOperator
from airflow_provider_segment.operators.workspace import SegmentApplyWorkspaceOperator
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor

IDENTITY: dict[str, Any] = {"source_id": "sandbox-web", "metadata_id": "sandbox-analytics", "name": "Analytics"}
SETTINGS: dict[str, Any] = {"settings": {"apiKey": "a-key-that-stays-secret"}}

with DAG(dag_id="segment_lineage", schedule=None, catchup=False) as dag:
    create = SegmentCreateDestinationOperator.partial(task_id="create", **SETTINGS).expand_kwargs([IDENTITY])
    apply = SegmentApplyDestinationOperator(task_id="apply", **IDENTITY, **SETTINGS)
    described = {"source": "sandbox-web", "type": "sandbox-analytics", "name": "Analytics"}
    many = SegmentApplyWorkspaceOperator(task_id="many", destinations=[described])
    update = SegmentUpdateDestinationOperator(task_id="update", enabled=True, **IDENTITY)
    by_id = SegmentUpdateDestinationOperator(task_id="by_id", destination_id=update.output, enabled=True)
    subscribe = SegmentCreateSubscriptionOperator(
        task_id="subscribe", destination_id=update.output, name="Track", action_id="sandbox-track", trigger="all"
    )
    wait = SegmentDeliveryMetricsSensor(
        task_id="wait",
        destination_id=update.output,
        source_id="sandbox-web",
        success_when="successes >= 1",
        start_time="{{ dag_run.start_date }}",
        mode="reschedule",
        poke_interval=1,
        timeout=120,
    )
    deferred = SegmentDeliveryMetricsSensor(
        task_id="deferred",
        destination_id=update.output,
        source_id="sandbox-web",
        success_when="successes >= 20",  # 10 arrive per second, so not at the first poll
        start_time="{{ macros.datetime.now(dag_run.start_date.tzinfo) }}",
        deferrable=True,
        poke_interval=1,
        timeout=120,
    )
    delete = SegmentDeleteDestinationOperator(task_id="delete", **IDENTITY)

    create >> apply >> many >> update >> by_id >> subscribe >> wait >> deferred >> delete
