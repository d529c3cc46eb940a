"""The demo's output, made from Airflow's log."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from dev.demo.sandbox import Sandbox, SandboxFailedError
from dev.demo.story import DagStory

HOOK = "airflow_provider_segment.hooks.segment.SegmentPublicApiHook"
AIRFLOW_3 = [
    "2026-11-23T10:22:09.385120Z [info     ] [DAG TEST] starting task_id=create map_index=-1 [airflow.sdk]",
    f"2026-11-23T10:22:16.179732Z [info     ] created a destination [airflow.task.hooks.{HOOK}] loc=a.py:87",
    "2026-11-23T10:22:16.234539Z [info     ] [DAG TEST] end task task_id=create map_index=-1 [airflow.sdk]",
]
AIRFLOW_2 = [
    "[2026-11-23T10:23:21.068+0000] {dag.py:4396} INFO - [DAG TEST] starting task_id=create map_index=0",
    "[2026-11-23 10:23:21,100] {requests_driver.py:87} INFO - created a destination",
    "[2026-11-23T10:23:21.100+0000] {requests_driver.py:87} INFO - created a destination",
    "[2026-11-23T10:23:21.127+0000] {dag.py:4410} INFO - [DAG TEST] end task task_id=create map_index=0",
]


@pytest.fixture
def sandbox(segment_sandbox: SegmentSandbox) -> Iterator[Sandbox]:
    with subprocess.Popen([sys.executable, "-c", ""], text=True) as ended:
        ended.wait()
        yield Sandbox(url=segment_sandbox.url, process=ended)


@pytest.mark.parametrize("lines", [AIRFLOW_3, AIRFLOW_2], ids=["3", "2.11"])
def test_a_task_and_its_log_lines_are_shown(
    sandbox: Sandbox, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    story = DagStory(sandbox)
    for line in lines:
        story.read(line + "\n")
    shown = [line.strip() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert shown[0].startswith("create")
    assert shown[1:] == ["created a destination"]


def test_the_error_is_found_among_the_log_lines(sandbox: Sandbox) -> None:
    story = DagStory(sandbox)
    noise = [f"2026-11-23T10:22:09Z [info     ] line {number}\n" for number in range(100)]
    reason = "airflow_provider_segment.exceptions.SegmentNotFoundError: POST /x returned 404: Action not found\n"
    for line in [*noise, "2026-11-23T10:22:09Z [error    ] Task failed with exception\n", reason, *noise]:
        story.read(line)
    assert story.last_errors().endswith(reason)
    assert "line" not in story.last_errors()


def test_a_sandbox_that_has_ended_is_reported(unused_port: int) -> None:
    with subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"], text=True) as process:
        process.wait()
        gone = Sandbox(url=f"http://127.0.0.1:{unused_port}", process=process)
        with pytest.raises(SandboxFailedError, match="has ended with exit code 3"):
            gone.calls()
