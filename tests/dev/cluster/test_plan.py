"""The plan of kills and freezes repeats with its seed, and has what the run promises."""

from __future__ import annotations

from collections import Counter

from dev.cluster.airflow import TRIGGERERS, WORKERS
from dev.cluster.plan import draw_plan

SEEDS = range(50)


def test_a_seed_repeats_the_plan() -> None:
    plans = [draw_plan(seed, quick=False) for seed in SEEDS]

    assert plans == [draw_plan(seed, quick=False) for seed in SEEDS]
    assert len({tuple(plan) for plan in plans}) == len(SEEDS)


def test_the_quick_plan_has_one_kill_and_one_freeze() -> None:
    for seed in SEEDS:
        assert sorted(one.action for one in draw_plan(seed, quick=True)) == ["freeze", "kill"]


def test_the_whole_plan_kills_and_freezes_workers_and_triggerers() -> None:
    for seed in SEEDS:
        actions = Counter((one.action, one.is_worker) for one in draw_plan(seed, quick=False))
        assert set(actions) == {("kill", True), ("kill", False), ("freeze", True), ("freeze", False)}
        assert min(actions.values()) >= 2


def test_any_part_can_be_the_first_choice() -> None:
    chosen = {one.parts[0] for seed in SEEDS for one in draw_plan(seed, quick=False)}

    assert chosen == {*WORKERS, *TRIGGERERS}
    assert all(one.delay >= 0 for seed in SEEDS for one in draw_plan(seed, quick=False))
