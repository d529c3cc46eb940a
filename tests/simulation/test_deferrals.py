"""A task that waits without a worker leaves and returns the same as one that is never stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from airflow_provider_segment.protocol.flow.resumption import Resumption
from airflow_provider_segment.protocol.provisioning.creating import Ensured
from airflow_provider_segment.protocol.provisioning.lookup import Found
from airflow_provider_segment.protocol.provisioning.progress import ApplyProgress
from airflow_provider_segment.protocol.workspace.plan import AppliedDestination
from tests.scale import FIRST_SEED, chunk_name, chunks
from tests.simulation.deferring import deferring
from tests.simulation.history import SCENARIOS, Stage, play, run_once, set_stage
from tests.simulation.memory import Memory
from tests.simulation.model import Segment
from tests.simulation.scenario import Scenario, ensuring_subscription
from tests.simulation.scenario_apply import applying
from tests.simulation.scenario_apply_equal_names import applying_equal_names
from tests.simulation.scenario_apply_filters import applying_filters
from tests.simulation.scenario_changes import (
    changing_destination,
    changing_subscription,
    removing_destination,
    removing_subscription,
)
from tests.simulation.scenario_fleet import applying_fleet

COUNT = 400
RESUMABLE: tuple[Callable[[Segment, Random], Scenario], ...] = (
    applying,
    applying,
    applying_equal_names,
    applying_filters,
    applying_fleet,
    applying_fleet,
    ensuring_subscription,
    changing_subscription,
    removing_subscription,
)


def test_the_scenarios_are_those_of_deferrable_operators() -> None:
    assert set(RESUMABLE) <= set(SCENARIOS)
    assert {changing_destination, removing_destination}.isdisjoint(RESUMABLE)


@pytest.mark.parametrize("seeds", chunks(COUNT, size=200), ids=chunk_name)
def test_wherever_it_stops_the_end_and_the_result_are_the_same(seeds: range) -> None:
    stopped = 0
    for seed in seeds:
        plain, deferred = (set_stage(seed, scenarios=RESUMABLE, calm=True) for _ in range(2))
        for stage in (plain, deferred):
            # Travelling takes up to a second, which must not look like a suspension.
            reconcile_timeout = max(5.0, stage.options.reconcile_timeout)
            stage.options = replace(stage.options, rate_limit_budget=3600.0, reconcile_timeout=reconcile_timeout)
        deferred.scenario = deferring(deferred.scenario, Random(seed), share=0.3, most=5)
        results = [_run(plain), _run(deferred)]
        stopped += sum("deferred: " in line for line in deferred.world.story)
        story = "\n".join(deferred.world.story)
        assert results[0] == results[1], story
        if isinstance(results[0], type):  # it failed, and its order differs
            continue
        assert _objects(plain.segment) == _objects(deferred.segment), story
        if not plain.segment.lists_lag_in_all and not _has_ignored(results[0]):
            assert _writes(plain) == _writes(deferred), story
    assert stopped > len(seeds)


def test_lists_that_lag_for_long_do_not_make_it_create_again_what_it_created_before() -> None:
    for seed in range(FIRST_SEED, FIRST_SEED + 100):
        stage = set_stage(seed, scenarios=(applying, applying_equal_names, ensuring_subscription), calm=True)
        stage.options = replace(stage.options, rate_limit_budget=3600.0)
        stage.segment.lag, stage.segment.lists_lag_in_all = 10_000.0, False
        stage.scenario = deferring(stage.scenario, Random(seed), share=0.2, most=4)
        actor = run_once(stage, 1)
        if actor.error is None:
            with _story_in_errors(stage):
                stage.scenario.check(actor.result)


@pytest.mark.parametrize("seeds", chunks(COUNT, size=200), ids=chunk_name)
def test_with_faults_and_crashes_the_result_is_still_exactly_what_is_described(seeds: range) -> None:
    for seed in seeds:
        stage = set_stage(seed, scenarios=RESUMABLE)
        dice = Random(seed)
        stage.scenario = deferring(stage.scenario, dice, share=dice.choice((0.05, 0.3)), most=10)
        with _story_in_errors(stage):
            play(stage)


def _no_first_plan(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ApplyProgress, "begin", lambda *_: None)


def _nothing_ever_in_flight(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Resumption, "nothing_is_in_flight", True)


def _created_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("tests.simulation.deferring.Memory", lambda **named: Memory(**named | {"created": False}))
    patch.setattr("tests.simulation.deferring.Found", lambda _id: Found())


@pytest.mark.parametrize("mutate", [_no_first_plan, _nothing_ever_in_flight, _created_forgotten])
def test_a_missing_rule_is_detected(
    mutate: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(monkeypatch)
    with pytest.raises(AssertionError):
        _test_all()


def _test_all() -> None:
    test_wherever_it_stops_the_end_and_the_result_are_the_same(range(400))
    test_with_faults_and_crashes_the_result_is_still_exactly_what_is_described(range(4000))


@contextmanager
def _story_in_errors(stage: Stage) -> Iterator[None]:
    """Add the story of the world to an error."""
    try:
        yield
    except BaseException as error:
        error.add_note("\n".join(stage.world.story))
        raise


def _run(stage: Stage) -> Any:
    """Run the task once without faults, and return what an operator would return.

    Ids are replaced by the objects: those that are created later have other ids, and among equals any may be which.
    """
    actor = run_once(stage, 1)
    if actor.error is not None:
        return type(actor.error)  # the message counts what was left to do
    if isinstance(actor.result, tuple) and isinstance(actor.result[0], AppliedDestination):
        return [(one.path, one.result, _object(stage.segment, one.destination_id)) for one in actor.result]
    if not isinstance(actor.result, tuple):
        is_ensured = isinstance(actor.result, Ensured)
        result = actor.result.id if is_ensured else actor.result
        return _object(stage.segment, result), actor.result.ignored if is_ensured else ()
    summary = actor.result[1]
    for kind in ("subscriptions", "filters", "differences"):
        for entry in summary[kind]:
            entry["id"] = _object(stage.segment, entry["id"])
    return summary | {"destination_id": _object(stage.segment, summary["destination_id"])}


def _object(segment: Segment, object_id: str | None) -> dict[str, Any] | str | None:
    """Return the object with an id without what its id decides, or the id of one that was removed."""
    records = segment.destinations | segment.subscriptions | segment.filters
    if object_id not in records:
        return object_id
    return {key: value for key, value in records[object_id].items() if key not in ("id", "createdAt", "destinationId")}


def _objects(segment: Segment) -> list[str]:
    kinds = (segment.destinations, segment.subscriptions, segment.filters)
    return sorted(str(_object(segment, object_id)) for kind in kinds for object_id in kind)


def _writes(stage: Stage) -> int:
    """Return the number of writes that were not rejected by the rate limit."""
    return stage.network.writes - sum("-> 429" in line for line in stage.world.story)


def _has_ignored(result: Any) -> bool:
    """Return whether Segment ignored settings; they are written again if the task stops before it has noted them."""
    return bool(result["ignored"] if isinstance(result, dict) else isinstance(result, tuple) and result[1])
