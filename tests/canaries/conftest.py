"""A sandbox and an Airflow at DEBUG, that know the canaries."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from dev.local_airflow.airflow import LocalAirflow
from tests.canaries.canaries import DEEP, REFERENCE, TEMPLATE, TOKEN, UNSENT
from tests.canaries.database import cells
from tests.canaries.pages import pages
from tests.canaries.search import Search
from tests.secrets.quoting_middleware import Front, Status, quoting_front

DAGS = Path(__file__).parent / "dags"

# Little patience: each of these errors is to come soon.
IMPATIENT = {"retry_budget": 1, "rate_limit_budget": 1, "reconcile_timeout": 0.5, "timeout": 10}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """All that runs.

    :param airflow: with the DAGs of these tests.
    :param sandbox: takes the token of the canaries.
    :param sandbox_log: what the sandbox has said so far.
    :param careless: a server that refuses all writes and quotes all it was told.
    """

    airflow: LocalAirflow
    sandbox: SegmentSandbox
    sandbox_log: Path
    careless: Front

    def search(self, search: Search) -> None:
        """Search all that was left behind up to now."""
        for path, content in pages(self.airflow):
            search.look("the API server", path, content)
        self.search_database(search)
        home = self.airflow.home.folder
        for file in (file for file in home.rglob("*") if file.is_file()):
            search.look("the files", str(file.relative_to(home)), file.read_bytes())
        search.look("the sandbox's output", "all", self.sandbox_log.read_bytes())
        for entry in self.sandbox.requests:
            search.look("the sandbox's journal", entry["path"], json.dumps(entry).encode())
        for seen in self.careless.seen:
            search.look("what the careless server was shown", seen, seen.encode())

    def search_database(self, search: Search) -> None:
        """Search Airflow's database alone."""
        for place, content in cells(self.airflow):
            search.look("the database", place, content)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many places were searched."""
    for report in [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]:
        for name, value in report.user_properties:
            if name == "searched":
                terminalreporter.write_line(str(value))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    if importlib.metadata.version("apache-airflow") < "3.3":
        pytest.skip("local_airflow starts the parts of Airflow 3.3")
    folder = tmp_path_factory.mktemp("canaries")
    environment = {
        "AIRFLOW_CONN_CANARY_TEMPLATE": json.dumps({"conn_type": "generic", "password": TEMPLATE}),
        "AIRFLOW__OPENLINEAGE__DISABLED": "True",
    }
    log = folder / "sandbox.log"
    with (
        debugging_sandbox(log) as sandbox,
        quoting_front(sandbox, token=TOKEN) as careless,
        LocalAirflow(home=folder / "home", dags_folder=DAGS, environment=environment, log_level="DEBUG") as airflow,
    ):
        careless.status, careless.method = Status(status=400), "P*"
        connect(airflow, "segment_public_api_default", **segment(sandbox.url))
        connect(airflow, "segment_careless", **segment(careless.url))
        secrets = {"deep_secret": DEEP, "unsent_secret": f"{UNSENT}•"}
        connect(airflow, "canary_reference", conn_type="generic", password=REFERENCE, extra=json.dumps(secrets))
        yield Scene(airflow=airflow, sandbox=sandbox, sandbox_log=log, careless=careless)


@contextmanager
def debugging_sandbox(log: Path) -> Iterator[SegmentSandbox]:
    """Run a sandbox in a process of its own.

    :param log: gets what it says.
    """
    command = [sys.executable, "-m", "tests.canaries.debugging_sandbox", "--port", "0", "--token", TOKEN]
    command += ["--seed", "empty"]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as process:
        try:
            yield SegmentSandbox(url=_ready_url(process, log), token=TOKEN)
        finally:
            process.terminate()


def segment(url: str) -> dict[str, Any]:
    """The fields of a connection to Segment."""
    address = urlsplit(url)
    return {
        "conn_type": "segment_public_api",
        "host": f"{address.scheme}://{address.hostname}",
        "port": address.port,
        "password": TOKEN,
        "extra": json.dumps(IMPATIENT),
    }


def connect(airflow: LocalAirflow, conn_id: str, **fields: Any) -> None:
    """Make a connection as people do in the UI."""
    airflow.api.post("connections", body={"connection_id": conn_id} | fields)


def _ready_url(process: subprocess.Popen[bytes], log: Path) -> str:
    while " ready on " not in (said := log.read_text()):
        assert process.poll() is None, said
        time.sleep(0.1)
    return said.split(" ready on ")[1].split()[0]
