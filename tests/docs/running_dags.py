"""Runs the tasks of documented DAGs in order, without a database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.common.compat.sdk import DAG, BaseOperator

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.running import Running, TaskInstance


def context() -> dict[str, Any]:
    """Return the template context; its data interval has already ended."""
    return {
        "run_id": "manual",
        "expanded_ti_count": None,
        "data_interval_start": datetime.now(UTC) - timedelta(hours=1),
        "data_interval_end": datetime.now(UTC) - timedelta(minutes=3),
    }


@dataclass
class InstanceWithXCom(TaskInstance):
    """A task instance that returns the results of earlier tasks from XCom."""

    returned: dict[str, Any] = field(default_factory=dict)

    def xcom_pull(self, task_ids: str, **rest: Any) -> Any:
        return self.returned[task_ids]

    def get_relevant_upstream_map_indexes(self, *args: Any, **rest: Any) -> None:
        """Return nothing: no task is mapped here. Airflow 2.11 calls this."""


def run_dag(dag: DAG, sandbox: SegmentSandbox) -> dict[str, Any]:
    """Run the tasks of a DAG.

    :return: the result of each task; mapped tasks are only parsed.
    """
    return run_tasks(dag.topological_sort(), sandbox, dag.params.dump())  # type: ignore[no-untyped-call]


def run_tasks(tasks: Iterable[Any], sandbox: SegmentSandbox, params: dict[str, Any]) -> dict[str, Any]:
    """Run tasks; all destinations have deliveries from the start.

    :return: the result of each task.
    """
    returned: dict[str, Any] = {}
    for task in tasks:
        for destination in sandbox.destinations:
            sandbox.deliver(destination["id"], successes=1000, at=datetime.now(UTC) - timedelta(minutes=5))
        if not isinstance(task, BaseOperator):
            continue
        instance = InstanceWithXCom(returned=returned)
        returned[task.task_id] = Running().run(task, ti=instance, params=params, **context())
    return returned
