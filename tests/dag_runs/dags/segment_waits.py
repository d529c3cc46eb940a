"""Deferred sensors: mapped, with an id from XCom, as setup, and skipped or failed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.common.compat.sdk import DAG, task

from airflow_provider_segment.operators.destination import (
    SegmentCreateDestinationOperator,
    SegmentDeleteDestinationOperator,
)
from airflow_provider_segment.operators.subscription import SegmentCreateSubscriptionOperator
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor

WAIT: dict[str, Any] = {
    "source_id": "sandbox-web",
    "poke_interval": 1,
    "timeout": 120,
    "deferrable": True,
}


@task
def soon() -> str:
    """Return the start of the window: later than the first poll, so that nothing holds then."""
    return (datetime.now(UTC) + timedelta(seconds=4)).isoformat()


with DAG(dag_id="segment_waits", schedule=None, catchup=False) as dag:
    create = SegmentCreateDestinationOperator(
        task_id="create",
        source_id="sandbox-web",
        metadata_id="sandbox-analytics",
        name="waited for",
        settings={"apiKey": "k"},
    )
    create.as_setup()  # type: ignore[no-untyped-call]
    created: Any = create.output
    subscribe = SegmentCreateSubscriptionOperator(
        task_id="subscribe",
        destination_id=create.output,
        name="All",
        action_id="sandbox-track",
        trigger='type = "track"',
    )
    now: Any = soon()
    gate = SegmentDeliveryMetricsSensor(
        task_id="gate", destination_id=create.output, success_when="successes >= 10", start_time=now, **WAIT
    )
    gate.as_setup()  # type: ignore[no-untyped-call]
    later: Any = soon.override(task_id="later")()

    @task
    def destinations(destination_id: str) -> list[str]:
        """Return the same id twice."""
        return [destination_id, destination_id]

    mapped = SegmentDeliveryMetricsSensor.partial(
        task_id="mapped", success_when="successes >= 15", start_time=later, **WAIT
    ).expand(destination_id=destinations(created))
    skipped = [
        SegmentDeliveryMetricsSensor(
            task_id="failed_softly",
            destination_id=create.output,
            success_when="successes >= 1000000",
            start_time=later,
            fail_when="successes >= 15",
            soft_fail=True,
            **WAIT,
        ),
        SegmentDeliveryMetricsSensor(
            task_id="timed_out_softly",
            destination_id=create.output,
            success_when="successes >= 1000000",
            start_time=later,
            soft_fail=True,
            **WAIT | {"timeout": 15},  # a busy machine needs some of it for the first poll
        ),
    ]

    @task
    def show(gate: Any, mapped: Any) -> None:
        """Print what the sensors returned."""
        results = [gate, *mapped]
        print("gate and mapped:", [evidence["metrics"]["successes"] >= 10 for evidence in results])  # noqa: T201

    @task
    def after_skipped() -> None:
        """Must not run, because a skipped task skips its successors."""
        print("this ran after a sensor that was skipped")  # noqa: T201

    delete = SegmentDeleteDestinationOperator(task_id="delete", destination_id=create.output).as_teardown(setups=create)
    end = show(gate.output, mapped.output)
    create >> subscribe >> now >> gate >> later >> [mapped, *skipped]
    end >> delete
    skipped >> after_skipped() >> delete

with DAG(dag_id="segment_waits_failing", schedule=None, catchup=False) as failing:
    begin: Any = soon()
    SegmentDeliveryMetricsSensor(
        task_id="fails",
        destination_id="feed",
        success_when="successes >= 1000000",
        start_time=begin,
        fail_when="successes >= 10",
        retries=3,
        retry_delay=timedelta(seconds=1),
        **WAIT,
    )

with DAG(dag_id="segment_waits_rescheduled", schedule=None, catchup=False) as rescheduled:
    SegmentDeliveryMetricsSensor(
        task_id="rescheduled",
        destination_id="feed",
        success_when="successes >= 10",
        window=timedelta(hours=1),
        mode="reschedule",
        **WAIT | {"deferrable": False},
    )
