"""The memory of the cluster's parts, sampled while it runs."""

from __future__ import annotations

import time
from collections import Counter

import psutil

from dev.cluster.airflow import ClusterAirflow

_INTERVAL = 2.0
"""Seconds between samples; each takes some milliseconds for every process."""


class MemoryPeaks:
    """The largest memory of each part, and of all parts together, in bytes.

    :param airflow: the cluster.
    """

    def __init__(self, airflow: ClusterAirflow) -> None:
        self.parts: Counter[str] = Counter()
        self.total = 0
        self._airflow = airflow
        self._next = 0.0

    def sample(self) -> None:
        """Measure, unless it was just done."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _INTERVAL
        now = {part: sum(map(_memory, processes)) for part, processes in self._airflow.processes_by_part().items()}
        self.parts |= Counter(now)
        self.total = max(self.total, sum(now.values()))

    def reset_total(self) -> None:
        """Begin a new peak of all parts together."""
        self.total, self._next = 0, 0.0


def _memory(process: psutil.Process) -> int:
    """Return the memory of a process; pages shared by several processes count once in their sum."""
    try:
        used: int = process.memory_full_info().pss
    except (psutil.NoSuchProcess, psutil.AccessDenied, AttributeError):
        return 0
    return used
