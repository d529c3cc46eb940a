"""The trigger of asset watchers, against the sandbox; tests/live runs it in a real Airflow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from blockbuster import blockbuster_ctx

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.types import Evidence
from tests.request_log import poll_count
from tests.trigger_events import serialized_copy
from tests.triggers.waiting import threshold, until

PAST = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()


class Store:
    """The part of an asset's state store that the trigger uses."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    async def aget(self, key: str, default: Any = None) -> Any:
        return self.values.get(key, default)

    async def aset(self, key: str, value: Any) -> None:
        self.values[key] = value


class BrokenStore(Store):
    async def aget(self, key: str, default: Any = None) -> Any:
        raise ValueError("Task has 2 concrete inlets and outlets")


class RecoveringStore(Store):
    """A store whose first write fails."""

    failures = 1

    async def aset(self, key: str, value: Any) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("try again")
        await super().aset(key, value)


def collect_events(events: AsyncIterator[Any]) -> tuple[list[Any], asyncio.Task[None]]:
    """Collect a trigger's events in the background."""
    fired: list[Any] = []

    async def collect() -> None:
        async with aclosing(events) as running:  # type: ignore[type-var]
            async for event in running:
                fired.append(event.payload)  # noqa: PERF401 - it is read while it grows

    return fired, asyncio.create_task(collect())


def watcher(destination_id: str, store: Store | None = None, **changes: Any) -> Any:
    trigger = serialized_copy(threshold(destination_id, **changes))
    trigger.asset_state_store = store
    return trigger


def more_polls(sandbox: SegmentSandbox, more: int = 2) -> Callable[[], bool]:
    """Return a function that says whether some more polls were made since now."""
    before = poll_count(sandbox)
    return lambda: poll_count(sandbox) >= before + more


def run_watcher(sandbox: SegmentSandbox, trigger: Any, *, then: Callable[[], Any] | None = None) -> list[Any]:
    """Run a watcher for some polls, then do something, and run it for some more; return its events."""

    async def run() -> list[Any]:
        fired, task = collect_events(trigger.run())
        await until(await asyncio.to_thread(more_polls, sandbox))
        if then is not None:
            await asyncio.to_thread(then)
            await until(await asyncio.to_thread(more_polls, sandbox, more=3))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return fired

    return asyncio.run(run())


