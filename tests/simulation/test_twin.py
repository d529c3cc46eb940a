"""The model and the sandbox give the same responses to the same requests and faults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.scale import chunk_name, chunks
from tests.simulation.history import play, set_stage
from tests.simulation.twin import Twin
from tests.simulation.world import ViolationError

COUNT = 100


@pytest.fixture
def twin() -> Iterator[Twin]:
    twin = Twin()
    with twin.server:
        yield twin


@pytest.mark.parametrize("seeds", chunks(COUNT, size=50), ids=chunk_name)
def test_model_and_sandbox_respond_alike(seeds: range, twin: Twin) -> None:
    for seed in seeds:
        stage = set_stage(seed, like_sandbox=True)
        play(stage, observe=twin.begin(stage))
    print(f"{twin.compared} responses compared in {len(seeds)} histories from seed {seeds.start}")  # noqa: T201
    assert twin.compared > 5 * len(seeds)


def test_a_different_model_is_detected(twin: Twin) -> None:
    """A test of the test: a model that fills in another default."""
    options = set_stage(0).segment.types["analytics"].record["options"]
    region = next(option for option in options if option["name"] == "region")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(ViolationError, match="the model says"):
        _play_with(twin, patch, region)


def _play_with(twin: Twin, patch: pytest.MonkeyPatch, region: dict[str, Any]) -> None:
    for seed in range(20):
        stage = set_stage(seed, like_sandbox=True)
        observe = twin.begin(stage)
        patch.setitem(region, "defaultValue", "elsewhere")
        play(stage, observe=observe)
        patch.undo()
