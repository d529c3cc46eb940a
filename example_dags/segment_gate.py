"""Start a downstream task only when Segment has delivered enough events with few failures.

A Segment destination receives the events of a source. The sensor polls its delivery metrics until all conditions of
``success_when`` hold; it fails at once, without retries, when one of ``fail_when`` holds. It holds no worker slot while
it waits.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.common.compat.sdk import DAG, Param, task

from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor

with DAG(
    dag_id="segment_gate",
    description="Hold a task back until Segment has delivered",
    schedule=None,
    catchup=False,
    tags=["example", "segment"],
    doc_md=__doc__,
    params={
        "source": Param("sandbox-web", type="string", description="Slug of the destination's source"),
        "destination_type": Param("sandbox-analytics", type="string", description="Slug of the destination's type"),
        "name": Param("Product analytics", type="string", description="Destination; created if it does not exist"),
        "settings": Param({"apiKey": "a-product-key"}, type="object", description="Settings for a new destination"),
    },
) as dag:
    destination = SegmentApplyDestinationOperator(
        task_id="destination",
        source="{{ params.source }}",
        destination_type="{{ params.destination_type }}",
        name="{{ params.name }}",
        settings="{{ params.settings | tojson }}",
        subscriptions=[{"name": "Track events", "action": "trackEvent", "trigger": 'type = "track"'}],
    )

    delivered = SegmentDeliveryMetricsSensor(
        task_id="delivered",
        destination_id="{{ ti.xcom_pull(task_ids='destination')['destination_id'] }}",
        window=timedelta(hours=1),
        success_when=["successes >= 5", "success_rate >= 0.9"],
        fail_when="failure_rate > 0.5",
        min_attempted=5,
        poke_interval=5,
        deferrable=True,
        timeout=timedelta(minutes=30).total_seconds(),
    )

    @task
    def report(delivery: dict[str, Any]) -> str:
        """Replace this with work that needs the deliveries; the sensor returns the metrics of its verdict."""
        return f"{delivery['metrics']['successes']} events arrived since {delivery['start_time']}"

    destination >> delivered >> report(delivered.output)
