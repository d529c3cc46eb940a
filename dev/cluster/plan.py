"""The plan of kills and freezes: which part, in which phase, and when; drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dev.cluster.airflow import TRIGGERERS, WORKERS

Action = Literal["kill", "freeze"]

QUICK: Sequence[tuple[str, Action, Sequence[str]]] = (
    ("apply_by_mapping", "kill", WORKERS),
    ("wait", "freeze", TRIGGERERS),
)
"""The disturbances of the short run: phase, action and the parts to choose from."""

FULL: Sequence[tuple[str, Action, Sequence[str]]] = (
    ("apply_by_mapping", "kill", WORKERS),
    ("apply_by_mapping", "kill", TRIGGERERS),
    ("apply_by_mapping", "freeze", WORKERS),
    ("apply_by_mapping", "freeze", TRIGGERERS),
    ("apply_by_fleet", "freeze", WORKERS),
    ("apply_by_fleet", "kill", WORKERS),
    ("wait", "kill", TRIGGERERS),
    ("wait", "freeze", TRIGGERERS),
    ("disable", "kill", WORKERS),
    ("delete", "freeze", WORKERS),
)
"""The same of the long run."""

_LONGEST_DELAY = 15.0


@dataclass(frozen=True, kw_only=True)
class Disturbance:
    """One planned disturbance.

    :param phase: name of the phase.
    :param action: ``kill`` is SIGKILL; ``freeze`` is SIGSTOP, and SIGCONT after the timeout of the part's heartbeat.
    :param parts: the parts of Airflow to choose from; the first one that has tasks is hit.
    :param delay: seconds to wait, from the start of the phase or the end of the disturbance before.
    """

    phase: str
    action: Action
    parts: tuple[str, ...]
    delay: float

    @property
    def is_worker(self) -> bool:
        """Whether it hits a worker and not a triggerer."""
        return self.parts[0] in WORKERS


def draw_plan(seed: int, *, quick: bool) -> list[Disturbance]:
    """Return the plan, in order; the same seed returns the same one.

    :param seed: of the random numbers.
    :param quick: whether to plan one kill and one freeze only.
    """
    drawn = random.Random(seed)
    longest = 1.0 if quick else _LONGEST_DELAY
    return [
        Disturbance(
            phase=phase, action=action, parts=tuple(drawn.sample(parts, len(parts))), delay=drawn.uniform(0, longest)
        )
        for phase, action, parts in (QUICK if quick else FULL)
    ]
