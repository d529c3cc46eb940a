"""When the polls of a wait come, on a loop with a clock of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Self

import pytest

from airflow_provider_segment.protocol.delivery.criteria import check_criteria
from airflow_provider_segment.protocol.errors import SegmentServerError
from airflow_provider_segment.triggers.polling import PollFailure, poll_indefinitely
from airflow_provider_segment.triggers.stream import PollResult
from tests.sensors.modes.virtual_time import VirtualClock, VirtualLoop
from tests.triggers.waiting import waiting

QUESTION = check_criteria(destination_id="d", source_id="s", success_when="successes > 0", window=60).query


class SlowHook:
    """Answers after as many seconds as it is told to, one number a poll; -1 is a fault at once."""

    def __init__(self, seconds: Iterable[float], asked_at: list[float]) -> None:
        self._seconds = iter(seconds)
        self._asked_at = asked_at

    async def run(self, _: Callable[..., Any]) -> Any:
        self._asked_at.append(asyncio.get_running_loop().time())
        seconds = next(self._seconds)
        if seconds < 0:
            raise SegmentServerError("not now")
        await asyncio.sleep(seconds)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("seconds", "beats"),
    [
        ([0, 0, 0, 0], [0, 60, 120, 180]),
        ([20, 0, 50, 0], [0, 60, 120, 180]),
        ([140, 0, 0], [0, 180, 240]),
        ([0, -1, 0, 0], [0, 60, 120, 180]),
        ([50, -1, -1, -1, -1, -1, -1, -1, 0, 0], [*range(0, 600, 60)]),
    ],
    ids=["quick", "slow", "longer than the interval", "after a fault", "after faults"],
)
def test_a_poll_that_takes_long_does_not_move_those_after_it(
    seconds: list[float], beats: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_at: list[float] = []
    hook = SlowHook(seconds, asked_at)
    monkeypatch.setattr("airflow_provider_segment.hooks.segment.SegmentPublicApiAsyncHook", lambda **_: hook)

    async def as_many() -> None:
        stream = poll_indefinitely(segment_conn_id="any", query=QUESTION, poke_interval=60)
        for _ in seconds:
            await anext(stream)

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(VirtualClock(datetime.now(UTC)))) as runner:
        runner.run(as_many())
    assert [at - asked_at[0] for at in asked_at] == pytest.approx(beats, abs=1e-6)


def test_a_machine_that_slept_past_the_deadline_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop's clock stands still meanwhile, so its timer would come too late."""

    async def stream() -> Any:
        found: PollResult = PollFailure(SegmentServerError("not now"), transient=True, retry_in=1)
        yield found
        later = datetime.now(UTC) + timedelta(minutes=2)
        clock = SimpleNamespace(now=lambda _: later, fromisoformat=datetime.fromisoformat)
        monkeypatch.setattr("airflow_provider_segment.triggers.delivery_metrics.datetime", clock)
        yield found

    async def event() -> Any:
        return (await anext(waiting().filter_shared_stream(stream()))).payload

    assert asyncio.run(event())["status"] == "timed_out"
