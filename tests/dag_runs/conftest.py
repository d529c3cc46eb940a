"""Runs of whole DAGs with Airflow's command, in a home for this session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, Self

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.dag_runs.airflow_process import END
from tests.examples import EXAMPLES, FOLDER

ROOT = Path(__file__).parents[2]


class RunDag(Protocol):
    def __call__(self, dag_id: str, *, conf: dict[str, Any] | None = None, code: int = 0) -> str: ...


class AirflowProcess:
    """An Airflow process, started once with the current environment. Use it in a ``with`` statement.

    :param home: its home; the DAGs are in the folder ``dags``.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        environment = os.environ | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
            "NO_COLOR": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "tests.dag_runs.airflow_process"],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, module: str, *arguments: str, code: int = 0) -> str:
        """Run a module with the test's current connections, and return its output.

        :param module: the module, run as ``python -m`` does.
        :param code: the expected exit code.
        """
        assert self._process.stdin is not None
        connections = {name: value for name, value in os.environ.items() if name.startswith("AIRFLOW_CONN_")}
        request = {"module": module, "arguments": arguments, "environment": connections}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        *printed, end = self._lines()
        output = "".join(printed)
        assert end == f"{END}{code}\n", output[-6000:] + end
        return output

    def _lines(self) -> Iterator[str]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            yield line
            if line.startswith(END):
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate()  # closes its input, which ends it


@pytest.fixture(scope="session")
def airflow_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowProcess]:
    """Airflow with a database, a pool, the example DAGs and the DAGs of these tests."""
    home = tmp_path_factory.mktemp("airflow")
    dags = home / "dags"
    dags.mkdir()
    for file in [*EXAMPLES, *(Path(__file__).parent / "dags").glob("*.py")]:
        (dags / file.name).symlink_to(file)
    (dags / "segment").symlink_to(FOLDER / "segment")
    with AirflowProcess(home) as process:
        process.run("airflow", "db", "migrate")
        process.run("airflow", "pools", "set", "segment", "2", "Segment Public API")
        yield process


@pytest.fixture
def run_dag(segment_sandbox: SegmentSandbox, airflow_process: AirflowProcess) -> RunDag:
    """Run a DAG with ``airflow dags test``, and return its output."""

    def run(dag_id: str, *, conf: dict[str, Any] | None = None, code: int = 0) -> str:
        return airflow_process.run("airflow", "dags", "test", dag_id, "--conf", json.dumps(conf or {}), code=code)

    return run
