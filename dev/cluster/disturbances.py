"""Carrying out the plan of kills and freezes, one after another, while DAGs run."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from dev.cluster.airflow import WORKERS
from dev.cluster.plan import Disturbance

TaskInstance = Mapping[str, Any]

_ENDED_BY_ITSELF = ("success", "deferred")

_MARGIN = 5.0
"""Seconds that a frozen part stays frozen after its timeout."""

_LATE_NEWS = 3.0
"""Seconds until Airflow's API shows what happened before a disturbance."""

_LONGEST = 6.0
"""How many timeouts to wait until the tasks of a killed or frozen part have been taken over."""


@dataclass(kw_only=True)
class Hit:
    """A disturbance that was carried out.

    :param disturbance: the plan's entry.
    :param part: the part of Airflow that was hit.
    :param tasks: ids of the task instances that ran or waited on the part.
    :param lost: those of them that Airflow took from the part; the others had just ended.
    :param started: when, on the monotonic clock.
    :param taken_over: seconds until the last of these had been taken from the part; None until then.
    """

    disturbance: Disturbance
    part: str
    tasks: frozenset[str]
    lost: frozenset[str] = frozenset()
    started: float
    taken_over: float | None = None


class Parts(Protocol):
    """What can be done to the parts of an Airflow; a local Airflow can do it."""

    def kill(self, name: str) -> None:
        """Kill a part."""

    def start_part(self, name: str) -> None:
        """Start a part that was killed."""

    def freeze(self, name: str) -> None:
        """Stop a part without ending it."""

    def unfreeze(self, name: str) -> None:
        """Let a frozen part continue."""


class Disturber:
    """Carries out a plan; call ``tick`` repeatedly with the current task instances.

    :param parts: the parts of the cluster.
    :param plan: the disturbances, in order.
    :param worker_timeout: seconds after which the tasks of a silent worker count as lost.
    :param triggerer_timeout: the same for a triggerer.
    :param clock: returns the time in seconds.
    """

    def __init__(
        self,
        parts: Parts,
        plan: Sequence[Disturbance],
        *,
        worker_timeout: float,
        triggerer_timeout: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.hits: list[Hit] = []
        self.missed: list[Disturbance] = []
        self._parts = parts
        self._clock = clock
        self._plan = plan
        self._timeouts = {True: worker_timeout, False: triggerer_timeout}
        self._left: deque[Disturbance] = deque()
        self._not_before = 0.0
        self.current: Hit | None = None

    def start_phase(self, phase: str) -> None:
        """Begin with the disturbances of a phase."""
        self._left = deque(one for one in self._plan if one.phase == phase)
        self._schedule_next()

    def end_phase(self) -> None:
        """Give up those that have not been carried out, because there was no task to hit."""
        self.missed.extend(self._left)
        self._left.clear()

    @property
    def is_active(self) -> bool:
        """Whether a part is killed or frozen."""
        return self.current is not None

    @property
    def is_done(self) -> bool:
        """Whether all disturbances of the phase are over."""
        return self.current is None and not self._left

    def tick(self, instances: Sequence[TaskInstance]) -> None:
        """Start the next disturbance if it is time and its part has tasks, or end the current one.

        :param instances: the task instances of the running DAG, just read.
        """
        now = self._clock()
        if self.current is not None:
            self._go_on(self.current, instances, now)
        elif self._left and now >= self._not_before:
            self._begin(self._left[0], instances, now)

    def _begin(self, disturbance: Disturbance, instances: Sequence[TaskInstance], now: float) -> None:
        for part in disturbance.parts:
            if tasks := tasks_on(part, instances):
                self._left.popleft()
                act = self._parts.kill if disturbance.action == "kill" else self._parts.freeze
                act(part)
                self.current = Hit(disturbance=disturbance, part=part, tasks=tasks, started=now)
                return

    def _go_on(self, hit: Hit, instances: Sequence[TaskInstance], now: float) -> None:
        timeout = self._timeouts[hit.disturbance.is_worker]
        passed = now - hit.started
        remaining = tasks_on(hit.part, instances)
        hit.tasks |= remaining  # those that had started just before, since no more can start now
        hit.lost |= taken_from(hit.part, hit.tasks - remaining, instances)
        if not remaining and not hit.lost:
            if passed > _LATE_NEWS:
                self._try_again(hit)
            return
        if hit.taken_over is None and not remaining:
            hit.taken_over = passed
        is_over = hit.taken_over is not None or passed > _LONGEST * timeout
        if hit.disturbance.action == "freeze":
            is_over = is_over and passed > timeout + _MARGIN
        if is_over:
            self._bring_back(hit)
            self.hits.append(hit)
            self._schedule_next()

    def _try_again(self, hit: Hit) -> None:
        """Plan a disturbance again whose tasks had ended just before."""
        self._bring_back(hit)
        self._left.appendleft(hit.disturbance)

    def _bring_back(self, hit: Hit) -> None:
        bring_back = self._parts.start_part if hit.disturbance.action == "kill" else self._parts.unfreeze
        bring_back(hit.part)
        self.current = None

    def _schedule_next(self) -> None:
        if self._left:
            self._not_before = self._clock() + self._left[0].delay


def tasks_on(part: str, instances: Sequence[TaskInstance]) -> frozenset[str]:
    """Return the ids of the tasks that run on a worker, or wait in a triggerer; a retry has another id.

    :param part: name of the part.
    :param instances: the task instances.
    """
    if part in WORKERS:
        found = [one for one in instances if one["state"] == "running" and one["hostname"] == part]
    else:
        waiting = [one for one in instances if one["state"] == "deferred" and one["triggerer_job"]]
        found = [one for one in waiting if one["triggerer_job"]["hostname"] == part]
    return frozenset(one["id"] for one in found)


def taken_from(part: str, tasks: frozenset[str], instances: Sequence[TaskInstance]) -> frozenset[str]:
    """Return which of the tasks that left a part were taken from it, and did not end or resume by themselves.

    :param part: name of the part.
    :param tasks: their ids.
    :param instances: the task instances.
    """
    states = {one["id"]: one["state"] for one in instances}
    if part in WORKERS:
        return frozenset(one for one in tasks if states.get(one) not in _ENDED_BY_ITSELF)
    return frozenset(one for one in tasks if states.get(one) == "deferred")
