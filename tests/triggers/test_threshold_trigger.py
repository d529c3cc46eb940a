"""The trigger of asset watchers, against the sandbox; a test with a real Airflow stands in tests/live."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from blockbuster import blockbuster_ctx

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.triggers.waiting import as_in_the_triggerer, looks, threshold, until

PAST = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()


class Store:
    """Airflow's state store of one asset, as far as it is used."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    async def aget(self, key: str, default: Any = None) -> Any:
        return self.kept.get(key, default)

    async def aset(self, key: str, value: Any) -> None:
        self.kept[key] = value


class BrokenStore(Store):
    async def aget(self, key: str, default: Any = None) -> Any:
        raise ValueError("Task has 2 concrete inlets and outlets")


def criteria(events: AsyncIterator[Any]) -> tuple[list[Any], asyncio.Task[None]]:
    """Collect what it fires."""
    fired: list[Any] = []

    async def collect() -> None:
        async with aclosing(events) as running:  # type: ignore[type-var]
            async for event in running:
                fired.append(event.payload)  # noqa: PERF401 - it is read while it grows

    return fired, asyncio.create_task(collect())


def made(destination_id: str, store: Store | None = None, **changes: Any) -> Any:
    trigger = as_in_the_triggerer(threshold(destination_id, **changes))
    trigger.asset_state_store = store
    return trigger


def rounds(sandbox: SegmentSandbox, more: int = 2) -> Callable[[], bool]:
    """Whether there were some more polls since now."""
    before = looks(sandbox)
    return lambda: looks(sandbox) >= before + more


def play(sandbox: SegmentSandbox, trigger: Any, *, then: Callable[[], Any] | None = None) -> list[Any]:
    """Run it for some polls, and for some more after something happened."""

    async def run() -> list[Any]:
        fired, task = criteria(trigger.run())
        await until(await asyncio.to_thread(rounds, sandbox))
        if then is not None:
            await asyncio.to_thread(then)
            await until(await asyncio.to_thread(rounds, sandbox, more=3))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return fired

    return asyncio.run(run())


def test_it_fires_once_for_a_crossing_with_what_it_saw(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    (event,) = play(
        segment_sandbox,
        made(destination_id),
        then=lambda: segment_sandbox.deliver(destination_id, successes=12, at=PAST),
    )
    assert (event["destination_id"], event["source_id"]) == (destination_id, "sandbox-web")
    assert event["conditions"] == {"successes >= 10": True}
    assert event["metrics"]["successes"] == 12


def test_what_holds_from_the_start_is_no_crossing(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    segment_sandbox.deliver(destination_id, successes=12, at=PAST)
    assert play(segment_sandbox, made(destination_id)) == []


def test_a_restart_does_not_fire_again_for_the_same_crossing(
    segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    store = Store()
    deliver = lambda: segment_sandbox.deliver(destination_id, successes=12, at=PAST)  # noqa: E731
    assert len(play(segment_sandbox, made(destination_id, store), then=deliver)) == 1
    assert play(segment_sandbox, made(destination_id, store)) == []


def test_a_crossing_during_a_restart_is_not_missed(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    store = Store()
    assert play(segment_sandbox, made(destination_id, store)) == []
    segment_sandbox.deliver(destination_id, successes=12, at=PAST)
    assert len(play(segment_sandbox, made(destination_id, store))) == 1


def test_other_conditions_have_a_memory_of_their_own(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    store = Store()
    play(segment_sandbox, made(destination_id, store))
    play(segment_sandbox, made(destination_id, store, when="successes >= 20"))
    assert len(store.kept) == 2
    assert set(store.kept.values()) == {False}


def test_without_a_store_it_waits_all_the_same(
    segment_sandbox: SegmentSandbox, destination_id: str, told: Callable[[], str]
) -> None:
    deliver = lambda: segment_sandbox.deliver(destination_id, successes=12, at=PAST)  # noqa: E731
    assert len(play(segment_sandbox, made(destination_id, BrokenStore()), then=deliver)) == 1
    assert "no state store: Task has 2 concrete inlets" in told()


def test_a_refusal_does_not_end_it(
    segment_sandbox: SegmentSandbox, destination_id: str, told: Callable[[], str]
) -> None:
    segment_sandbox.fault("status", status=403, path="*/delivery-metrics")
    deliver = lambda: segment_sandbox.deliver(destination_id, successes=12, at=PAST)  # noqa: E731
    assert len(play(segment_sandbox, made(destination_id, Store()), then=deliver)) == 1
    assert "returned 403" in told()


def test_too_few_events_do_not_hold(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    trigger = made(destination_id, when="failure_rate <= 0.1", min_attempted=100)
    segment_sandbox.deliver(destination_id, successes=12, at=PAST)
    deliver = lambda: segment_sandbox.deliver(destination_id, successes=100, at=PAST)  # noqa: E731
    (event,) = play(segment_sandbox, trigger, then=deliver)
    assert event["metrics"]["attempted"] == 112


def test_nothing_blocks_the_event_loop(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    trigger = made(destination_id, Store())
    deliver = lambda: segment_sandbox.deliver(destination_id, successes=12, at=PAST)  # noqa: E731
    with blockbuster_ctx(scanned_modules="airflow_provider_segment"):
        assert len(play(segment_sandbox, trigger, then=deliver)) == 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"when": []}, "at least 1 condition"),
        ({"when": "successes > many"}, "is not a condition"),
        ({"window": "15 days"}, "window is"),
        ({"window": 15 * 86400}, "covers at most"),
        ({"min_attempted": -1}, "min_attempted"),
        ({"poke_interval": "soon"}, "poke_interval"),
        ({"segment_conn_id": ""}, "segment_conn_id"),
        ({"source_id": ""}, "source_id"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_bad_watcher_is_an_error_when_the_dag_is_parsed(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        threshold(**wrong).serialize()
