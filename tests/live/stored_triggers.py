"""The waits in Airflow's database, which is all that a restarted triggerer knows."""

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
    """Return the deadline in the trigger of each deferred task of a run.

    :param airflow: the Airflow.
    :param run_id: id of the run.
    """
    return {task_id: _read(arguments)["deadline"] for task_id, arguments in _query(airflow, _OF_TASKS, run_id)}


def waiting_destinations(airflow: LocalAirflow) -> list[str]:
    """Return the destination of every sensor trigger, even if no task waits for it.

    :param airflow: the Airflow.
    """
    rows = _query(airflow, _OF_ALL, "%.SegmentDeliveryMetricsTrigger")
    return [_read(arguments)["destination_id"] for (arguments,) in rows]


def _read(arguments: str) -> dict[str, Any]:
    # Airflow encrypts the arguments of asset watchers, but not those of deferred tasks.
    read: dict[str, Any] = json.loads(arguments)
    return read


def _query(airflow: LocalAirflow, statement: str, value: str) -> list[Any]:
    with closing(sqlite3.connect(airflow.home.folder / "airflow.db", timeout=30)) as database:
        return database.execute(statement, (value,)).fetchall()
