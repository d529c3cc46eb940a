"""Ten waits with different outcomes; each polls the destination named after it, except two that share one.

``limit`` in the run's conf is the time limit in seconds of those that have one: a busy machine needs more.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.common.compat.sdk import DAG, Context

from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor


def limit_timeout(context: Context) -> None:
    """Set a task's ``timeout``."""
    task: Any = context["task"]
    task.timeout = seconds(context)


def limit_execution(context: Context) -> None:
    """Set a task's ``execution_timeout``."""
    task: Any = context["task"]
    task.execution_timeout = timedelta(seconds=seconds(context))


def seconds(context: Context) -> float:
    """Return the time limit from the run's conf."""
    return float((context["dag_run"].conf or {})["limit"])


def wait(task_id: str, *, destination: str = "", **changes: Any) -> SegmentDeliveryMetricsSensor:
    """Return a wait for 1000 deliveries, which do not happen by chance."""
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
    wait("wants_many", destination="has_two_waits")
    wait("fails", fail_when="failures > 0", retries=2)
    wait("is_deleted")
    wait("is_refused", never_fail=True)
    wait("meets_faults")
    # Waits with a time limit start when the others wait already, so that starting those does not use up the time.
    wait("wants_few", destination="has_two_waits", success_when="successes >= 10") >> [
        wait("times_out", pre_execute=limit_timeout),
        wait("times_out_softly", pre_execute=limit_timeout, soft_fail=True),
        wait("takes_too_long", pre_execute=limit_execution),
    ]
