"""Callbacks that are easy to render wrongly: one shared by mapped tasks, and one with a task's output."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG, task

from airflow_provider_segment.notifications.destination import SegmentDisableDestinationNotifier
from airflow_provider_segment.operators.destination import SegmentCreateDestinationOperator

TYPE = {"source_id": "sandbox-web", "metadata_id": "sandbox-analytics"}

with DAG(dag_id="segment_callbacks", schedule=None, catchup=False) as dag:
    create = SegmentCreateDestinationOperator.partial(task_id="create", **TYPE, settings={"apiKey": "k"}).expand(
        name=["mapped 0", "mapped 1", "bystander"]
    )
    single = SegmentCreateDestinationOperator(task_id="single", **TYPE, name="by output", settings={"apiKey": "k"})

    @task(on_failure_callback=SegmentDisableDestinationNotifier(**TYPE, name="mapped {{ ti.map_index }}"))
    def mapped(number: int) -> None:
        """Fail; the callback is shared with the other mapped task."""
        raise ValueError(number)

    @task(on_failure_callback=SegmentDisableDestinationNotifier(destination_id=single.output))
    def by_output() -> None:
        """Fail."""
        raise ValueError("no")

    [create, single] >> mapped.expand(number=[0, 1])
    [create, single] >> by_output()
