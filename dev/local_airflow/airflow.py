"""The whole of a local Airflow: its parts, started and ended together."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

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
PARTS = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}

_MIGRATE_SECONDS = 240
_LOOK_EVERY_SECONDS = 0.2


class LocalAirflow:
    """An Airflow of this machine alone; a context manager that starts it, waits for it, and ends it.

    :param home: folder for its database and logs, made when it is not there.
    :param dags_folder: the DAG files.
    :param environment: more variables for all parts: connections as ``AIRFLOW_CONN_*``, settings as ``AIRFLOW__*``.
    :param log_level: Airflow's, ``INFO`` or ``DEBUG`` for instance.
    :param port: of the API server; 0 takes a free one.
    """

    def __init__(
        self,
        *,
        home: Path,
        dags_folder: Path,
        environment: Mapping[str, str] | None = None,
        log_level: str = "INFO",
        port: int = 0,
    ) -> None:
        self.home = Home(
            folder=home,
            dags_folder=dags_folder,
            port=port or free_port(),
            log_level=log_level,
            extra=environment or {},
        )
        self.api = RestApi(self.url)
        self._parts: dict[str, Part] = {}

    def __enter__(self) -> LocalAirflow:
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
        """Migrate the database, then start all parts; they are not ready yet."""
        self.home.folder.mkdir(parents=True, exist_ok=True)
        self._begin("migrate", ["db", "migrate"]).finish(timeout=_MIGRATE_SECONDS)
        del self._parts["migrate"]
        for name in PARTS:
            self.start_part(name)

    def start_part(self, name: str) -> None:
        """Start one part, also one that was killed; ``wait_until_ready`` then waits for its first heart beat.

        :param name: ``api-server``, ``scheduler``, ``dag-processor`` or ``triggerer``.
        """
        self._begin(name, PARTS[name])

    def kill(self, name: str) -> None:
        """End a part and all its children with SIGKILL.

        :param name: as for ``start_part``.
        """
        self._parts[name].kill()
        del self._parts[name]

    def stop(self, *, grace: float = 5) -> None:
        """End all parts. Nothing is left running, whatever state they were in.

        :param grace: seconds they have to end by themselves, until SIGKILL.
        """
        with uninterrupted():
            for part in self._parts.values():
                part.terminate()
            until = time.monotonic() + grace
            while self.processes() and time.monotonic() < until:
                time.sleep(_LOOK_EVERY_SECONDS)
            for name in list(self._parts):
                self.kill(name)
            self.api.close()

    def processes(self) -> list[psutil.Process]:
        """All processes of all parts that run now."""
        return [process for part in self._parts.values() for process in part.processes()]

    def check(self) -> None:
        """Raise LocalAirflowError when a part that was started has ended by itself."""
        for part in self._parts.values():
            part.check()

    def log(self, name: str) -> str:
        """What a part has printed so far; of the task logs see ``DagRun.task_log``.

        :param name: as for ``start_part``, or ``migrate``.
        """
        return self.home.log_file(name).read_text(errors="replace")

    def wait_until_ready(self, *, timeout: float = 240) -> None:
        """Wait until every part that was started has a heart beat since its last start.

        :param timeout: seconds, until a LocalAirflowError names those that have none.
        """
        until = time.monotonic() + timeout
        while waiting := [name for name in PARTS if name in self._parts and not self._is_ready(name)]:
            self.check()
            if time.monotonic() > until:
                raise self._parts[waiting[0]].error(f"not ready after {timeout:g} s: {', '.join(waiting)}")
            time.sleep(_LOOK_EVERY_SECONDS)

    def trigger(self, dag_id: str, *, conf: dict[str, Any] | None = None, run_id: str | None = None) -> DagRun:
        """Wait until a DAG is known, unpause it, and start a run.

        :param dag_id: of the DAG.
        :param conf: the run's; with params it must fit them.
        :param run_id: of the run; by default Airflow makes one.
        :raises LocalAirflowError: when a DAG file has an import error and the DAG is not there.
        """
        self.wait_for_dag(dag_id)
        self.unpause(dag_id)
        body: dict[str, Any] = {"logical_date": None, "conf": conf or {}}
        made = self.api.post("dags", dag_id, "dagRuns", body=body | ({"dag_run_id": run_id} if run_id else {}))
        return DagRun(api=self.api, dag_id=dag_id, run_id=made["dag_run_id"])

    def unpause(self, dag_id: str) -> None:
        """Let a DAG run by its schedule, and its watchers watch."""
        self.api.patch("dags", dag_id, body={"is_paused": False})

    def wait_for_dag(self, dag_id: str, *, timeout: float = 180) -> None:
        """Wait until a DAG has been parsed.

        :param dag_id: of the DAG.
        :param timeout: seconds.
        :raises LocalAirflowError: when it does not come, or a file has an import error meanwhile.
        """
        until = time.monotonic() + timeout
        while dag_id not in (known := self.dag_ids()):
            if errors := self.import_errors():
                raise LocalAirflowError(f"{dag_id} is not there, and there are import errors: {errors}")
            if time.monotonic() > until:
                raise LocalAirflowError(f"{dag_id} is not there after {timeout:g} s, only {known}")
            time.sleep(_LOOK_EVERY_SECONDS)

    def dag_ids(self) -> list[str]:
        """The DAGs that have been parsed."""
        return sorted(dag["dag_id"] for dag in self.api.get("dags", limit=100)["dags"])

    def import_errors(self) -> dict[str, str]:
        """What is wrong with DAG files, by their path."""
        errors = self.api.get("importErrors")["import_errors"]
        return {error["filename"]: error["stack_trace"] for error in errors}

    def _begin(self, name: str, command: list[str]) -> Part:
        environment, log_file = self.home.environment(), self.home.log_file(name)
        with uninterrupted():
            self._parts[name] = Part(name=name, command=command, environment=environment, log_file=log_file)
        return self._parts[name]

    def _is_ready(self, name: str) -> bool:
        try:
            health = self.api.get("monitor", "health")
        except requests.ConnectionError:
            return False
        if name == "api-server":
            return True
        key = name.replace("-", "_")
        beat = health[key][f"latest_{key}_heartbeat"]
        return beat is not None and datetime.fromisoformat(beat).timestamp() > self._parts[name].started_at
