"""The local Airflow with PostgreSQL, the Celery executor, two workers and two triggerers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import requests

from dev.cluster.hostname import VARIABLE, part_name
from dev.cluster.services import Database
from dev.local_airflow.airflow import PARTS, LocalAirflow

WORKERS = ("worker-1", "worker-2")
TRIGGERERS = ("triggerer-1", "triggerer-2")

_ROOT = Path(__file__).parents[2]


class ClusterAirflow(LocalAirflow):
    """A local Airflow with a database server, a broker, two workers and two triggerers.

    :param home: folder for its settings and logs; created if it does not exist.
    :param dags_folder: the DAG files.
    :param database: its database.
    :param broker_url: URL of its broker.
    :param concurrency: how many tasks each worker runs at once.
    :param heartbeat_timeout: seconds without a heartbeat after which a running task counts as lost.
    :param environment: more variables for all parts.
    """

    def __init__(
        self,
        *,
        home: Path,
        dags_folder: Path,
        database: Database,
        broker_url: str,
        concurrency: int,
        heartbeat_timeout: int,
        environment: Mapping[str, str],
    ) -> None:
        parts = {name: command for name, command in PARTS.items() if name != "triggerer"}
        parts |= dict.fromkeys(TRIGGERERS, PARTS["triggerer"])
        worker = ["celery", "worker", "--skip-serve-logs", "--without-gossip", "--without-mingle"]
        for name in WORKERS:
            parts[name] = [*worker, "--concurrency", str(concurrency), "--celery-hostname", name]
        settings = {
            "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
            "AIRFLOW__CORE__HOSTNAME_CALLABLE": f"{part_name.__module__}.{part_name.__qualname__}",
            "AIRFLOW__CORE__PARALLELISM": str(8 * concurrency),
            "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": "1000",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database.url("postgresql+psycopg2"),
            "AIRFLOW__CELERY__BROKER_URL": broker_url,
            "AIRFLOW__CELERY__RESULT_BACKEND": database.url("db+postgresql+psycopg2"),
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": str(heartbeat_timeout),
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
            # A message that a worker had received when it was killed is lost, and its task stays queued.
            "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "60",
            "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "5",
            "AIRFLOW__OPENLINEAGE__DISABLED": "True",
            "C_FORCE_ROOT": "1",
            "PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
        }
        super().__init__(
            home=home,
            dags_folder=dags_folder,
            environment=settings | dict(environment),
            log_level="DEBUG",
            parts=parts,
        )

    def environment(self, name: str) -> dict[str, str]:
        """Return the environment of a part, with its name."""
        return super().environment(name) | {VARIABLE: name}

    def is_ready(self, name: str) -> bool:
        """Return whether a triggerer has had a heartbeat, or a worker says that it is ready; the others as before."""
        if name in WORKERS:
            return f"{name} ready" in self.log(name)
        if name not in TRIGGERERS:
            return super().is_ready(name)
        try:
            jobs = self.api.get("jobs", hostname=name, job_type="TriggererJob")["jobs"]
        except requests.ConnectionError:
            return False
        return any(self.is_since_start(name, job["latest_heartbeat"]) for job in jobs)
