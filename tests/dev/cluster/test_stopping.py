"""A whole cluster that is interrupted leaves no process and no folder behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from dev.cluster.__main__ import folder_for_data
from dev.cluster.programs import MissingProgramError, find_programs

ROOT = Path(__file__).parents[3]
PYTHON = Path(f"{sys.prefix}-cluster", "bin", "python")

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not PYTHON.exists(), reason="make cluster has not made its environment"),
]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other users can reach, unlike pytest's."""
    with folder_for_data(None) as folder:
        yield folder


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_after_a_signal(folder: Path, number: signal.Signals) -> None:
    try:
        find_programs()
    except MissingProgramError as error:
        pytest.skip(str(error))
    command = [str(PYTHON), "-m", "dev.cluster", "--quick"]
    environment = os.environ | {"TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as cluster:
        assert cluster.stdout is not None
        for line in cluster.stdout:
            if "apply_by_mapping has started" in line:
                break
        assert len(processes_with(str(folder))) > 10
        cluster.send_signal(number)
        cluster.stdout.read()
        assert cluster.wait(timeout=120) == 1

    assert processes_with(str(folder)) == []
    assert list(folder.iterdir()) == []


def processes_with(folder: str) -> list[psutil.Process]:
    """Return the processes that have a folder in their environment or arguments, except this one's own ancestors."""
    found = []
    for process in psutil.process_iter():
        try:
            shown = [*process.cmdline(), *process.environ().values()]
            if any(folder in one for one in shown) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found
