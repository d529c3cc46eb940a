"""Runs that do not overlap leave exactly what is described, whatever faults and crashes happen.

``python -m tests.simulation SEED`` prints a history step by step.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.scale import chunk_name, chunks
from tests.simulation.history import Stage, play, set_stage
from tests.simulation.normalised import demand_that_a_normalised_name_fails
from tests.simulation.overlapping import play_overlapping, set_overlapping_stage

COUNT = 1000
OVERLAPPING_COUNT = 400


@pytest.mark.parametrize("seeds", chunks(COUNT, size=250), ids=chunk_name)
def test_the_result_is_exactly_what_is_described(seeds: range) -> None:
    runs: Counter[int] = Counter()
    for seed in seeds:
        stage = set_stage(seed)
        with _PrintedOnFailure(seed, stage):
            runs[play(stage)] += 1
    print(f"{len(seeds)} histories from seed {seeds.start}; by number of runs: {sorted(runs.items())}")  # noqa: T201
    assert max(runs) > 3  # crashes and faults do happen
    assert runs[1] > len(seeds) // 4


@pytest.mark.parametrize("seeds", chunks(OVERLAPPING_COUNT, size=200), ids=chunk_name)
def test_every_duplicate_of_overlapping_runs_is_reported(seeds: range) -> None:
    doubled = 0
    for seed in seeds:
        stage = set_overlapping_stage(seed)
        with _PrintedOnFailure(seed, stage, "--overlapping "):
            doubled += play_overlapping(stage)
    print(f"{len(seeds)} histories from seed {seeds.start}; {doubled} with duplicates")  # noqa: T201
    assert doubled > len(seeds) // 20  # otherwise there was nothing to report


def test_a_destination_that_is_stored_under_another_name_fails_the_task() -> None:
    assert demand_that_a_normalised_name_fails(range(200)) > 50


def test_a_seed_always_gives_the_same_history() -> None:
    def story(seed: int) -> list[str]:
        stage = set_stage(seed)
        with _PrintedOnFailure(seed, stage):
            play(stage)
        return stage.world.story

    for seed in range(20):
        assert story(seed) == story(seed)


class _PrintedOnFailure:
    """Prints the story of a history that failed."""

    def __init__(self, seed: int, stage: Stage, option: str = "") -> None:
        self._command = f"python -m tests.simulation {option}{seed}"
        self._stage = stage

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            print("\n".join(self._stage.world.story))  # noqa: T201
            error.add_note(f"print it again: {self._command}")
