"""Waits to mark as failed or clear while they are deferred; two of them share a query."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.common.compat.sdk import DAG

from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor

DESTINATIONS = {"marked": "marked", "cleared": "cleared", "leaves": "shared", "stays": "shared"}

with DAG("segment_waits_by_hand", schedule=None, catchup=False):
    for task_id, destination_id in DESTINATIONS.items():
        SegmentDeliveryMetricsSensor(
            task_id=task_id,
            destination_id=destination_id,
            source_id="sandbox-web",
            success_when="successes >= 10",
            window=timedelta(hours=1),
            poke_interval=1,
            deferrable=True,
        )
