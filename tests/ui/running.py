"""``make ui`` in its own process, with its output captured."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LAST_LINE = "Ctrl-C ends both."
_SECONDS_TO_END = 60


@dataclass(frozen=True, kw_only=True)
class RunningUi:
    """A running ``make ui``.

    :param process: its process.
    :param folder: the folder for its temporary folders.
    :param output: its output.
    """

    process: subprocess.Popen[str]
    folder: Path
    output: str

    @property
    def url(self) -> str:
        """Base URL of Airflow."""
        return self._found(r"Airflow +(http://127\.0\.0\.1:\d+)/dags/\w+ ")

    @property
    def sandbox_url(self) -> str:
        """Base URL of the sandbox."""
        return self._found(r"Segment +(http://127\.0\.0\.1:\d+)/_sandbox/ ")

    def stop(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """Send a signal, and return the exit code and the rest of the output."""
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=_SECONDS_TO_END)
        return self.process.returncode, rest

    def _found(self, pattern: str) -> str:
        found = re.search(pattern, self.output)
        assert found, self.output
        return found[1]


@contextmanager
def starting_ui(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start ``make ui``; if it is still running at the end of the block, terminate it."""
    command = [sys.executable, "-m", "dev.demo.ui"]
    environment = os.environ | {"TMPDIR": str(folder)}
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()


@contextmanager
def running_ui(folder: Path) -> Iterator[RunningUi]:
    """Start ``make ui`` and wait until it has printed its URLs."""
    with starting_ui(folder) as process:
        output = ""
        for line in process.stdout or ():
            output += line
            if line.strip() == LAST_LINE:
                break
        else:
            raise AssertionError(f"make ui ended: {output}")
        yield RunningUi(process=process, folder=folder, output=output)
