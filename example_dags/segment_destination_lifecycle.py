"""The life cycle of a Segment destination in one DAG.

Create a destination, add subscriptions, wait until Segment has delivered events, disable the destination and delete it.
Its name contains the run id, so a run deletes only what it created.

The default params are for the sandbox (``python -m airflow_provider_segment.sandbox``). To run the DAG against a real
workspace, create a connection with its token, and trigger the DAG with a source that receives events, a destination
type and actions from that workspace.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.common.compat.sdk import DAG, Param, task

from airflow_provider_segment.operators.destination import (
    SegmentCreateDestinationOperator,
    SegmentDeleteDestinationOperator,
    SegmentUpdateDestinationOperator,
)
from airflow_provider_segment.operators.subscription import SegmentCreateSubscriptionOperator
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor

SUBSCRIPTIONS = [
    {"name": "Track events", "action": "trackEvent", "trigger": 'type = "track"'},
    {"name": "Identify users", "action": "identifyUser", "trigger": 'type = "identify"'},
]

with DAG(
    dag_id="segment_destination_lifecycle",
    description="Create a Segment destination, wait for deliveries, remove it",
    schedule=None,
    catchup=False,
    tags=["example", "segment"],
    doc_md=__doc__,
    params={
        "source": Param("sandbox-web", type="string", description="Slug of the source to connect the destination to"),
        "destination_type": Param("sandbox-analytics", type="string", description="Slug of the destination's type"),
        "settings": Param({"apiKey": "any-key-will-do"}, type="object", description="Settings of the destination"),
        "subscriptions": Param(SUBSCRIPTIONS, type="array", description="Arguments of each subscription"),
    },
) as dag:
    create = SegmentCreateDestinationOperator(
        task_id="create_destination",
        source="{{ params.source }}",
        destination_type="{{ params.destination_type }}",
        name="airflow {{ run_id }}",
        settings="{{ params.settings | tojson }}",
    )

    @task
    def subscriptions(params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return the list, so that there is one mapped task per subscription."""
        return list((params or {})["subscriptions"])

    subscribe = SegmentCreateSubscriptionOperator.partial(
        task_id="create_subscription", destination_id=create.output
    ).expand_kwargs(subscriptions())

    wait = SegmentDeliveryMetricsSensor(
        task_id="wait_for_deliveries",
        destination_id=create.output,
        success_when=["successes >= 5", "success_rate >= 0.9"],
        fail_when="failure_rate > 0.5",
        min_attempted=5,
        window=timedelta(hours=1),
        poke_interval=3,
        timeout=timedelta(minutes=30).total_seconds(),
    )

    stop = SegmentUpdateDestinationOperator(task_id="stop_destination", destination_id=create.output, enabled=False)
    delete = SegmentDeleteDestinationOperator(task_id="delete_destination", destination_id=create.output)

    create >> subscribe >> wait >> stop >> delete.as_teardown(setups=create)
