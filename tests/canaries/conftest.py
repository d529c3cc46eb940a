"""A sandbox and an Airflow that log at DEBUG and know the canaries."""

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
from dev.secret_search import Search
from tests.canaries.canaries import DEEP, REFERENCE, TEMPLATE, TOKEN, UNSENT
from tests.canaries.collector import Collector, collecting
from tests.canaries.database import cells
from tests.canaries.pages import pages
from tests.secrets.quoting_server import QuotingServer, Status, quoting_server

DAGS = Path(__file__).parent / "dags"
CRASH_REPORTS = "the crash reports"
LINEAGE = "lineage.jsonl"

# Little patience: each of these errors is to come soon.
SHORT_BUDGETS = {"retry_budget": 1, "rate_limit_budget": 1, "reconcile_timeout": 0.5, "timeout": 10}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The running processes.

    :param airflow: an Airflow with the DAGs of these tests.
    :param sandbox: a sandbox whose token is a canary.
    :param sandbox_log: the sandbox's output.
    :param quoting: a server that rejects all writes and quotes the requests in its errors.
    :param collector: receives the crash reports of tasks.
    """

    airflow: LocalAirflow
    sandbox: SegmentSandbox
    sandbox_log: Path
    quoting: QuotingServer
    collector: Collector

    def search(self, search: Search) -> None:
        """Search everything that has been left behind."""
        for path, content in pages(self.airflow):
            search.search("the API server", path, content)
        self.search_database(search)
        home = self.airflow.home.folder
        for file in (file for file in home.rglob("*") if file.is_file()):
            search.search("the files", str(file.relative_to(home)), file.read_bytes())
        search.search("the sandbox's output", "all", self.sandbox_log.read_bytes())
        for entry in self.sandbox.requests:
            search.search("the sandbox's journal", entry["path"], json.dumps(entry).encode())
        for envelope in self.collector.envelopes:
            search.search(CRASH_REPORTS, "all", envelope)
        for seen in self.quoting.seen:
            search.search("requests to the quoting server", seen, seen.encode())

    def search_database(self, search: Search) -> None:
        """Search Airflow's database alone."""
        for place, content in cells(self.airflow):
            search.search("the database", place, content)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many places were searched."""
    for report in [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]:
        for name, value in report.user_properties:
            if name == "searched":
                terminalreporter.write_line(str(value))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    if importlib.metadata.version("apache-airflow") < "3.3":
        pytest.skip("local_airflow starts the parts of Airflow 3.3")
    folder = tmp_path_factory.mktemp("canaries")
    lineage = {"type": "file", "log_file_path": str(folder / "home" / LINEAGE), "append": True}
    environment = {
        "AIRFLOW_CONN_CANARY_TEMPLATE": json.dumps({"conn_type": "generic", "password": TEMPLATE}),
        "AIRFLOW__OPENLINEAGE__DISABLED": "False",
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(lineage),
    }
    log = folder / "sandbox.log"
    with (
        collecting() as collector,
        debugging_sandbox(log) as sandbox,
        quoting_server(sandbox, token=TOKEN) as quoting,
        LocalAirflow(
            home=folder / "home",
            dags_folder=DAGS,
            # Everything else of Airflow's integration is left at its defaults, so local variables are recorded.
            environment=environment
            | {"AIRFLOW__SENTRY__SENTRY_ON": "True", "AIRFLOW__SENTRY__SENTRY_DSN": collector.dsn},
            log_level="DEBUG",
        ) as airflow,
    ):
        quoting.status, quoting.method = Status(status=400), "P*"
        connect(airflow, "segment_public_api_default", **segment(sandbox.url))
        connect(airflow, "segment_quoting", **segment(quoting.url))
        secrets = {"deep_secret": DEEP, "unsent_secret": f"{UNSENT}•"}
        connect(airflow, "canary_reference", conn_type="generic", password=REFERENCE, extra=json.dumps(secrets))
        yield Scene(airflow=airflow, sandbox=sandbox, sandbox_log=log, quoting=quoting, collector=collector)


@contextmanager
def debugging_sandbox(log: Path) -> Iterator[SegmentSandbox]:
    """Run a sandbox in its own process.

    :param log: the file for its output.
    """
    command = [sys.executable, "-m", "tests.canaries.debugging_sandbox", "--port", "0", "--token", TOKEN]
    command += ["--seed", "empty"]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as process:
        try:
            yield SegmentSandbox(url=_ready_url(process, log), token=TOKEN)
        finally:
            process.terminate()


def segment(url: str) -> dict[str, Any]:
    """Return the fields of a connection to Segment."""
    address = urlsplit(url)
    return {
        "conn_type": "segment_public_api",
        "host": f"{address.scheme}://{address.hostname}",
        "port": address.port,
        "password": TOKEN,
        "extra": json.dumps(SHORT_BUDGETS),
    }


def connect(airflow: LocalAirflow, conn_id: str, **fields: Any) -> None:
    """Create a connection as people do in the UI."""
    airflow.api.post("connections", body={"connection_id": conn_id} | fields)


def _ready_url(process: subprocess.Popen[bytes], log: Path) -> str:
    while " ready on " not in (output := log.read_text()):
        assert process.poll() is None, output
        time.sleep(0.1)
    return output.split(" ready on ")[1].split()[0]
