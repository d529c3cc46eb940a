"""Ten waits of different fates; each is about the destination of its own name, unless two ask the same.

The run's conf says in ``limit`` how many seconds those with a time limit have: a busy machine needs more.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.common.compat.sdk import DAG, Context

from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor


def limit_timeout(context: Context) -> None:
    """Give a task its ``timeout``."""
    task: Any = context["task"]
    task.timeout = seconds(context)


def limit_execution(context: Context) -> None:
    """Give a task its ``execution_timeout``."""
    task: Any = context["task"]
    task.execution_timeout = timedelta(seconds=seconds(context))


def seconds(context: Context) -> float:
    """What the run's conf says."""
    return float((context["dag_run"].conf or {})["limit"])


def wait(task_id: str, *, destination: str = "", **changes: Any) -> SegmentDeliveryMetricsSensor:
    """One wait, for so many deliveries that it does not end by chance."""
    arguments: dict[str, Any] = {
        "destination_id": destination or task_id,
        "source_id": "sandbox-web",
        "success_when": "successes >= 1000",
        "window": timedelta(hours=1),
        "poke_interval": 1,
        "timeout": 3600,
        "deferrable": True,
    }
    return SegmentDeliveryMetricsSensor(task_id=task_id, **arguments | changes)


with DAG("segment_ten_waits", schedule=None, catchup=False):
    wait("holds_at_once")
    wait("wants_many", destination="asked_by_two")
    wait("fails", fail_when="failures > 0", retries=2)
    wait("is_deleted")
    wait("is_refused", never_fail=True)
    wait("meets_faults")
    # What has a time limit begins when all others wait already, so that its time is not spent on their starts.
    wait("wants_few", destination="asked_by_two", success_when="successes >= 10") >> [
        wait("times_out", pre_execute=limit_timeout),
        wait("times_out_softly", pre_execute=limit_timeout, soft_fail=True),
        wait("takes_too_long", pre_execute=limit_execution),
    ]
