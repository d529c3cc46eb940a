"""The home of a local Airflow: its folder, its secrets, and settings that make it fast and local."""

from __future__ import annotations

import os
import secrets
import sys
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dev.local_airflow.ports import HOST

# Seconds without a heartbeat after which the triggers of a killed triggerer go to another one.
TRIGGERER_TAKEOVER_SECONDS = 10

_QUICK = {
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
    "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "1",
    "AIRFLOW__SCHEDULER__TRIGGER_TIMEOUT_CHECK_INTERVAL": "1",
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": str(TRIGGERER_TAKEOVER_SECONDS),
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
    # The scheduler forks one process per slot when it starts.
    "AIRFLOW__CORE__PARALLELISM": "8",
    # Resolving the machine's full name can take seconds.
    "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
}


def _new_secrets() -> dict[str, str]:
    return {
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
        "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
        "AIRFLOW__CORE__FERNET_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }


def _bytecode() -> dict[str, str]:
    """Return settings that keep bytecode; without it Airflow's parts take three times as long to start.

    If the caller disables it next to the sources, it is kept in the virtual environment.
    """
    if not os.environ.get("PYTHONDONTWRITEBYTECODE"):
        return {}
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(Path(sys.prefix) / "bytecode")}


@dataclass(frozen=True, kw_only=True)
class Home:
    """The folder and the settings of a local Airflow.

    :param folder: Airflow's home, with the database and all logs; created if it does not exist.
    :param dags_folder: the DAG files.
    :param port: the API server's port.
    :param log_level: Airflow's log level, such as ``INFO`` or ``DEBUG``.
    :param extra: additional environment variables; they override the settings here.
    """

    folder: Path
    dags_folder: Path
    port: int
    log_level: str
    extra: Mapping[str, str]
    _secrets: Mapping[str, str] = field(default_factory=_new_secrets, repr=False)

    @property
    def url(self) -> str:
        """Base URL of the UI and the REST API."""
        return f"http://{HOST}:{self.port}"

    def log_file(self, part: str) -> Path:
        """Return the path of a part's output."""
        return self.folder / f"{part}.log"

    def environment(self) -> dict[str, str]:
        """Return the environment of every part; the same for all, because they check each other's tokens."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")}
        return (
            inherited | self._not_through_a_proxy() | self._settings() | _QUICK | dict(self._secrets) | dict(self.extra)
        )

    def _settings(self) -> dict[str, str]:
        return {
            "AIRFLOW_HOME": str(self.folder),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.folder}/airflow.db",
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags_folder),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__API__HOST": HOST,
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": self.log_level,
            "NO_COLOR": "1",
            "PYTHONUNBUFFERED": "1",
        }

    def _not_through_a_proxy(self) -> dict[str, str]:
        """Return variables that keep tasks' requests to the local API server off any proxy."""
        others = [os.environ[name] for name in ("no_proxy", "NO_PROXY") if os.environ.get(name)]
        value = ",".join([HOST, "localhost", *others])
        return {"no_proxy": value, "NO_PROXY": value}