def test_it_fires_once_for_a_crossing_with_its_evidence(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    (event,) = run_watcher(
        segment_sandbox,
        watcher(destination_id),
        then=lambda: segment_sandbox.deliver(destination_id, successes=12, at=PAST),
    )
    assert event["status"] == "succeeded"
    assert event["message"].startswith("12 of 12 delivered")
    assert (event["destination_id"], event["source_id"]) == (destination_id, "sandbox-web")
    assert event["conditions"] == {"successes >= 10": True}
    assert event["metrics"]["successes"] == 12
    assert event.keys() == {"status", "message", "destination_id", "source_id", *Evidence.__annotations__}


def test_conditions_that_hold_at_the_first_poll_do_not_fire(
    segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    segment_sandbox.deliver(destination_id, successes=12, at=PAST)
    assert run_watcher(segment_sandbox, watcher(destination_id)) == []


def test_a_restart_does_not_fire_again_for_the_same_crossing(
    segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    store = Store()
    deliver = lambda: segment_sandbox.deliver(destination_id, successes=12, at=PAST)  # noqa: E731
    assert len(run_watcher(segment_sandbox, watcher(destination_id, store), then=deliver)) == 1
    assert run_watcher(segment_sandbox, watcher(destination_id, store)) == []


def test_a_crossing_during_a_restart_is_not_missed(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    store = Store()
    assert run_watcher(segment_sandbox, watcher(destination_id, store)) == []
    segment_sandbox.deliver(destination_id, successes=12, at=PAST)
    assert len(run_watcher(segment_sandbox, watcher(destination_id, store))) == 1


def test_a_failed_write_of_the_state_is_repeated(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    store = RecoveringStore()
    deliver = lambda: segment_sandbox.deliver(destination_id, successes=12, at=PAST)  # noqa: E731
    assert run_watcher(segment_sandbox, watcher(destination_id, store)) == []
    store.failures = 1
    assert len(run_watcher(segment_sandbox, watcher(destination_id, store), then=deliver)) == 1
    assert run_watcher(segment_sandbox, watcher(destination_id, store)) == []


def test_the_state_survives_another_interval_and_another_connection(
    segment_sandbox: SegmentSandbox, destination_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ANOTHER", segment_sandbox.conn_uri)
    store = Store()
    deliver = lambda: segment_sandbox.deliver(destination_id, successes=12, at=PAST)  # noqa: E731
    assert len(run_watcher(segment_sandbox, watcher(destination_id, store), then=deliver)) == 1
    changed = watcher(destination_id, store, poke_interval=1.5, segment_conn_id="another")
    assert run_watcher(segment_sandbox, changed) == []
    assert len(store.values) == 1


@pytest.mark.parametrize(("rearm_when", "events"), [({}, 2), ({"rearm_when": "success_rate < 0.5"}, 1)])
def test_with_rearm_when_a_value_near_the_threshold_fires_once(
    segment_sandbox: SegmentSandbox, destination_id: str, rearm_when: dict[str, Any], events: int
) -> None:
    def deliver() -> None:
        for counts in ({"successes": 19}, {"discarded": 3}, {"successes": 19}):
            segment_sandbox.deliver(destination_id, at=PAST, **counts)
            polls = more_polls(segment_sandbox)
            while not polls():
                time.sleep(0.05)

    trigger = watcher(destination_id, when="success_rate >= 0.9", min_attempted=10, **rearm_when)
    assert len(run_watcher(segment_sandbox, trigger, then=deliver)) == events


def test_other_conditions_have_their_own_state(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    store = Store()
    run_watcher(segment_sandbox, watcher(destination_id, store))
    run_watcher(segment_sandbox, watcher(destination_id, store, when="successes >= 20"))
    assert len(store.values) == 2
    assert set(store.values.values()) == {False}


def test_without_a_state_store_it_still_fires(
    segment_sandbox: SegmentSandbox, destination_id: str, read_log: Callable[[], str]
) -> None:
    deliver = lambda: segment_sandbox.deliver(destination_id, successes=12, at=PAST)  # noqa: E731
    assert len(run_watcher(segment_sandbox, watcher(destination_id, BrokenStore()), then=deliver)) == 1
    assert "while the triggerer restarts, the event may be missed: Task has 2" in read_log()


def test_a_permanent_error_does_not_end_the_watcher(
    segment_sandbox: SegmentSandbox, destination_id: str, read_log: Callable[[], str]
) -> None:
    segment_sandbox.fault("status", status=403, path="*/delivery-metrics")
    deliver = lambda: segment_sandbox.deliver(destination_id, successes=12, at=PAST)  # noqa: E731
    assert len(run_watcher(segment_sandbox, watcher(destination_id, Store()), then=deliver)) == 1
    assert "returned 403" in read_log()


def test_with_too_few_events_the_conditions_do_not_hold(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    trigger = watcher(destination_id, when="failure_rate <= 0.1", min_attempted=100)
    segment_sandbox.deliver(destination_id, successes=12, at=PAST)
    deliver = lambda: segment_sandbox.deliver(destination_id, successes=100, at=PAST)  # noqa: E731
    (event,) = run_watcher(segment_sandbox, trigger, then=deliver)
    assert event["metrics"]["attempted"] == 112


def test_nothing_blocks_the_event_loop(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    trigger = watcher(destination_id, Store())
    deliver = lambda: segment_sandbox.deliver(destination_id, successes=12, at=PAST)  # noqa: E731
    with blockbuster_ctx(scanned_modules="airflow_provider_segment"):
        assert len(run_watcher(segment_sandbox, trigger, then=deliver)) == 1


def test_a_named_granularity_reaches_further(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    six_days_ago = (datetime.now(UTC) - timedelta(days=6)).isoformat()
    (event,) = run_watcher(
        segment_sandbox,
        watcher(destination_id, window="P7D", granularity="HOUR"),
        then=lambda: segment_sandbox.deliver(destination_id, successes=12, at=six_days_ago),
    )
    assert event["granularity"] == "HOUR"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"when": []}, "at least 1 condition"),
        ({"when": "successes > many"}, "is not a condition"),
        ({"rearm_when": "successes"}, "rearm_when: 'successes' is not a condition"),
        ({"window": "15 days"}, "window is"),
        ({"window": 15 * 86400}, "cover at most 14 days"),
        ({"window": "P15D", "granularity": "DAY"}, "metrics cover at most 14 days"),
        ({"window": "PT5H", "rearm_when": "time_to_success_p95 < 5"}, "rearm_when: .* has no value in this window"),
        ({"min_attempted": -1}, "min_attempted"),
        ({"poke_interval": "soon"}, "poke_interval"),
        ({"segment_conn_id": ""}, "segment_conn_id"),
        ({"source_id": ""}, "source_id"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_invalid_watcher_arguments_are_rejected_at_dag_parse_time(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        threshold(**wrong).serialize()
