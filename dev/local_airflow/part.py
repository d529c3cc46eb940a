"""One part of Airflow: a command in a process, with a log file."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from dev.local_airflow.errors import LocalAirflowError
from dev.local_airflow.processes import ProcessTree

_LAST_LINES = 25


class Part:
    """A running part of Airflow and all its children.

    :param name: what it is called in messages.
    :param command: arguments of the ``airflow`` command.
    :param environment: all of its environment.
    :param log_file: gets what it prints; appended to.
    """

    def __init__(self, *, name: str, command: Sequence[str], environment: Mapping[str, str], log_file: Path) -> None:
        self.name = name
        self.started_at = time.time()
        self._log_file = log_file
        with log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "airflow", *command],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._tree = ProcessTree(self._process.pid)

    def processes(self) -> list[psutil.Process]:
        """What runs of it now."""
        return self._tree.alive()

    def check(self) -> None:
        """Raise LocalAirflowError when it has ended."""
        if (code := self._process.poll()) is not None:
            raise self.error(f"{self.name} ended with exit code {code}")

    def finish(self, *, timeout: float) -> None:
        """Wait for the end of a command that ends by itself; raise LocalAirflowError unless its exit code is 0.

        :param timeout: seconds.
        """
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise self.error(f"{self.name} has not ended after {timeout:g} s") from error
        if code != 0:
            raise self.error(f"{self.name} ended with exit code {code}")

    def terminate(self) -> None:
        """Ask it to end; Airflow's parts end their children themselves."""
        if self._process.poll() is None:
            self._process.terminate()

    def kill(self) -> None:
        """End it and all its children with SIGKILL; returns when none is left."""
        self._tree.kill()
        self._process.wait()

    def error(self, what: str) -> LocalAirflowError:
        """An error that shows the end of the log."""
        lines = self._log_file.read_text(errors="replace").splitlines()[-_LAST_LINES:]
        return LocalAirflowError("\n".join([f"{what}; its log ({self._log_file}) ends with:", *lines]))
