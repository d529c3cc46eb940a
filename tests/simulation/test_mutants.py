"""A test of the tests: each rule that makes exactly one, once taken away, is missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_segment.protocol.api.destinations import update_destination
from airflow_provider_segment.protocol.flow import exchange, retry
from airflow_provider_segment.protocol.flow.steps import Flow
from airflow_provider_segment.protocol.provisioning import (
    apply,
    apply_subscriptions,
    creating,
    destination,
    subscription,
)
from tests.simulation.history import SCENARIOS, play, set_stage
from tests.simulation.overlapping import play_overlapping, set_overlapping_stage
from tests.simulation.world import ViolationError

_ENOUGH = 400


def _sees_nothing(*_: Any, **__: Any) -> Flow[None]:
    return None
    yield


def _looks_once(options: Any, identity: Any, find: Any, *, wait_for_pending: bool) -> Flow[Any]:
    return (
        yield from creating.find_one(replace(options, reconcile_timeout=0.0), identity, find, wait_for_pending=False)
    )


def _reads_once(read: Any, enough: Any, *, seconds: float, awaited: str) -> Flow[Any]:
    return (yield from creating.poll_until(read, enough, seconds=0.0, awaited=awaited))


def _reads_subscriptions_once(read: Any, enough: Any, *, seconds: float, awaited: str) -> Flow[Any]:
    patience = 0.0 if awaited.startswith("subscriptions") else seconds
    return (yield from creating.poll_until(read, enough, seconds=patience, awaited=awaited))


def _tries_again(*given: Any, **named: Any) -> Any:
    """Repeats a create whose answer was lost, as if it were any call."""
    call, *rest = given
    return retry.decide(replace(call, operation=replace(call.operation, method="PATCH")), *rest, **named)


def _no_look_before(patch: pytest.MonkeyPatch) -> None:
    for module in (destination, subscription):
        patch.setattr(module, "find_one", _sees_nothing)


def _no_patience(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(apply, "poll_until", _reads_once)
    for module in (destination, subscription):
        patch.setattr(module, "find_one", _looks_once)


def _no_patience_for_subscriptions(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(apply, "poll_until", _reads_subscriptions_once)


def _no_look_for_lost(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(creating, "_find_lost", _sees_nothing)


def _no_second_look_for_lost(patch: pytest.MonkeyPatch) -> None:
    def pauses(_settle: float) -> Iterator[float]:
        yield 0.0

    patch.setattr(creating, "poll_pauses", pauses)


def _lost_creates_repeated(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(exchange, "decide", _tries_again)


def _lost_deletes_not_forgiven(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(retry, "_maybe_applied", lambda _error: False)


def _schedule_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(subscription, "_unfinished", lambda _existing, _described: {})


def _removal_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(apply_subscriptions, "_remove", _sees_nothing)


def _enabling_forgotten(patch: pytest.MonkeyPatch) -> None:

    def all_but_enabling(options: Any, **changes: Any) -> Any:
        return _sees_nothing() if changes.keys() == {"id", "enabled"} else update_destination(options, **changes)

    patch.setattr(apply, "update_destination", all_but_enabling)


@pytest.mark.parametrize(
    "mutate",
    [
        _no_look_before,
        _no_patience,
        _no_patience_for_subscriptions,
        _no_look_for_lost,
        _no_second_look_for_lost,
        _lost_creates_repeated,
        _lost_deletes_not_forgiven,
        _schedule_forgotten,
        _removal_forgotten,
        _enabling_forgotten,
    ],
)
def test_a_missing_rule_is_noticed(
    mutate: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(monkeypatch)
    with pytest.raises(ViolationError):
        _play_many()


def test_a_missing_confirming_look_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creating, "_confirm", _sees_nothing)
    with pytest.raises(ViolationError, match="no run says so"):
        _play_many_overlapping()


def _play_many() -> None:
    for seed in range(_ENOUGH):
        play(set_stage(seed))


def _play_many_overlapping() -> None:
    for seed in range(_ENOUGH):
        play_overlapping(set_overlapping_stage(seed))


def test_each_kind_of_task_is_drawn() -> None:
    names = {set_stage(seed).scenario.name.split(",")[0].split(" ")[0] for seed in range(200)}
    assert len(names) == len(set(SCENARIOS))
