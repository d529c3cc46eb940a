"""Running a sensor to its end in each mode, without a scheduler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any

from airflow.providers.common.compat.sdk import AirflowSkipException, BaseSensorOperator

from tests.running import Running, TaskInstance
from tests.sensors.deferring import run_deferred, run_trigger
from tests.sensors.samples import StateStore
from tests.virtual_time import RealClock

AIRFLOW_2 = BaseSensorOperator.__module__ == "airflow.sensors.base"
_ERRORS = import_module(BaseSensorOperator.__module__)  # wherever this Airflow has them
MODES = ("poke", "reschedule", "deferrable")
REAL = RealClock()
SUCCESS = "success"
SKIPPED = "skipped"

FIRST_STARTS: dict[str, datetime] = {}
"""Start time of each rescheduled run, which Airflow 2.11 reads from its database."""


@dataclass
class RescheduledInstance(TaskInstance):
    """A task instance that may have been rescheduled before."""

    started: datetime = field(kw_only=True)
    run_id: str = ""
    dag_id: str = "dag"
    task_id: str = "wait"
    map_index: int = -1
    max_tries: int = 0

    def get_first_reschedule_date(self, context: Any) -> datetime | None:
        """Return the start of this try, for Airflow 3."""
        return self.started if context["task_reschedule_count"] else None


@dataclass(frozen=True)
class Ended:
    """How a task ended.

    :param status: ``success``, ``skipped``, or the type of the error.
    :param xcom: what the task returned.
    :param message: the error's message.
    """

    status: str
    xcom: Any = None
    message: str = ""


def run(
    mode: str,
    make: Callable[..., BaseSensorOperator],
    *,
    between: Callable[[], None] = lambda: None,
    clock: RealClock = REAL,
    wait: Callable[[Any], dict[str, Any]] = run_trigger,
    name: str = "",
    **context: Any,
) -> Ended:
    """Run a sensor to its end.

    :param mode: one of ``MODES``.
    :param make: makes the sensor from ``mode`` or ``deferrable``; a new one for each worker.
    :param between: called after the first worker, if there is a second.
    :param clock: the clock to sleep by.
    :param wait: runs a trigger until its event.
    :param name: unique name of the run.
    :param context: the context of templates.
    """
    try:
        if mode == "deferrable":
            xcom = run_deferred(Running(), lambda: make(deferrable=True), wait=wait, between=between, **context)
        elif mode == "reschedule":
            xcom = _run_rescheduled(lambda: make(mode=mode), clock=clock, between=between, name=name, **context)
        else:
            xcom = Running().run(make(mode=mode), **context)
    except AirflowSkipException as skip:
        return Ended(SKIPPED, message=str(skip))
    except BaseException as error:  # noqa: BLE001 - that of execution_timeout is no Exception
        return Ended(type(error).__name__, message=str(error))
    return Ended(SUCCESS, xcom)


def _run_rescheduled(
    make: Callable[[], BaseSensorOperator], *, clock: RealClock, between: Callable[[], None], name: str, **context: Any
) -> Any:
    ti = RescheduledInstance(run_id=name, started=clock.now())
    count, store = 0, StateStore()
    while True:
        try:
            reschedules = {} if AIRFLOW_2 else {"task_reschedule_count": count, "task_state_store": store}
            return Running().run(make(), ti=ti, **reschedules, **context)
        except _ERRORS.AirflowRescheduleException as rescheduled:
            FIRST_STARTS.setdefault(name, ti.started)
            clock.sleep(max(0.0, (rescheduled.reschedule_date - clock.now()).total_seconds()))
        if not count:
            between()
        count += 1
