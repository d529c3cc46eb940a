"""Use a temporary destination for one run, and delete it even if the run fails.

A Segment destination receives the events of a source. The setup task creates one whose name contains the run id, so
that runs do not interfere. The teardown task deletes it even if a task in between has failed; the run then still fails.
"""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG, Param, task

from airflow_provider_segment.operators.destination import (
    SegmentCreateDestinationOperator,
    SegmentDeleteDestinationOperator,
)
from airflow_provider_segment.operators.subscription import SegmentCreateSubscriptionOperator

with DAG(
    dag_id="segment_setup_teardown",
    description="Set up a Segment destination, try a subscription out on it, tear it down",
    schedule=None,
    catchup=False,
    tags=["example", "segment"],
    doc_md=__doc__,
    params={
        "source": Param("sandbox-web", type="string", description="Slug of the source to connect the destination to"),
        "destination_type": Param("sandbox-analytics", type="string", description="Slug of the destination's type"),
        "settings": Param({"apiKey": "any-key-will-do"}, type="object", description="Settings of the destination"),
        "action": Param("trackEvent", type="string", description="What the subscription does with an event"),
    },
) as dag:
    create = SegmentCreateDestinationOperator(
        task_id="create_destination",
        source="{{ params.source }}",
        destination_type="{{ params.destination_type }}",
        name="trial {{ run_id }}",
        settings="{{ params.settings | tojson }}",
    )
    delete = SegmentDeleteDestinationOperator(task_id="delete_destination", destination_id=create.output)

    with delete.as_teardown(setups=create):
        subscribe = SegmentCreateSubscriptionOperator(
            task_id="create_subscription",
            destination_id=create.output,
            name="Orders",
            action="{{ params.action }}",
            trigger='type = "track" and event = "Order Completed"',
        )

        @task
        def check(destination_id: str) -> None:
            """Replace this with work that needs a destination."""
            from airflow_provider_segment.hooks.segment import SegmentPublicApiHook

            with SegmentPublicApiHook() as hook:
                (subscription,) = hook.list_subscriptions(destination_id=destination_id)
            if not subscription["enabled"]:
                raise ValueError("Segment has not enabled the subscription")

        subscribe >> check(create.output)
