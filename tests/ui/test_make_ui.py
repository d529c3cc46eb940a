"""``make ui``: a real Airflow with the example DAGs and a local Segment, on loopback only, ending cleanly."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import psutil
import pytest
import requests

from dev.local_airflow.rest import RestApi
from tests.open_files import processes_writing_into
from tests.ui.running import RunningUi, starting_ui

EXAMPLES = Path(__file__).parents[2] / "example_dags"

pytestmark = pytest.mark.live


def test_the_example_dags_are_there_without_errors(api: RestApi) -> None:
    expected = {file.stem for file in EXAMPLES.glob("*.py")}
    until = time.monotonic() + 180
    while set(known := dags(api)) < expected and time.monotonic() < until:
        assert api.get("importErrors")["import_errors"] == []
        time.sleep(0.5)
    assert set(known) == expected
    assert not known["segment_destination_lifecycle"]


def dags(api: RestApi) -> dict[str, bool]:
    """Return the DAGs, and whether each is paused."""
    return {dag["dag_id"]: dag["is_paused"] for dag in api.get("dags", limit=100)["dags"]}


def test_the_connections_and_the_pool_exist(ui: RunningUi, api: RestApi) -> None:
    connection = api.get("connections", "segment_public_api_default")
    assert f"{connection['host']}:{connection['port']}" == ui.sandbox_url
    assert api.get("connections", "product_analytics")["conn_type"] == "generic"
    assert api.get("connections", "marketing_analytics")["conn_type"] == "generic"
    assert api.get("pools", "segment")["slots"] == 2
    assert "sandbox" in requests.get(f"{ui.sandbox_url}/_sandbox/", timeout=30).text


def test_it_listens_on_loopback_only(ui: RunningUi) -> None:
    processes = [psutil.Process(ui.process.pid), *psutil.Process(ui.process.pid).children(recursive=True)]
    connections = [found for process in processes for found in process.net_connections()]
    listening = {found.laddr for found in connections if found.status == psutil.CONN_LISTEN}
    assert {f"http://{address.ip}:{address.port}" for address in listening} == {ui.url, ui.sandbox_url}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_during_startup_leaves_nothing_behind(number: signal.Signals, tmp_path: Path) -> None:
    with starting_ui(tmp_path) as process:
        while not processes_writing_into(tmp_path):
            assert process.poll() is None
        process.send_signal(number)
        printed, _ = process.communicate(timeout=60)
    assert (process.returncode, printed.splitlines()[-1]) == (0, "Stopped.")
    assert list(tmp_path.iterdir()) == []
    assert not processes_writing_into(tmp_path)
