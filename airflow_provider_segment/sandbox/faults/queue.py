"""The faults that are waiting for requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from airflow_provider_segment.sandbox.faults.fault import Fault


class FaultQueue:
    """Faults in the order they were set; a request gets the first that matches."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Set a fault."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all faults."""
        self._waiting.clear()

    def waiting(self) -> Sequence[Fault]:
        """Give the faults still to come; ``times`` is what is left."""
        return tuple(self._waiting)

    def take(self, *, method: str, path: str) -> Fault | None:
        """Use up one time of the first fault that meets a request."""
        for place, fault in enumerate(self._waiting):
            if fault.meets(method=method, path=path):
                if fault.times == 1:
                    del self._waiting[place]
                elif fault.times is not None:
                    self._waiting[place] = replace(fault, times=fault.times - 1)
                return fault
        return None
