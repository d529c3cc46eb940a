"""All descendants of a process: those of its session, and those they started in other sessions."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from contextlib import suppress

import psutil


class ProcessTree:
    """The processes started by a session's leader and its children.

    Airflow runs each task in its own process group, so the session is used, not the leader's group.

    :param leader: process id of the session's leader, which must be running.
    """

    def __init__(self, leader: int) -> None:
        self._leader = psutil.Process(leader)
        self._seen: set[psutil.Process] = {self._leader}

    def alive(self) -> list[psutil.Process]:
        """Return the running processes."""
        for member in self._session():
            self._seen.add(member)
            try:
                self._seen.update(member.children(recursive=True))
            except psutil.NoSuchProcess:
                continue
        return [process for process in self._seen if runs(process)]

    def kill(self) -> None:
        """Kill them all with SIGKILL, and those they start meanwhile, until none is left."""
        while alive := self.alive():
            self._send(alive, signal.SIGKILL)
            psutil.wait_procs(alive, timeout=1)

    def send(self, number: signal.Signals) -> None:
        """Send them all a signal, and those that they started meanwhile.

        :param number: the signal.
        """
        sent: set[psutil.Process] = set()
        while new := set(self.alive()) - sent:
            self._send(new, number)
            sent |= new

    def _send(self, processes: Iterable[psutil.Process], number: signal.Signals) -> None:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def _session(self) -> list[psutil.Process]:
        if _is_pid_reused(self._leader):
            return []
        return [process for process in psutil.process_iter() if _session_id(process.pid) == self._leader.pid]


def runs(process: psutil.Process) -> bool:
    """Return whether a process is running.

    :param process: the process.
    """
    try:
        # A zombie has ended; only its exit code has not been read.
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _is_pid_reused(leader: psutil.Process) -> bool:
    """Return whether the ended leader's pid belongs to a new process, whose session is not ours."""
    try:
        return bool(psutil.Process(leader.pid) != leader)
    except psutil.NoSuchProcess:
        return False


def _session_id(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None
