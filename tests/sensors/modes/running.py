"""Running a sensor to its end in each mode, as far as Airflow does so without a scheduler."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from airflow.providers.common.compat.sdk import AirflowSkipException, BaseSensorOperator

from tests.running import Running, TaskInstance
from tests.sensors.deferring import run_deferred

AIRFLOW_2 = BaseSensorOperator.__module__ == "airflow.sensors.base"
_ERRORS = import_module("airflow.exceptions" if AIRFLOW_2 else "airflow.sdk.exceptions")
MODES = ("poke", "reschedule", "deferrable")
SUCCESS = "success"
SKIPPED = "skipped"

FIRST_STARTS: dict[str, datetime] = {}
"""When each run of a rescheduled task began: Airflow 2.11 reads it from its database."""


@dataclass
class RescheduledInstance(TaskInstance):
    """What a task asks for when it may have been rescheduled before."""

    run_id: str = ""
    dag_id: str = "dag"
    task_id: str = "wait"
    map_index: int = -1
    max_tries: int = 0
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    def get_first_reschedule_date(self, context: Any) -> datetime | None:
        """When this try began, for Airflow 3."""
        return self.started if context["task_reschedule_count"] else None


@dataclass(frozen=True)
class Ended:
    """How a task ended.

    :param how: ``success``, ``skipped``, or the type of the error.
    :param xcom: what the task returned.
    :param said: by the error.
    """

    how: str
    xcom: Any = None
    said: str = ""


def run(
    mode: str,
    make: Callable[..., BaseSensorOperator],
    *,
    between: Callable[[], None] = lambda: None,
    name: str = "",
    **context: Any,
) -> Ended:
    """Run a sensor to its end.

    :param mode: one of ``MODES``.
    :param make: makes the sensor, from ``mode`` or ``deferrable``; anew for each worker.
    :param between: done after the first worker, where there is a second.
    :param name: of the run; no other has it.
    :param context: for templates.
    """
    try:
        if mode == "deferrable":
            xcom = run_deferred(Running(), lambda: make(deferrable=True), between=between, **context)
        elif mode == "reschedule":
            xcom = _run_rescheduled(lambda: make(mode=mode), between=between, name=name, **context)
        else:
            xcom = Running().run(make(mode=mode), **context)
    except AirflowSkipException as skip:
        return Ended(SKIPPED, said=str(skip))
    except BaseException as error:  # noqa: BLE001 - that of execution_timeout is no Exception
        return Ended(type(error).__name__, said=str(error))
    return Ended(SUCCESS, xcom)


def _run_rescheduled(
    make: Callable[[], BaseSensorOperator], *, between: Callable[[], None], name: str, **context: Any
) -> Any:
    ti = RescheduledInstance(run_id=name)
    count = 0
    while True:
        try:
            said = {} if AIRFLOW_2 else {"task_reschedule_count": count}
            return Running().run(make(), ti=ti, **said, **context)
        except _ERRORS.AirflowRescheduleException as rescheduled:
            FIRST_STARTS.setdefault(name, ti.started)
            time.sleep(max(0.0, (rescheduled.reschedule_date - datetime.now(UTC)).total_seconds()))
        if not count:
            between()
        count += 1
