from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.sandbox.client import ANALYTICS, MASKED, SECRET, WEB, Client


def test_airflow_can_parse_the_connection_uri(segment_sandbox: SegmentSandbox) -> None:
    from airflow.models.connection import Connection

    for token in (segment_sandbox.token, "a/b@c:d%e?f#g"):
        uri = SegmentSandbox(url=segment_sandbox.url, token=token).conn_uri
        connection = Connection(uri=uri)
        assert connection.conn_type == "segment_public_api"
        assert f"{connection.host}:{connection.port}" == segment_sandbox.url
        assert connection.password == token
        assert not connection.login
    assert os.environ["AIRFLOW_CONN_SEGMENT_PUBLIC_API_DEFAULT"] == segment_sandbox.conn_uri


def test_destinations_property_returns_all_details(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    created = segment.create_destination(settings={"apiKey": SECRET})
    subscription = segment.create_subscription(created["id"])
    segment_sandbox.deliver(created["id"], successes=3, successes_after_retry=1, retried=2)

    (found,) = segment_sandbox.destinations

    assert found["id"] == created["id"]
    assert found["settings"]["apiKey"] == MASKED
    assert found["metadata"] == {key: created["metadata"][key] for key in ("id", "name", "slug", "status")}
    assert found["subscriptions"] == [subscription]
    assert found["deliveries"] == {
        "successes": 3,
        "successesAfterRetry": 1,
        "discarded": 0,
        "expired": 0,
        "retried": 2,
    }


def test_requests_property_returns_api_requests_only(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment.send("GET", "/sources/a%2Fb?pagination.count=1")
    segment_sandbox.settings()

    (entry,) = segment_sandbox.requests

    assert (entry["method"], entry["path"], entry["query"]) == ("GET", "/sources/a%2Fb", "pagination.count=1")
    assert (entry["status"], entry["fault"]) == (404, None)


@pytest.mark.parametrize("run", [1, 2])
def test_every_test_starts_with_a_reset_sandbox(segment: Client, segment_sandbox: SegmentSandbox, run: int) -> None:
    assert segment_sandbox.destinations == []
    assert segment_sandbox.requests == []
    assert segment_sandbox.settings()["list_lag_seconds"] == 0
    assert segment_sandbox.settings()["deliveries_per_minute"] == 0
    assert segment.send("GET", "/").status_code == 200

    segment.create_destination()
    segment_sandbox.settings(list_lag_seconds=5, deliveries_per_minute=7)
    segment_sandbox.fault("status", status=503, times=None)


def test_seed_accepts_a_file_an_object_and_a_name(
    segment: Client, segment_sandbox: SegmentSandbox, tmp_path: Path
) -> None:
    file = tmp_path / "seed.json"
    file.write_text('{"sources": [{"id": "from-a-file"}]}')

    segment_sandbox.seed(file)
    assert segment.send("GET", "/sources/from-a-file").status_code == 200
    segment_sandbox.seed({"destinations": [{"id": "mine", "sourceId": WEB, "metadataId": ANALYTICS}]})
    assert [found["id"] for found in segment_sandbox.destinations] == ["mine"]
    segment_sandbox.seed("empty")
    assert segment_sandbox.destinations == []
    segment_sandbox.seed()
    assert len(segment_sandbox.destinations) == 4


def test_an_invalid_argument_raises_value_error(segment_sandbox: SegmentSandbox) -> None:
    with pytest.raises(ValueError, match="destinationId"):
        segment_sandbox.deliver("none", successes=1)
    with pytest.raises(ValueError, match="listLagSecond"):
        segment_sandbox.settings(list_lag_second=1)
    with pytest.raises(ValueError, match="seconds"):
        segment_sandbox.fault("delay")
    with pytest.raises(ValueError, match=r"destinations\[0\].sourceId"):
        segment_sandbox.seed({"destinations": [{"sourceId": "none", "metadataId": ANALYTICS}]})


TEST_WITH_THE_FIXTURE = """
import os

VARIABLE = "AIRFLOW_CONN_SEGMENT_PUBLIC_API_DEFAULT"

def test_one(segment_sandbox):
    assert segment_sandbox.requests == []
    assert os.environ[VARIABLE] == segment_sandbox.conn_uri

def test_two():
    assert os.environ[VARIABLE] == "mine"
"""


def test_pytest_finds_the_fixture_and_the_fixture_restores_the_connection(tmp_path: Path) -> None:
    (tmp_path / "test_user.py").write_text(TEST_WITH_THE_FIXTURE)

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "AIRFLOW_CONN_SEGMENT_PUBLIC_API_DEFAULT": "mine"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert "2 passed" in run.stdout


TEST_WITHOUT_THE_FIXTURE = """
import sys

def test_nothing_is_imported():
    assert "airflow_provider_segment.sandbox.pytest_plugin" in sys.modules
    assert not {"airflow", "msgspec", "starlette", "uvicorn"} & set(sys.modules)
"""


def test_a_run_without_the_fixture_imports_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_user.py").write_text(TEST_WITHOUT_THE_FIXTURE)

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr


def test_the_plugin_itself_imports_nothing() -> None:
    code = (
        "import pytest, sys; before = set(sys.modules); import airflow_provider_segment.sandbox.pytest_plugin;"
        "print(sorted(set(sys.modules) - before))"
    )

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == str(
        [
            "airflow_provider_segment",
            "airflow_provider_segment.sandbox",
            "airflow_provider_segment.sandbox.pytest_plugin",
            "airflow_provider_segment.version",
        ]
    )
