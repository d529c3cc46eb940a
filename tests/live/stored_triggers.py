"""What Airflow's database holds of the waits: a triggerer that starts anew knows nothing else."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any

from dev.local_airflow.airflow import LocalAirflow

_OF_TASKS = """
    SELECT task_instance.task_id, trigger.kwargs
    FROM trigger JOIN task_instance ON task_instance.trigger_id = trigger.id
    WHERE task_instance.run_id = ?
"""
_OF_ALL = "SELECT kwargs FROM trigger WHERE classpath LIKE ?"


def stored_deadlines(airflow: LocalAirflow, *, run_id: str) -> dict[str, str]:
    """The deadline in the trigger of each task of a run that is deferred.

    :param airflow: whose database.
    :param run_id: of the run.
    """
    return {task_id: _read(arguments)["deadline"] for task_id, arguments in _query(airflow, _OF_TASKS, run_id)}


def waited_for(airflow: LocalAirflow) -> list[str]:
    """The destination of each trigger of a sensor that there is, also if no task waits for it.

    :param airflow: whose database.
    """
    rows = _query(airflow, _OF_ALL, "%.SegmentDeliveryMetricsTrigger")
    return [_read(arguments)["destination_id"] for (arguments,) in rows]


def _read(arguments: str) -> dict[str, Any]:
    # Airflow encrypts what a watcher of assets was given; what a task deferred with it stores as it is.
    read: dict[str, Any] = json.loads(arguments)
    return read


def _query(airflow: LocalAirflow, statement: str, value: str) -> list[Any]:
    with closing(sqlite3.connect(airflow.home.folder / "airflow.db", timeout=30)) as database:
        return database.execute(statement, (value,)).fetchall()
