from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator

import psutil
import pytest

from dev.local_airflow.processes import runs
from dev.local_airflow.rest import RestApi
from tests.open_files import processes_writing_into
from tests.ui.running import RunningUi, running_ui


def pytest_runtest_setup() -> None:
    """Skip here and not in a fixture, so that pytest reports one line for all tests."""
    if importlib.metadata.version("apache-airflow") < "3.3":
        pytest.skip("make ui runs Airflow 3.3")


@pytest.fixture(scope="session")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningUi]:
    """A running ``make ui``; afterwards Ctrl-C ends it, and nothing is left."""
    with running_ui(tmp_path_factory.mktemp("tmp")) as ui:
        yield ui
        processes = psutil.Process(ui.process.pid).children(recursive=True)
        assert len(processes) > 5
        assert ui.stop() == (0, "Stopped.\n")
        assert not any(runs(process) for process in processes)
        assert list(ui.folder.iterdir()) == []
        assert not processes_writing_into(ui.folder)


@pytest.fixture(scope="session")
def api(ui: RunningUi) -> Iterator[RestApi]:
    api = RestApi(ui.url)
    yield api
    api.close()
