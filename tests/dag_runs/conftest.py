"""Runs of whole DAGs by Airflow's own command, in a home of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox

ROOT = Path(__file__).parents[2]


class RunDag(Protocol):
    def __call__(self, dag_id: str, *, code: int = 0) -> str: ...


def airflow(home: Path, *arguments: str, code: int = 0) -> str:
    """Run an Airflow command in a home, and return what it printed; it must exit as expected."""
    return python(home, "-m", "airflow", *arguments, code=code)


def python(home: Path, *arguments: str, code: int = 0) -> str:
    """Run Python with Airflow in a home, and return what it printed; it must exit as expected."""
    environment = os.environ | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout[-6000:]
    return done.stdout


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as ``airflow db migrate`` makes it; making it takes seconds, copying it none."""
    home = tmp_path_factory.mktemp("airflow")
    airflow(home, "db", "migrate")
    airflow(home, "pools", "set", "segment", "2", "Segment Public API")
    return home / "airflow.db"


@pytest.fixture
def run_dag(segment_sandbox: SegmentSandbox, tmp_path: Path, empty_database: Path) -> RunDag:
    """Run a DAG with ``airflow dags test``, and return what it printed."""
    dags = tmp_path / "dags"
    dags.mkdir()
    for file in [*(ROOT / "example_dags").glob("*.py"), *(Path(__file__).parent / "dags").glob("*.py")]:
        (dags / file.name).symlink_to(file)
    shutil.copy(empty_database, tmp_path / "airflow.db")

    def run(dag_id: str, *, code: int = 0) -> str:
        return airflow(tmp_path, "dags", "test", dag_id, code=code)

    return run
