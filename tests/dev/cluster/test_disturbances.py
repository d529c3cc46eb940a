"""The plan is carried out: a part is hit while it has tasks, and comes back when these have been taken over."""

from __future__ import annotations

from typing import Any

import pytest

from dev.cluster.disturbances import Disturber
from dev.cluster.plan import Action, Disturbance

WORKER_TIMEOUT, TRIGGERER_TIMEOUT = 30.0, 10.0


class Parts:
    """Records what is done to the parts of Airflow."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []

    def kill(self, name: str) -> None:
        self.done.append(("kill", name))

    def start_part(self, name: str) -> None:
        self.done.append(("start", name))

    def freeze(self, name: str) -> None:
        self.done.append(("freeze", name))

    def unfreeze(self, name: str) -> None:
        self.done.append(("unfreeze", name))


class Scene:
    """A disturber with parts and a clock that a test moves."""

    def __init__(self, *plan: Disturbance) -> None:
        self.parts = Parts()
        self.now = 1000.0
        self.disturber = Disturber(
            self.parts,
            plan,
            worker_timeout=WORKER_TIMEOUT,
            triggerer_timeout=TRIGGERER_TIMEOUT,
            clock=lambda: self.now,
        )
        self.disturber.start_phase("apply")

    def tick(self, *instances: dict[str, Any], after: float = 1.0) -> list[tuple[str, str]]:
        """Let time pass, and return what has been done so far."""
        self.now += after
        self.disturber.tick(instances)
        return self.parts.done


def planned(action: Action, *parts: str, delay: float = 0.0, phase: str = "apply") -> Disturbance:
    return Disturbance(phase=phase, action=action, parts=parts, delay=delay)


def running(part: str, *, ti_id: str = "first") -> dict[str, Any]:
    return {"id": ti_id, "state": "running", "hostname": part, "triggerer_job": None}


def deferred(part: str, *, ti_id: str = "first") -> dict[str, Any]:
    return {"id": ti_id, "state": "deferred", "hostname": "worker-2", "triggerer_job": {"hostname": part}}


def test_a_worker_is_killed_while_it_runs_a_task_and_started_when_that_was_taken_over() -> None:
    scene = Scene(planned("kill", "worker-1"))

    assert scene.tick(running("worker-2")) == []
    assert scene.tick(deferred("worker-1")) == []
    assert scene.tick(running("worker-1")) == [("kill", "worker-1")]
    assert scene.tick(running("worker-1"), after=31) == [("kill", "worker-1")]
    assert scene.tick(running("worker-2", ti_id="retry"), after=4)[1:] == [("start", "worker-1")]

    [hit] = scene.disturber.hits
    assert (hit.part, hit.lost, hit.taken_over) == ("worker-1", frozenset({"first"}), 35.0)
    assert scene.disturber.is_done


def test_a_frozen_part_continues_after_its_timeout_even_if_its_tasks_were_taken_over_before() -> None:
    scene = Scene(planned("freeze", "triggerer-1"))

    assert scene.tick(deferred("triggerer-1")) == [("freeze", "triggerer-1")]
    assert scene.tick(deferred("triggerer-2"), after=TRIGGERER_TIMEOUT - 1) == [("freeze", "triggerer-1")]
    assert scene.disturber.current is not None
    assert scene.tick(deferred("triggerer-2"), after=10)[1:] == [("unfreeze", "triggerer-1")]
    assert scene.disturber.hits[0].taken_over == TRIGGERER_TIMEOUT - 1


@pytest.mark.parametrize("state", ["success", "deferred"])
def test_a_worker_whose_tasks_had_just_ended_is_hit_again(state: str) -> None:
    scene = Scene(planned("freeze", "worker-1"))

    scene.tick(running("worker-1"))
    ended = running("worker-1") | {"state": state}
    assert scene.tick(ended) == [("freeze", "worker-1")]
    assert scene.tick(ended, after=3) == [("freeze", "worker-1"), ("unfreeze", "worker-1")]
    assert scene.disturber.hits == []
    assert not scene.disturber.is_done
    scene.tick(ended, running("worker-1", ti_id="second"))
    scene.tick(
        ended, {"id": "second", "state": "up_for_retry", "hostname": "worker-1", "triggerer_job": None}, after=40
    )
    assert [hit.lost for hit in scene.disturber.hits] == [frozenset({"second"})]


def test_a_task_that_had_started_just_before_counts_too() -> None:
    scene = Scene(planned("kill", "worker-1"))

    ended = running("worker-1") | {"state": "success"}
    scene.tick(running("worker-1"))
    scene.tick(ended)
    scene.tick(ended, running("worker-1", ti_id="second"))
    assert scene.tick(ended, running("worker-2", ti_id="retry"), after=31)[1:] == [("start", "worker-1")]
    [hit] = scene.disturber.hits
    assert (hit.lost, hit.taken_over) == (frozenset({"second"}), 33.0)


def test_a_triggerer_whose_tasks_had_just_resumed_is_hit_again() -> None:
    scene = Scene(planned("kill", "triggerer-1"))

    scene.tick(deferred("triggerer-1"))
    assert scene.tick(running("worker-1"), after=4)[1:] == [("start", "triggerer-1")]
    assert scene.disturber.hits == []
    assert not scene.disturber.is_done


def test_only_the_lost_tasks_count() -> None:
    scene = Scene(planned("kill", "worker-1"))

    ended = running("worker-1", ti_id="second") | {"state": "success"}
    scene.tick(running("worker-1"), running("worker-1", ti_id="second"))
    scene.tick(running("worker-1"), ended)
    scene.tick(running("worker-2", ti_id="retry"), ended, after=31)
    [hit] = scene.disturber.hits
    assert (hit.tasks, hit.lost) == (frozenset({"first", "second"}), frozenset({"first"}))


def test_the_part_that_has_tasks_is_chosen() -> None:
    scene = Scene(planned("kill", "triggerer-2", "triggerer-1"))

    assert scene.tick(deferred("triggerer-1")) == [("kill", "triggerer-1")]


def test_nothing_happens_before_the_delay() -> None:
    scene = Scene(planned("kill", "worker-1", delay=10))

    assert scene.tick(running("worker-1"), after=9) == []
    assert scene.tick(running("worker-1"), after=2) == [("kill", "worker-1")]


def test_disturbances_follow_each_other() -> None:
    scene = Scene(planned("kill", "worker-1"), planned("kill", "worker-2", delay=5))

    scene.tick(running("worker-1"), running("worker-2", ti_id="second"))
    scene.tick(running("worker-2", ti_id="second"))
    assert scene.parts.done == [("kill", "worker-1"), ("start", "worker-1")]
    assert not scene.disturber.is_done
    assert scene.tick(running("worker-2", ti_id="second"), after=6)[2:] == [("kill", "worker-2")]


def test_a_part_comes_back_even_if_its_tasks_are_never_taken_over() -> None:
    scene = Scene(planned("kill", "worker-1"))

    scene.tick(running("worker-1"))
    assert scene.tick(running("worker-1"), after=1000)[1:] == [("start", "worker-1")]
    assert scene.disturber.hits[0].taken_over is None


@pytest.mark.parametrize("instances", [[], [running("worker-2")]])
def test_a_disturbance_without_a_task_to_hit_is_missed(instances: list[dict[str, Any]]) -> None:
    scene = Scene(planned("kill", "worker-1"), planned("kill", "worker-1", phase="another"))

    assert scene.tick(*instances, after=100) == []
    scene.disturber.end_phase()

    assert [one.phase for one in scene.disturber.missed] == ["apply"]
    assert scene.disturber.hits == []
