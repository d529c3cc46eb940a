"""One run of a DAG, followed from outside."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from dev.local_airflow.errors import LocalAirflowError
from dev.local_airflow.rest import RestApi

_LOOK_EVERY_SECONDS = 0.3
_ENDED = ("success", "failed")


@dataclass(frozen=True, kw_only=True)
class DagRun:
    """A run that was triggered.

    :param api: of the Airflow it runs in.
    :param dag_id: of the DAG.
    :param run_id: of the run.
    """

    api: RestApi
    dag_id: str
    run_id: str

    def state(self) -> str:
        """``queued``, ``running``, ``success`` or ``failed``."""
        state: str = self.api.get(*self._path)["state"]
        return state

    def task_states(self) -> dict[str, str | None]:
        """The state of each task, None before it is scheduled; a mapped one is called ``task_id[map_index]``."""
        return {_name(task): task["state"] for task in self.task_instances()}

    def task_instances(self) -> list[dict[str, Any]]:
        """All that Airflow says of the tasks: ``try_number``, ``start_date``, ``end_date``, ``trigger`` and more."""
        found: list[dict[str, Any]] = self.api.get(*self._path, "taskInstances", limit=100)["task_instances"]
        return found

    def wait(self, *, timeout: float = 300) -> str:
        """Wait for its end and return its state, ``success`` or ``failed``.

        :param timeout: seconds, until a LocalAirflowError tells the tasks' states.
        """
        until = time.monotonic() + timeout
        while (state := self.state()) not in _ENDED:
            self._check(until, f"has not ended after {timeout:g} s")
        return state

    def wait_for_task(self, task_id: str, *states: str, timeout: float = 180) -> None:
        """Wait until a task is in one of some states.

        :param task_id: as ``task_states`` calls it.
        :param states: for instance ``"deferred"``; one in which the task stays for a second at least.
        :param timeout: seconds, until a LocalAirflowError tells the tasks' states; at once when the run ends before.
        """
        until = time.monotonic() + timeout
        while self.task_states().get(task_id) not in states:
            if self.state() in _ENDED and self.task_states().get(task_id) not in states:
                raise LocalAirflowError(f"{self.dag_id} has ended: {self.task_states()}")
            self._check(until, f"has no {task_id} that is {' or '.join(states)} after {timeout:g} s")

    def xcom(self, task_id: str, *, key: str = "return_value", map_index: int = -1) -> Any:
        """An XCom value, decoded."""
        path = (*self._path, "taskInstances", task_id, "xcomEntries", key)
        return self.api.get(*path, map_index=map_index, deserialize=True)["value"]

    def task_log(self, task_id: str, *, try_number: int = 1, map_index: int = -1) -> str:
        """What a try of a task logged, a line an event, with its reason if it has one and its errors if it has some."""
        path = (*self._path, "taskInstances", task_id, "logs", str(try_number))
        events = self.api.get(*path, map_index=map_index, full_content=True)["content"]
        return "\n".join(line for event in events for line in _lines(event))

    def mark(self, task_id: str, state: str) -> None:
        """Do as a person does who marks a task in the UI.

        :param state: ``success``, ``failed`` or ``skipped``.
        """
        self.api.patch(*self._path, "taskInstances", task_id, body={"new_state": state})

    def clear(self, *task_ids: str) -> None:
        """Do as a person does who clears tasks in the UI, whatever their state: they begin anew."""
        body = {"dry_run": False, "only_failed": False, "dag_run_id": self.run_id, "task_ids": list(task_ids)}
        self.api.post("dags", self.dag_id, "clearTaskInstances", body=body)

    @property
    def _path(self) -> tuple[str, ...]:
        return ("dags", self.dag_id, "dagRuns", self.run_id)

    def _check(self, until: float, what: str) -> None:
        if time.monotonic() > until:
            raise LocalAirflowError(f"{self.dag_id} {what}; it is {self.state()}: {self.task_states()}")
        time.sleep(_LOOK_EVERY_SECONDS)


def _name(task: dict[str, Any]) -> str:
    return task["task_id"] if task["map_index"] == -1 else f"{task['task_id']}[{task['map_index']}]"


def _lines(event: Any) -> list[str]:
    if not isinstance(event, dict):
        return [str(event)]
    errors = [f"{error['exc_type']}: {error['exc_value']}" for error in event.get("error_detail") or []]
    reasons = [str(event["reason"])] if "reason" in event else []
    return [str(event["event"]), *reasons, *errors]
