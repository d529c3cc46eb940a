"""Tasks with a link: a plain one, mapped ones, and two that fail."""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import DAG

from airflow_provider_segment.operators.destination import (
    SegmentCreateDestinationOperator,
    SegmentUpdateDestinationOperator,
)
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor

ANALYTICS: dict[str, Any] = {
    "source_id": "sandbox-web",
    "metadata_id": "sandbox-analytics",
    "settings": {"apiKey": "k"},
}

with DAG(dag_id="segment_links", schedule=None, catchup=False) as dag:
    SegmentCreateDestinationOperator(task_id="plain", name="plain", **ANALYTICS)
    SegmentCreateDestinationOperator.partial(task_id="mapped", **ANALYTICS).expand(name=["one", "two"])
    SegmentDeliveryMetricsSensor(
        task_id="waiting",
        destination_id="no-such-destination",
        source_id="sandbox-web",
        success_when="successes >= 1",
        window=3600,
    )
    SegmentUpdateDestinationOperator(task_id="failing", destination_id="no-such-destination", enabled=True)
