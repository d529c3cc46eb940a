"""A DAG run, watched over the REST API."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from dev.local_airflow.errors import LocalAirflowError
from dev.local_airflow.rest import RestApi

_CHECK_INTERVAL = 0.3
_PAGE = 100
"""Airflow's largest page."""
_ENDED = ("success", "failed")


@dataclass(frozen=True, kw_only=True)
class DagRun:
    """A triggered DAG run.

    :param api: the API of its Airflow.
    :param dag_id: id of the DAG.
    :param run_id: id of the run.
    """

    api: RestApi
    dag_id: str
    run_id: str

    def state(self) -> str:
        """Return ``queued``, ``running``, ``success`` or ``failed``."""
        state: str = self.api.get(*self._path)["state"]
        return state

    def task_states(self) -> dict[str, str | None]:
        """Return the state of each task, None before it is scheduled; a mapped one is named ``task_id[map_index]``."""
        return {_name(task): task["state"] for task in self.task_instances()}

    def task_instances(self) -> list[dict[str, Any]]:
        """Return the task instances: ``try_number``, ``start_date``, ``end_date``, ``trigger`` and more."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.api.get(*self._path, "taskInstances", limit=_PAGE, offset=len(found), order_by="id")
            found += page["task_instances"]
            if len(page["task_instances"]) < _PAGE:
                return found

    def wait(self, *, timeout: float = 300) -> str:
        """Wait for the end of the run and return its state, ``success`` or ``failed``.

        :param timeout: seconds until a LocalAirflowError with the tasks' states.
        """
        until = time.monotonic() + timeout
        while (state := self.state()) not in _ENDED:
            self._check(until, f"has not ended after {timeout:g} s")
        return state

    def wait_for_task(self, task_id: str, *states: str, timeout: float = 180) -> None:
        """Wait until a task is in one of some states.

        :param task_id: its name in ``task_states``.
        :param states: states such as ``"deferred"``, in which the task stays for at least a second.
        :param timeout: seconds until a LocalAirflowError with the tasks' states; raised at once if the run ends first.
        """
        until = time.monotonic() + timeout
        while self.task_states().get(task_id) not in states:
            if self.state() in _ENDED and self.task_states().get(task_id) not in states:
                raise LocalAirflowError(f"{self.dag_id} has ended: {self.task_states()}")
            self._check(until, f"has no {task_id} that is {' or '.join(states)} after {timeout:g} s")

    def xcom(self, task_id: str, *, key: str = "return_value", map_index: int = -1) -> Any:
        """Return an XCom value, decoded."""
        path = (*self._path, "taskInstances", task_id, "xcomEntries", key)
        return self.api.get(*path, map_index=map_index, deserialize=True)["value"]

    def task_log(self, task_id: str, *, try_number: int = 1, map_index: int = -1) -> str:
        """Return the log of a try, one line per event, with its reason and errors if it has any."""
        path = (*self._path, "taskInstances", task_id, "logs", str(try_number))
        events = self.api.get(*path, map_index=map_index, full_content=True)["content"]
        return "\n".join(line for event in events for line in _lines(event))

    def mark(self, task_id: str, state: str) -> None:
        """Mark a task as a person does in the UI.

        :param state: ``success``, ``failed`` or ``skipped``.
        """
        self.api.patch(*self._path, "taskInstances", task_id, body={"new_state": state})

    def clear(self, *task_ids: str) -> None:
        """Clear tasks as a person does in the UI, whatever their state; they start again."""
        body = {"dry_run": False, "only_failed": False, "dag_run_id": self.run_id, "task_ids": list(task_ids)}
        self.api.post("dags", self.dag_id, "clearTaskInstances", body=body)

    @property
    def _path(self) -> tuple[str, ...]:
        return ("dags", self.dag_id, "dagRuns", self.run_id)

    def _check(self, until: float, what: str) -> None:
        if time.monotonic() > until:
            raise LocalAirflowError(f"{self.dag_id} {what}; it is {self.state()}: {self.task_states()}")
        time.sleep(_CHECK_INTERVAL)


def _name(task: dict[str, Any]) -> str:
    return task["task_id"] if task["map_index"] == -1 else f"{task['task_id']}[{task['map_index']}]"


def _lines(event: Any) -> list[str]:
    if not isinstance(event, dict):
        return [str(event)]
    errors = [f"{error['exc_type']}: {error['exc_value']}" for error in event.get("error_detail") or []]
    reasons = [str(event["reason"])] if "reason" in event else []
    return [str(event["event"]), *reasons, *errors]
