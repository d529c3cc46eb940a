"""All processes that come from one: those of its session, and what they started in sessions of their own."""

from __future__ import annotations

import os

import psutil


class ProcessTree:
    """The processes which a session's leader and its children started.

    Airflow puts each task into a process group of its own, so the leader's group is not all of them; its session is.

    :param leader: process id of a session's leader, still running.
    """

    def __init__(self, leader: int) -> None:
        self._leader = psutil.Process(leader)
        self._seen: set[psutil.Process] = {self._leader}

    def alive(self) -> list[psutil.Process]:
        """Those that run now."""
        for member in self._session():
            self._seen.add(member)
            try:
                self._seen.update(member.children(recursive=True))
            except psutil.NoSuchProcess:
                continue
        return [process for process in self._seen if runs(process)]

    def kill(self) -> None:
        """End them all with SIGKILL, and those they start meanwhile; returns when none is left."""
        while alive := self.alive():
            for process in alive:
                try:
                    process.kill()
                except psutil.NoSuchProcess:
                    continue
            psutil.wait_procs(alive, timeout=1)

    def _session(self) -> list[psutil.Process]:
        if _taken_by_another(self._leader):
            return []
        return [process for process in psutil.process_iter() if _session_id(process.pid) == self._leader.pid]


def runs(process: psutil.Process) -> bool:
    """Whether a process has not ended.

    :param process: of this machine.
    """
    try:
        # A process that ended, and that nobody asked for its exit code, is none any more.
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _taken_by_another(leader: psutil.Process) -> bool:
    """Whether the system gave the number of an ended leader to a new process; its session is not ours."""
    try:
        return bool(psutil.Process(leader.pid) != leader)
    except psutil.NoSuchProcess:
        return False


def _session_id(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None
