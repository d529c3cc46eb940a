"""The trigger of deferred operators, with time that passes at once."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from airflow_provider_segment.triggers import rate_limit
from airflow_provider_segment.triggers.rate_limit import SegmentRateLimitTrigger
from tests.trigger_events import first_event, serialized_copy

CREATE = "createDestinationSubscription"


class Time:
    """A clock that sleeping moves; it yields to the other triggers first, as the event loop does."""

    now = 1000.0

    def __init__(self) -> None:
        self._sleeping: list[float] = []

    def time(self) -> float:
        return self.now

    monotonic = time

    async def sleep(self, seconds: float) -> None:
        due = self.now + seconds
        self._sleeping.append(due)
        try:
            for _ in range(100):
                await asyncio.sleep(0)
                if due == min(self._sleeping):
                    break
        finally:
            self._sleeping.remove(due)
        self.now = max(self.now, due)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(rate_limit, "time", time)
    monkeypatch.setattr(rate_limit, "_sleep", time.sleep)
    monkeypatch.setattr(rate_limit, "_TURNS", {})
    return time


def trigger(**changes: Any) -> SegmentRateLimitTrigger:
    arguments: dict[str, Any] = {"limited_as": CREATE, "limit": 5, "state": {"wrote": True}}
    return SegmentRateLimitTrigger(**arguments | changes)


def test_the_event_says_what_may_be_sent_and_returns_the_state(time: Time) -> None:
    event = asyncio.run(first_event(trigger(count=3, not_before=1041.0)))
    assert event == {
        "status": "resumed",
        "message": f"turn to send 3 {CREATE}",
        "granted": {CREATE: 3},
        "slept": 41.0,
        "state": {"wrote": True},
    }


def test_the_tasks_of_one_connection_take_turns(time: Time) -> None:
    async def run() -> list[float]:
        waits = [trigger() for _ in range(7)] + [trigger(segment_conn_id="other"), trigger(limited_as="update")]
        return [event["slept"] for event in await asyncio.gather(*map(first_event, waits))]

    slept = asyncio.run(run())
    assert slept[:7] == [5, 11, 17, 23, 29, 68, 74]
    assert slept[7:] == [5, 5]


def test_the_deadline_ends_the_wait(time: Time) -> None:
    event = asyncio.run(first_event(trigger(not_before=5000.0, deadline=1030.0)))
    assert (event["slept"], event["granted"]) == (30.0, {CREATE: 0})


def test_a_wait_that_is_cancelled_makes_room(time: Time) -> None:
    async def run() -> float:
        async with aclosing(serialized_copy(trigger(count=5, not_before=1001.0)).run()) as events:
            waiting = asyncio.ensure_future(anext(events))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        slept: float = (await first_event(trigger(count=5, not_before=1002.0)))["slept"]
        return slept

    assert asyncio.run(run()) <= 10.0


def test_a_rejected_request_keeps_the_others_until_the_reset(time: Time) -> None:
    async def run() -> list[float]:
        waits = (trigger(rejected=True, not_before=1030.0), trigger())
        return [event["slept"] for event in await asyncio.gather(*map(first_event, waits))]

    assert min(asyncio.run(run())) >= 30.0
