"""Tasks with a link: a plain one, mapped ones, and one that fails."""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import DAG

from airflow_provider_segment.operators.destination import (
    SegmentCreateDestinationOperator,
    SegmentUpdateDestinationOperator,
)

ANALYTICS: dict[str, Any] = {
    "source_id": "sandbox-web",
    "metadata_id": "sandbox-analytics",
    "settings": {"apiKey": "k"},
}

with DAG(dag_id="segment_links", schedule=None, catchup=False) as dag:
    SegmentCreateDestinationOperator(task_id="plain", name="plain", **ANALYTICS)
    SegmentCreateDestinationOperator.partial(task_id="mapped", **ANALYTICS).expand(name=["one", "two"])
    SegmentUpdateDestinationOperator(task_id="failing", destination_id="no-such-destination", enabled=True)
