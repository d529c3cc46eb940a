"""Runs the tasks of documented DAGs in order, without a database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pendulum
from airflow.providers.common.compat.sdk import DAG, BaseOperator
from airflow.serialization import serialized_objects

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.running import Running, TaskInstance


def context(run_after: datetime, interval: tuple[datetime, datetime]) -> dict[str, Any]:
    """Return the names for templates."""
    start, end = interval
    return {
        "run_id": "manual",
        "expanded_ti_count": None,
        "dag_run": SimpleNamespace(run_after=run_after),
        "data_interval_start": start,
        "data_interval_end": end,
    }


def data_interval(dag: DAG, run_after: datetime) -> tuple[datetime, datetime]:
    """Return the data interval that the DAG's own timetable gives a manual run."""
    serialization: Any = vars(serialized_objects).get("DagSerialization") or vars(serialized_objects)["SerializedDAG"]
    timetable = serialization.from_dict(serialization.to_dict(dag)).timetable
    interval = timetable.infer_manual_data_interval(run_after=pendulum.instance(run_after))
    return interval.start, interval.end


@dataclass
class InstanceWithXCom(TaskInstance):
    """A task instance that returns the results of earlier tasks from XCom."""

    returned: dict[str, Any] = field(default_factory=dict)

    def xcom_pull(self, task_ids: str, **rest: Any) -> Any:
        return self.returned[task_ids]

    def get_relevant_upstream_map_indexes(self, *args: Any, **rest: Any) -> None:
        """Return nothing: no task is mapped here. Airflow 2.11 calls this."""


def run_dag(dag: DAG, sandbox: SegmentSandbox) -> dict[str, Any]:
    """Run the tasks of a DAG, with the data interval of its timetable.

    :return: the result of each task; mapped tasks are only parsed.
    """
    run_after = datetime.now(UTC) - timedelta(minutes=10)  # so that late data is not waited for
    names = context(run_after, data_interval(dag, run_after))
    return _run(dag.topological_sort(), sandbox, dag.params.dump(), names)  # type: ignore[no-untyped-call]


def run_tasks(tasks: Iterable[Any], sandbox: SegmentSandbox, params: dict[str, Any]) -> dict[str, Any]:
    """Run tasks as a manual run does, whose data interval has no length.

    :return: the result of each task.
    """
    run_after = datetime.now(UTC) - timedelta(minutes=10)
    return _run(tasks, sandbox, params, context(run_after, (run_after, run_after)))


def _run(
    tasks: Iterable[Any], sandbox: SegmentSandbox, params: dict[str, Any], names: dict[str, Any]
) -> dict[str, Any]:
    returned: dict[str, Any] = {}
    for task in tasks:
        for destination in sandbox.destinations:
            for at in (datetime.now(UTC), names["data_interval_end"]):
                sandbox.deliver(destination["id"], successes=1000, at=at - timedelta(minutes=5))
        if not isinstance(task, BaseOperator):
            continue
        instance = InstanceWithXCom(returned=returned)
        returned[task.task_id] = Running().run(task, ti=instance, params=params, **names)
    return returned
