"""The local Airflow runs a DAG, survives a killed part, listens on loopback only, and leaves nothing behind."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from dev.local_airflow.airflow import PARTS, LocalAirflow
from dev.local_airflow.errors import LocalAirflowError
from tests.open_files import processes_writing_into

DAGS = Path(__file__).parent / "dags"

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(
        importlib.metadata.version("apache-airflow") < "3.3", reason="local_airflow starts the parts of Airflow 3.3"
    ),
]


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAirflow]:
    home = tmp_path_factory.mktemp("home")
    with LocalAirflow(home=home, dags_folder=DAGS, log_level="DEBUG") as airflow:
        yield airflow
        assert len(processes_writing_into(home)) > len(PARTS)
        airflow.stop()
        assert not processes_writing_into(home)


def test_a_worker_and_a_triggerer_run_a_dag(airflow: LocalAirflow) -> None:
    run = airflow.trigger("two_tasks", conf={"seconds": 1})
    assert run.wait() == "success"
    assert run.task_states() == {"double": "success", "waits": "success"}
    assert run.xcom("double") == {"doubled": 2}
    assert run.xcom("waits").startswith("resumed: ")
    assert "Done. Returned value was" in run.task_log("double")
    assert "[debug" in airflow.log("scheduler")


def test_a_deferred_task_survives_a_killed_triggerer(airflow: LocalAirflow) -> None:
    run = airflow.trigger("two_tasks", conf={"seconds": 10})
    run.wait_for_task("waits", "deferred")
    before = len(airflow.processes())
    airflow.kill("triggerer")
    assert (
        before - len(processes_writing_into(airflow.home.folder)) >= 2
    )  # itself, and the child that runs the triggers
    airflow.start_part("triggerer")
    airflow.wait_until_ready()
    assert run.wait() == "success"


def test_it_listens_on_loopback_only(airflow: LocalAirflow) -> None:
    connections = [found for process in airflow.processes() for found in process.net_connections()]
    listening = {found.laddr for found in connections if found.status == psutil.CONN_LISTEN}
    assert listening == {("127.0.0.1", airflow.home.port)}


def test_nothing_is_left_when_a_part_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(PARTS, "api-server")
    monkeypatch.delitem(PARTS, "scheduler")
    monkeypatch.setitem(PARTS, "triggerer", ["triggerer", "--no-such-option"])
    airflow = LocalAirflow(home=tmp_path, dags_folder=DAGS)
    with pytest.raises(LocalAirflowError, match=r"(?s)triggerer ended with exit code 2.*--no-such-option"), airflow:
        pass
    assert {path.stem for path in tmp_path.glob("*.log")} == {"migrate", *PARTS}
    assert not processes_writing_into(tmp_path)
