"""A part and its children can be frozen, continue, and be killed in any state."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from dev.local_airflow.errors import LocalAirflowError
from dev.local_airflow.interrupts import uninterrupted
from dev.local_airflow.part import Part

# A leader, a child, and a grandchild in a session of its own.
FAMILY = """
import subprocess, sys, time
child = "import subprocess, sys, time; "
child += "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True); "
child += "print('started', flush=True); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", child])
time.sleep(600)
"""


def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds; fail if that never happens."""
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.02)
    pytest.fail("the condition does not hold")


@pytest.fixture
def part(tmp_path: Path) -> Iterator[Part]:
    log = tmp_path / "part.log"
    part = Part(name="part", command=[sys.executable, "-c", FAMILY], environment=os.environ, log_file=log)
    until(lambda: "started" in log.read_text())
    assert len(part.processes()) == 3
    yield part
    part.kill()


def states(part: Part) -> set[str]:
    return {process.status() for process in part.processes()}


def test_all_processes_are_frozen_and_continue(part: Part) -> None:
    part.freeze()
    until(lambda: states(part) == {psutil.STATUS_STOPPED})
    part.unfreeze()
    until(lambda: psutil.STATUS_STOPPED not in states(part))
    assert len(part.processes()) == 3


def test_a_frozen_part_can_be_killed(part: Part) -> None:
    processes = part.processes()
    part.freeze()
    part.kill()
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


def test_a_command_that_fails_is_an_error_with_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('why it failed'); raise SystemExit(3)"]
    part = Part(name="fails", command=command, environment=os.environ, log_file=tmp_path / "fails.log")
    with pytest.raises(LocalAirflowError, match=r"(?s)fails ended with exit code 3.*why it failed"):
        part.finish(timeout=30)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_delayed_until_the_block_ends(number: signal.Signals) -> None:
    received: list[int] = []
    before = signal.signal(number, lambda number, _frame: received.append(number))
    try:
        with uninterrupted():
            signal.raise_signal(number)
            assert received == []
        assert received == [number]
    finally:
        signal.signal(number, before)
