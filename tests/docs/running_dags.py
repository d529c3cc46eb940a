"""Runs tasks one after the other, without a database, as far as the documentation's need it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.common.compat.sdk import DAG, BaseOperator

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.running import Running, TaskInstance


def context() -> dict[str, Any]:
    """What templates may name; the interval has ended a while ago, whenever the test comes to run."""
    return {
        "run_id": "manual",
        "expanded_ti_count": None,
        "data_interval_start": datetime.now(UTC) - timedelta(hours=1),
        "data_interval_end": datetime.now(UTC) - timedelta(minutes=3),
    }


@dataclass
class Remembering(TaskInstance):
    """Knows what earlier tasks returned."""

    returned: dict[str, Any] = field(default_factory=dict)

    def xcom_pull(self, task_ids: str, **rest: Any) -> Any:
        return self.returned[task_ids]

    def get_relevant_upstream_map_indexes(self, *args: Any, **rest: Any) -> None:
        """Airflow 2.11 asks; nothing is mapped here."""


def run_dag(dag: DAG, sandbox: SegmentSandbox) -> dict[str, Any]:
    """Run the tasks of a DAG.

    :return: what each task returned; mapped ones are only parsed.
    """
    return run_tasks(dag.topological_sort(), sandbox, dag.params.dump())  # type: ignore[no-untyped-call]


def run_tasks(tasks: Iterable[Any], sandbox: SegmentSandbox, params: dict[str, Any]) -> dict[str, Any]:
    """Run tasks, with destinations that deliver from the beginning.

    :return: what each returned.
    """
    returned: dict[str, Any] = {}
    for task in tasks:
        for destination in sandbox.destinations:
            sandbox.deliver(destination["id"], successes=1000, at=datetime.now(UTC) - timedelta(minutes=5))
        if not isinstance(task, BaseOperator):
            continue
        instance = Remembering(returned=returned)
        returned[task.task_id] = Running().run(task, ti=instance, params=params, **context())
    return returned
