"""A local Airflow: its parts, started and ended together."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import requests

from dev.local_airflow.dag_run import DagRun
from dev.local_airflow.errors import LocalAirflowError
from dev.local_airflow.home import Home
from dev.local_airflow.interrupts import uninterrupted
from dev.local_airflow.part import Part
from dev.local_airflow.ports import free_port
from dev.local_airflow.rest import RestApi

# The log servers of the other two listen on all interfaces; the API server reads the log files itself.
PARTS: dict[str, Sequence[str]] = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
"""The parts by name, each with the arguments of the ``airflow`` command."""

_MIGRATE_SECONDS = 240
_CHECK_INTERVAL = 0.2


class LocalAirflow:
    """A local Airflow; a context manager that starts it, waits until it is ready, and ends it.

    :param home: folder for its database and logs; created if it does not exist.
    :param dags_folder: the DAG files.
    :param environment: more variables for all parts: connections as ``AIRFLOW_CONN_*``, settings as ``AIRFLOW__*``.
    :param log_level: Airflow's log level, such as ``INFO`` or ``DEBUG``.
    :param port: the API server's port; 0 for any free one.
    :param parts: its parts, if not those of ``PARTS``.
    """

    def __init__(
        self,
        *,
        home: Path,
        dags_folder: Path,
        environment: Mapping[str, str] | None = None,
        log_level: str = "INFO",
        port: int = 0,
        parts: Mapping[str, Sequence[str]] = PARTS,
    ) -> None:
        self.home = Home(
            folder=home,
            dags_folder=dags_folder,
            port=port or free_port(),
            log_level=log_level,
            extra=environment or {},
        )
        self.api = RestApi(self.url)
        self._commands = parts
        self._parts: dict[str, Part] = {}

    def __enter__(self) -> Self:
        try:
            self.start()
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Base URL of the UI and the REST API."""
        return self.home.url

    def start(self) -> None:
        """Migrate the database and start all parts, without waiting until they are ready."""
        self.home.folder.mkdir(parents=True, exist_ok=True)
        self._begin("migrate", ["db", "migrate"]).finish(timeout=_MIGRATE_SECONDS)
        del self._parts["migrate"]
        for name in self._commands:
            self.start_part(name)

    def start_part(self, name: str) -> None:
        """Start one part, also after ``kill``; ``wait_until_ready`` then waits for its first heartbeat.

        :param name: ``api-server``, ``scheduler``, ``dag-processor``, ``triggerer``, or another one of ``parts``.
        """
        self._begin(name, self._commands[name])

    def kill(self, name: str) -> None:
        """Kill a part and all its children with SIGKILL.

        :param name: as for ``start_part``.
        """
        self._parts[name].kill()
        del self._parts[name]

    def freeze(self, name: str) -> None:
        """Stop a part and all its children with SIGSTOP, as a suspended machine does; ``unfreeze`` continues them.

        :param name: as for ``start_part``.
        """
        self._parts[name].freeze()

    def unfreeze(self, name: str) -> None:
        """Let a frozen part continue.

        :param name: as for ``start_part``.
        """
        self._parts[name].unfreeze()

    def stop(self, *, grace: float = 5) -> None:
        """End all parts, whatever their state, and leave nothing running.

        :param grace: seconds they have to end before SIGKILL.
        """
        with uninterrupted():
            for part in self._parts.values():
                part.terminate()
            until = time.monotonic() + grace
            while self.processes() and time.monotonic() < until:
                time.sleep(_CHECK_INTERVAL)
            for name in list(self._parts):
                self.kill(name)
            self.api.close()

    def processes(self) -> list[psutil.Process]:
        """Return the running processes of all parts."""
        return [process for part in self._parts.values() for process in part.processes()]

    def processes_by_part(self) -> dict[str, list[psutil.Process]]:
        """Return the running processes of each part."""
        return {name: part.processes() for name, part in self._parts.items()}

    def check(self) -> None:
        """Raise LocalAirflowError if a part has ended by itself."""
        for part in self._parts.values():
            part.check()

    def log(self, name: str) -> str:
        """Return the output of a part so far; for task logs see ``DagRun.task_log``.

        :param name: as for ``start_part``, or ``migrate``.
        """
        return self.home.log_file(name).read_text(errors="replace")

    def wait_until_ready(self, *, timeout: float = 240) -> None:
        """Wait until every started part has had a heartbeat since its last start.

        :param timeout: seconds until a LocalAirflowError names the parts without one.
        """
        until = time.monotonic() + timeout
        while waiting := [name for name in self._parts if not self.is_ready(name)]:
            self.check()
            if time.monotonic() > until:
                raise self._parts[waiting[0]].error(f"not ready after {timeout:g} s: {', '.join(waiting)}")
            time.sleep(_CHECK_INTERVAL)

    def trigger(self, dag_id: str, *, conf: dict[str, Any] | None = None, run_id: str | None = None) -> DagRun:
        """Wait until a DAG has been parsed, unpause it, and start a run.

        :param dag_id: id of the DAG.
        :param conf: the run's conf, which must fit the DAG's params.
        :param run_id: id of the run; by default Airflow makes one.
        :raises LocalAirflowError: a DAG file has an import error and the DAG does not exist.
        """
        self.wait_for_dag(dag_id)
        self.unpause(dag_id)
        body: dict[str, Any] = {"logical_date": None, "conf": conf or {}}
        made = self.api.post("dags", dag_id, "dagRuns", body=body | ({"dag_run_id": run_id} if run_id else {}))
        return DagRun(api=self.api, dag_id=dag_id, run_id=made["dag_run_id"])

    def unpause(self, dag_id: str) -> None:
        """Unpause a DAG, so that its schedule and its asset watchers run."""
        self.api.patch("dags", dag_id, body={"is_paused": False})

    def wait_for_dag(self, dag_id: str, *, timeout: float = 180) -> None:
        """Wait until a DAG has been parsed.

        :param dag_id: id of the DAG.
        :param timeout: seconds.
        :raises LocalAirflowError: it does not appear, or a file has an import error meanwhile.
        """
        until = time.monotonic() + timeout
        while dag_id not in (known := self.dag_ids()):
            if errors := self.import_errors():
                raise LocalAirflowError(f"{dag_id} does not exist, and there are import errors: {errors}")
            if time.monotonic() > until:
                raise LocalAirflowError(f"{dag_id} does not exist after {timeout:g} s, only {known}")
            time.sleep(_CHECK_INTERVAL)

    def dag_ids(self) -> list[str]:
        """Return the ids of the parsed DAGs."""
        return sorted(dag["dag_id"] for dag in self.api.get("dags", limit=100)["dags"])

    def import_errors(self) -> dict[str, str]:
        """Return the import errors of DAG files, by path."""
        errors = self.api.get("importErrors")["import_errors"]
        return {error["filename"]: error["stack_trace"] for error in errors}

    def _begin(self, name: str, command: Sequence[str]) -> Part:
        with uninterrupted():
            self._parts[name] = Part(
                name=name,
                command=[sys.executable, "-m", "airflow", *command],
                environment=self.environment(name),
                log_file=self.home.log_file(name),
            )
        return self._parts[name]

    def environment(self, name: str) -> dict[str, str]:
        """Return the environment of a part.

        :param name: as for ``start_part``, or ``migrate``.
        """
        return self.home.environment()

    def is_ready(self, name: str) -> bool:
        """Return whether a part has had a heartbeat since its last start.

        :param name: as for ``start_part``.
        """
        try:
            health = self.api.get("monitor", "health")
        except requests.ConnectionError:
            return False
        if name == "api-server":
            return True
        key = name.replace("-", "_")
        return self.is_since_start(name, health[key][f"latest_{key}_heartbeat"])

    def is_since_start(self, name: str, heartbeat: str | None) -> bool:
        """Return whether a heartbeat is from after the last start of a part.

        :param name: as for ``start_part``.
        :param heartbeat: its time in ISO 8601, if there was one.
        """
        return heartbeat is not None and datetime.fromisoformat(heartbeat).timestamp() > self._parts[name].started_at
