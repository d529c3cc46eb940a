"""One Airflow for all these tests, because starting it takes longer than most of them."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_provider_segment.sandbox.pytest_plugin import CONNECTION_VARIABLE
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from dev.local_airflow.airflow import LocalAirflow
from tests.examples import FOLDER

DAGS = [*(Path(__file__).parent / "dags").glob("[!_]*"), FOLDER / "segment_asset_watcher.py"]


@pytest.fixture(scope="session")
def started_airflow(
    segment_sandbox_server: SegmentSandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LocalAirflow, float]]:
    """Airflow, and how many seconds it took to start."""
    if importlib.metadata.version("apache-airflow") < "3.3":
        pytest.skip("local_airflow starts the parts of Airflow 3.3")
    environment = {
        CONNECTION_VARIABLE: segment_sandbox_server.conn_uri,
        "AIRFLOW__OPENLINEAGE__DISABLED": "True",
        "AIRFLOW_CONN_LIVE_KEY": "generic://:heron-0123456789@",
    }
    folder = tmp_path_factory.mktemp("live")
    (dags := folder / "dags").mkdir()
    for file in DAGS:
        (dags / file.name).symlink_to(file)
    started = time.monotonic()
    with LocalAirflow(home=folder / "home", dags_folder=dags, environment=environment) as airflow:
        yield airflow, time.monotonic() - started


@pytest.fixture(scope="session")
def airflow(started_airflow: tuple[LocalAirflow, float]) -> LocalAirflow:
    """Airflow with the DAGs of these tests; its default connection points to the sandbox."""
    return started_airflow[0]


@pytest.fixture(scope="session")
def time_limit(started_airflow: tuple[LocalAirflow, float]) -> float:
    """Seconds in which this machine, as busy as it is, can start three tasks and restart a triggerer."""
    return max(40.0, 1.2 * started_airflow[1])
