"""Everything Airflow's API server shows: every readable path, for every object."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any
from urllib.parse import quote

from dev.local_airflow.airflow import LocalAirflow

Names = dict[str, Any]

_NO_CONTENT = {400, 404, 422}
"""Statuses for objects that do not exist, or for paths that need more parameters."""

_SKIPPED_PATHS = {
    "/api/v2/auth/login",  # these two end our session
    "/api/v2/auth/logout",
    "/api/v2/config",  # forbidden by default
    "/api/v2/config/section/{section}/option/{option}",
    "/ui/teams",
    "/ui/calendar/{dag_id}",  # fails for DAGs without a schedule
}


def pages(airflow: LocalAirflow) -> Iterator[tuple[str, bytes]]:
    """Yield the pages, each with its path.

    :param airflow: the Airflow.
    """
    levels = _levels(airflow)
    for path in _paths():
        wanted = set(re.findall(r"{(\w+)", path))
        # The names of the smallest level that has all the path needs.
        for names in next((level for level in levels if level and wanted <= set(level[0])), []):
            query = {"map_index": names.get("map_index", -1), "dag_id": names.get("dag_id"), "interval": 1}
            response = airflow.api.read(_filled(path, names), **query)
            assert response.ok or response.status_code in _NO_CONTENT, f"{path} returned {response.status_code}"
            if response.ok:
                yield path, response.content


def _filled(path: str, names: Names) -> str:
    def name(found: re.Match[str]) -> str:
        return quote(str(names[found[1]]), safe="")

    return re.sub(r"{(\w+)[^}]*}", name, path)


def _paths() -> list[str]:
    from airflow.api_fastapi.core_api.routes.public import public_router
    from airflow.api_fastapi.core_api.routes.ui import ui_router
    from fastapi.routing import APIRoute

    routes = [route for route in (*public_router.routes, *ui_router.routes) if isinstance(route, APIRoute)]
    return [route.path for route in routes if "GET" in route.methods and route.path not in _SKIPPED_PATHS]


def _levels(airflow: LocalAirflow) -> list[list[Names]]:
    """Return the objects, from the whole down to single XComs, each with its names in a path."""
    read = airflow.api.get
    connections = [{"connection_id": found["connection_id"]} for found in read("connections", limit=100)["connections"]]
    dags: list[Names] = [{"dag_id": dag_id, "version_number": 1} for dag_id in airflow.dag_ids()]
    runs = [
        dag | {"dag_run_id": run["dag_run_id"], "run_id": run["dag_run_id"]}
        for dag in dags
        for run in read("dags", dag["dag_id"], "dagRuns", limit=100)["dag_runs"]
    ]
    tasks = list(chain.from_iterable(_tasks(airflow, run) for run in runs))
    return [[{}], connections, dags, runs, tasks, list(chain.from_iterable(_xcoms(airflow, task) for task in tasks))]


def _tasks(airflow: LocalAirflow, run: Names) -> list[Names]:
    path = ("dags", run["dag_id"], "dagRuns", run["dag_run_id"], "taskInstances")
    found = airflow.api.get(*path, limit=100)["task_instances"]
    return [
        run
        | {name: task[name] for name in ("task_id", "map_index", "try_number")}
        | {"task_try_number": task["try_number"]}
        for task in found
    ]


def _xcoms(airflow: LocalAirflow, task: Names) -> list[Names]:
    path = ("dags", task["dag_id"], "dagRuns", task["dag_run_id"], "taskInstances", task["task_id"], "xcomEntries")
    found = airflow.api.get(*path, map_index=task["map_index"], limit=100)["xcom_entries"]
    return [task | {"xcom_key": entry["key"]} for entry in found]
