"""If a worker is killed at any request, the task's next try leaves exactly what is described."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.exactly_one.killed import POINTS, TASKS
from tests.exactly_one.running import connect
from tests.exactly_one.state import differences
from tests.exactly_one.table import RECONCILE_TIMEOUT
from tests.exactly_one.writes import BYSTANDER, Write
from tests.running import Running, TaskInstance
from tests.scale import SCALE

_CONN_ID = "segment_killed"
_LONG = 600
_CHOSEN = POINTS if SCALE >= 10 else POINTS[4::10]
"""A tenth of the points by default."""


@pytest.fixture
def sandbox(segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch) -> SegmentSandbox:
    monkeypatch.setenv(f"AIRFLOW_CONN_{_CONN_ID.upper()}", "")  # gone again after the test
    segment_sandbox.settings(subscription_write_limit_per_minute=None)
    return segment_sandbox


@pytest.mark.parametrize(("number", "call", "lag"), _CHOSEN)
def test_a_retry_of_a_killed_task_leaves_exactly_what_is_described(
    number: int, call: int, lag: float, sandbox: SegmentSandbox
) -> None:
    print(f"{len(_CHOSEN)} of {len(POINTS)} points")  # noqa: T201
    write, _ = TASKS[number]
    sandbox.settings(list_lag_seconds=lag)
    sandbox.seed({"destinations": [BYSTANDER, *write.before]})
    if call > 1:
        sandbox.fault("delay", times=call - 1, seconds=0)
    sandbox.fault("delay", seconds=_LONG)  # applied, but without a response
    connect(sandbox, _CONN_ID, budget=60.0, timeout=_LONG)
    _kill_at(number, call, sandbox)
    sandbox._send("DELETE", "faults")
    connect(sandbox, _CONN_ID, budget=60.0, timeout=RECONCILE_TIMEOUT)
    _run(write, sandbox, try_number=2)
    assert differences(sandbox.destinations, write.after) == []
    assert _posts(sandbox) == write.creates


@pytest.mark.parametrize("number", range(len(TASKS)))
def test_the_points_cover_every_request(number: int, sandbox: SegmentSandbox) -> None:
    write, calls = TASKS[number]
    sandbox.seed({"destinations": [BYSTANDER, *write.before]})
    connect(sandbox, _CONN_ID, budget=60.0, timeout=RECONCILE_TIMEOUT)
    _run(write, sandbox, try_number=1)
    assert len(sandbox.requests) == calls
    assert differences(sandbox.destinations, write.after) == []
    assert len(POINTS) >= 50


def _kill_at(number: int, call: int, sandbox: SegmentSandbox) -> None:
    """Run a task in another process, and kill it after that many requests."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.exactly_one.killed", str(number), _CONN_ID],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        while len(sandbox.requests) < call:
            assert process.poll() is None, process.communicate()[1].decode()[-2000:]
            time.sleep(0.02)
        assert process.poll() is None
    finally:
        process.kill()
        process.communicate()


def _run(write: Write, sandbox: SegmentSandbox, *, try_number: int) -> None:
    task = write.task({"task_id": "task", "segment_conn_id": _CONN_ID})
    Running().run(task, ti=TaskInstance(try_number=try_number))


def _posts(sandbox: SegmentSandbox) -> int:
    return sum(entry["method"] == "POST" for entry in sandbox.requests)
