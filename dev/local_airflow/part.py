"""A part of a local Airflow, or a service that it needs: a command in its own process, with a log file."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from dev.local_airflow.errors import LocalAirflowError
from dev.local_airflow.processes import ProcessTree

_LAST_LINES = 25


class Part:
    """A running command with all its children.

    :param name: its name in messages.
    :param command: the program and its arguments.
    :param environment: its whole environment.
    :param log_file: the file its output is appended to.
    :param user: the id of the user and group to run it as; ``None`` for the current one.
    :param stop_signal: the signal that asks it to end.
    """

    def __init__(
        self,
        *,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log_file: Path,
        user: tuple[int, int] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self.started_at = time.time()
        self._log_file = log_file
        self._stop_signal = stop_signal
        uid, gid = user or (None, None)
        with log_file.open("ab") as log:
            self._process = subprocess.Popen(
                list(command),
                user=uid,
                group=gid,
                extra_groups=None if user is None else [],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._tree = ProcessTree(self._process.pid)

    def processes(self) -> list[psutil.Process]:
        """Return its running processes."""
        return self._tree.alive()

    def check(self) -> None:
        """Raise LocalAirflowError if it has ended."""
        if (code := self._process.poll()) is not None:
            raise self.error(f"{self.name} ended with exit code {code}")

    def finish(self, *, timeout: float) -> None:
        """Wait until the command ends; raise LocalAirflowError unless its exit code is 0.

        :param timeout: seconds.
        """
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise self.error(f"{self.name} has not ended after {timeout:g} s") from error
        if code != 0:
            raise self.error(f"{self.name} ended with exit code {code}")

    def terminate(self) -> None:
        """Ask it to end; Airflow's parts end their own children."""
        if self._process.poll() is None:
            self._process.send_signal(self._stop_signal)

    def freeze(self) -> None:
        """Stop it and all its children with SIGSTOP."""
        self._tree.send(signal.SIGSTOP)

    def unfreeze(self) -> None:
        """Let it and all its children continue."""
        self._tree.send(signal.SIGCONT)

    def kill(self) -> None:
        """Kill it and all its children with SIGKILL, and wait until none is left."""
        self._tree.kill()
        self._process.wait()

    def error(self, what: str) -> LocalAirflowError:
        """Return an error with the end of the log."""
        lines = self._log_file.read_text(errors="replace").splitlines()[-_LAST_LINES:]
        return LocalAirflowError("\n".join([f"{what}; its log ({self._log_file}) ends with:", *lines]))
