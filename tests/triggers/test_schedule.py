"""The times of a wait's polls, on an event loop with a virtual clock."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Self

import pytest

from airflow_provider_segment.protocol.delivery.criteria import Observation, check_criteria
from airflow_provider_segment.protocol.errors import SegmentServerError
from airflow_provider_segment.triggers.polling import PollFailure, PollResult, poll_indefinitely
from tests.triggers.waiting import waiting
from tests.virtual_time import VirtualClock, VirtualLoop

QUERY = check_criteria(destination_id="d", source_id="s", success_when="successes > 0", window=60).query


class SlowHook:
    """A hook that responds after the given seconds, one number per poll; -1 fails at once."""

    def __init__(self, seconds: Iterable[float], polled_at: list[float]) -> None:
        self._seconds = iter(seconds)
        self._asked_at = polled_at

    async def run(self, _: Callable[..., Any]) -> Any:
        self._asked_at.append(asyncio.get_running_loop().time())
        seconds = next(self._seconds)
        if seconds < 0:
            raise SegmentServerError("not now")
        await asyncio.sleep(seconds)
        return Observation(datetime.now(UTC))

    is_connected = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("seconds", "starts"),
    [
        ([0, 0, 0, 0], [0, 60, 120, 180]),
        ([20, 0, 50, 0], [0, 60, 120, 180]),
        ([140, 0, 0], [0, 180, 240]),
        ([0, -1, 0, 0], [0, 60, 120, 180]),
        ([50, -1, -1, -1, -1, -1, -1, -1, 0, 0], [*range(0, 600, 60)]),
    ],
    ids=["quick", "slow", "longer than the interval", "after a failure", "after failures"],
)
def test_a_slow_poll_does_not_delay_the_ones_after_it(
    seconds: list[float], starts: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    polled_at: list[float] = []
    hook = SlowHook(seconds, polled_at)
    monkeypatch.setattr("airflow_provider_segment.hooks.segment.SegmentPublicApiAsyncHook", lambda **_: hook)

    async def poll_all() -> None:
        stream = poll_indefinitely(segment_conn_id="any", query=QUERY, poke_interval=60)
        for _ in seconds:
            await anext(stream)

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(VirtualClock(datetime.now(UTC)))) as runner:
        runner.run(poll_all())
    assert [at - polled_at[0] for at in polled_at] == pytest.approx(starts, abs=1e-6)


@pytest.mark.parametrize(
    ("ahead", "earliest"), [(40, 40), (-3600, 0), (86400, 60)], ids=["recent", "long ago", "another clock"]
)
def test_the_first_poll_does_not_follow_the_sensors_own_at_once(
    ahead: float, earliest: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = VirtualClock(datetime(2026, 2, 15, 12, tzinfo=UTC))
    polled_at: list[float] = []
    hook = SlowHook([0], polled_at)
    monkeypatch.setattr("airflow_provider_segment.hooks.segment.SegmentPublicApiAsyncHook", lambda **_: hook)
    monkeypatch.setattr("airflow_provider_segment.triggers.polling.datetime", SimpleNamespace(now=clock.now))

    async def poll_once() -> None:
        not_before = clock.now() + timedelta(seconds=ahead)
        await anext(poll_indefinitely(segment_conn_id="any", query=QUERY, poke_interval=60, not_before=not_before))

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
        runner.run(poll_once())
    assert clock.seconds == pytest.approx(earliest, abs=0.1)


@pytest.mark.parametrize(
    ("arguments", "requests"),
    [({}, 0), ({"fail_when": "failures > 5"}, 60)],
    ids=["only success is left to decide", "failure may be decided at any time"],
)
def test_no_poll_comes_before_one_can_decide(
    arguments: dict[str, Any], requests: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = VirtualClock(datetime(2026, 2, 15, 12, tzinfo=UTC))
    end = clock.now() + timedelta(hours=1)
    query = check_criteria(
        destination_id="d",
        source_id="s",
        success_when="successes > 0",
        start_time=clock.now(),
        end_time=end,
        **arguments,
    ).query
    polled_at: list[float] = []
    hook = SlowHook(itertools.repeat(0.0), polled_at)
    monkeypatch.setattr("airflow_provider_segment.hooks.segment.SegmentPublicApiAsyncHook", lambda **_: hook)
    monkeypatch.setattr("airflow_provider_segment.triggers.polling.datetime", SimpleNamespace(now=clock.now))

    async def poll_until_decided() -> None:
        stream = poll_indefinitely(segment_conn_id="any", query=query, poke_interval=60)
        async with aclosing(stream):  # type: ignore[type-var]
            while clock.seconds < 3600 + 120:
                await anext(stream)

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
        runner.run(poll_until_decided())
    decided_at = 3600 + 120
    assert sum(at < 3600 for at in polled_at) == requests
    assert decided_at <= polled_at[-1] <= decided_at + 60


def test_a_deadline_that_passes_while_the_machine_sleeps_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop's clock stops meanwhile, so its timer would come too late."""

    async def stream() -> Any:
        failure: PollResult = PollFailure(SegmentServerError("not now"), transient=True, retry_in=1)
        yield failure
        later = datetime.now(UTC) + timedelta(minutes=2)
        clock = SimpleNamespace(now=lambda _: later, fromisoformat=datetime.fromisoformat)
        monkeypatch.setattr("airflow_provider_segment.triggers.delivery_metrics.datetime", clock)
        yield failure

    async def event() -> Any:
        return (await anext(waiting().filter_shared_stream(stream()))).payload

    assert asyncio.run(event())["status"] == "timed_out"
