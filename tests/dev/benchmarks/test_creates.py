"""The simulated benchmark of many creates reaches its goals; its figures do not depend on the machine."""

from __future__ import annotations

import pytest

from dev.benchmarks.creates import SLOTS, TASKS, Simulation


@pytest.mark.parametrize(("triggerers", "bound"), [(1, 1.25), (2, 1.35)])
@pytest.mark.parametrize("seed", range(5))
def test_deferred_tasks_take_turns(triggerers: int, bound: float, seed: int) -> None:
    outcome = Simulation(deferrable=True, triggerers=triggerers, seed=seed).run()
    assert outcome.rejected <= TASKS / 3
    assert outcome.total_time <= bound


def test_deferred_tasks_take_few_worker_slots_and_none_waits_long_for_one() -> None:
    waiting, deferred = (Simulation(deferrable=deferrable).run() for deferrable in (False, True))
    assert deferred.slot_seconds < waiting.slot_seconds / SLOTS
    assert deferred.longest_queued < 600 < waiting.longest_queued  # Airflow's task_queued_timeout


def test_threads_of_one_process_are_never_rejected() -> None:
    outcome = Simulation(deferrable=False, one_process=True, slots=TASKS).run()
    assert (outcome.rejected, outcome.total_time <= 1.25) == (0, True)
