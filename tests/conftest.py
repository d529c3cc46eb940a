"""An empty Airflow home, set before the first import of Airflow, and the fixtures of all tests."""

from __future__ import annotations

import atexit
import importlib.util
import logging
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from airflow_provider_segment.sandbox.testing import SegmentSandbox
    from tests.running import Running
    from tests.sandbox.client import Client

_HOME = tempfile.mkdtemp(prefix="airflow-provider-segment-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ["AIRFLOW_HOME"] = _HOME
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "False"
os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{_HOME}/airflow.db"
# Airflow 2.11 warns of its own default otherwise.
os.environ["AIRFLOW__METRICS__TIMER_UNIT_CONSISTENCY"] = "True"
# OpenLineage is installed for the tests of lineage; all others run as if it were not.
os.environ["AIRFLOW__OPENLINEAGE__DISABLED"] = "True"
# A proxy or CA of the machine must not come between a test and its server on this machine.
for _name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
    os.environ.pop(_name, None)
    os.environ.pop(_name.lower(), None)


@pytest.fixture
def unused_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


AIRFLOW_3 = importlib.util.find_spec("airflow.sdk") is not None


@pytest.fixture
def read_log(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Return a function that returns what was logged since its last call.

    Airflow 3 prints the log, 2.11 passes it to the standard library.
    """
    caplog.set_level(logging.INFO)

    def read() -> str:
        printed, passed = capsys.readouterr().out, caplog.text
        caplog.clear()
        return printed if AIRFLOW_3 else passed  # 2.11 prints it as well

    return read


@pytest.fixture
def running(segment_sandbox: SegmentSandbox) -> Running:
    """A runner of tasks, whose connection is the sandbox."""
    from tests.running import Running

    return Running()


@pytest.fixture
def destination_id(segment_sandbox: SegmentSandbox) -> str:
    """The id of a destination named "mine" in the sandbox."""
    from airflow_provider_segment.hooks.segment import SegmentPublicApiHook

    with SegmentPublicApiHook() as hook:
        created = hook.create_destination(
            source_id="sandbox-web", metadata_id="sandbox-analytics", name="mine", settings={"apiKey": "k"}
        )
    return created["id"]


@pytest.fixture
def segment(segment_sandbox: SegmentSandbox) -> Iterator[Client]:
    """A plain HTTP client of a newly reset sandbox."""
    from tests.sandbox.client import Client

    client = Client(segment_sandbox)
    with client.session:
        yield client
