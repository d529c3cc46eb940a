"""One query, one request: our triggers in Airflow 3.3's shared stream."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.open_sessions import open_sessions
from tests.request_log import poll_count
from tests.triggers.triggerer import Triggerer
from tests.triggers.waiting import threshold, until, waiting

PAST = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()


def test_waits_with_the_same_query_share_their_polls(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    """Fifty waits with ten different conditions and five deadlines; the events are delivered after the third poll."""

    async def waits() -> list[Any]:
        triggers = [
            waiting(
                destination_id,
                success_when=[f"successes >= {10 + number % 10}"],
                deadline=(datetime.now(UTC) + timedelta(seconds=60 + number % 5)).isoformat(),
            )
            for number in range(50)
        ]
        events = asyncio.create_task(Triggerer().wait_for_all(*triggers))
        await until(lambda: poll_count(segment_sandbox) >= 3)
        await asyncio.to_thread(segment_sandbox.deliver, destination_id, successes=100, at=PAST)
        return await events

    events = asyncio.run(waits())
    assert Counter(event["status"] for event in events) == {"succeeded": 50}
    assert 4 <= poll_count(segment_sandbox) <= 6


def test_each_wait_decides_by_its_own_conditions(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    segment_sandbox.deliver(destination_id, successes=50, discarded=50, at=PAST)
    soon = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
    events = asyncio.run(
        Triggerer().wait_for_all(
            waiting(destination_id),
            waiting(destination_id, fail_when=["failure_rate > 0.1"]),
            waiting(destination_id, success_when=["successes >= 51"], deadline=soon),
        )
    )
    assert [event["status"] for event in events] == ["succeeded", "failed", "timed_out"]


def test_a_transient_failure_is_logged_by_all_waits_and_ends_none(
    segment_sandbox: SegmentSandbox, destination_id: str, read_log: Callable[[], str]
) -> None:
    segment_sandbox.fault("status", status=503, times=3, path="*/delivery-metrics")
    segment_sandbox.deliver(destination_id, successes=10, at=PAST)
    events = asyncio.run(Triggerer().wait_for_all(waiting(destination_id), waiting(destination_id)))
    assert [event["status"] for event in events] == ["succeeded", "succeeded"]
    assert read_log().count("This poll failed") >= 2


def test_a_pause_of_the_stream_is_logged_by_every_wait(
    segment_sandbox: SegmentSandbox, destination_id: str, read_log: Callable[[], str]
) -> None:
    segment_sandbox.fault("status", status=503, times=1, path="*/delivery-metrics")
    segment_sandbox.deliver(destination_id, successes=10, at=PAST)
    asyncio.run(Triggerer().wait_for_all(*(waiting(destination_id, poke_interval=3) for _ in range(2))))
    assert read_log().count("returned 503") == 2


def test_a_permanent_error_ends_all_waits_of_the_stream(segment_sandbox: SegmentSandbox) -> None:
    events = asyncio.run(Triggerer().wait_for_all(waiting("gone"), waiting("gone")))
    assert [event["error"] for event in events] == ["SegmentNotFoundError"] * 2
    assert poll_count(segment_sandbox) == 1


def test_cleared_waits_leave_no_task_and_no_session_behind(
    segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    async def clear() -> None:
        triggerer = Triggerer()
        first, second = (asyncio.create_task(triggerer.wait(number, waiting(destination_id))) for number in range(2))
        await until(lambda: poll_count(segment_sandbox) >= 1)
        first.cancel()
        before = await asyncio.to_thread(poll_count, segment_sandbox)
        await until(lambda: poll_count(segment_sandbox) > before + 1)  # the other goes on
        second.cancel()
        ends = await asyncio.gather(first, second, return_exceptions=True)
        assert [type(end) for end in ends] == [asyncio.CancelledError] * 2
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert open_sessions() == []

    asyncio.run(clear())


def test_a_watcher_shares_its_polls_with_the_waits(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    """The watcher's first poll is below the threshold, so the delivery crosses it."""

    async def waits() -> list[Any]:
        events = asyncio.create_task(Triggerer().wait_for_all(waiting(destination_id), threshold(destination_id)))
        await until(lambda: poll_count(segment_sandbox) >= 1)
        await asyncio.to_thread(segment_sandbox.deliver, destination_id, successes=10, at=PAST)
        return await events

    waited, crossed = asyncio.run(waits())
    assert waited["status"] == "succeeded"
    assert crossed["destination_id"] == destination_id
    assert poll_count(segment_sandbox) <= 3


@pytest.mark.parametrize(
    "other",
    [
        {"window": 1800},
        {"source_id": "another"},
        {"destination_id": "another"},
        {"granularity": "MINUTE"},
        {"poke_interval": 2.0},
        {"segment_conn_id": "another"},
        {"window": None, "start_time": "2026-02-15T12:00:00Z"},
    ],
    ids=lambda other: ",".join(other),
)
def test_different_queries_have_different_keys(other: dict[str, Any]) -> None:
    assert waiting(**other).shared_stream_key() != waiting().shared_stream_key()


@pytest.mark.parametrize(
    "other",
    [
        {"success_when": ["success_rate >= 0.5"]},
        {"fail_when": ["failures > 5"]},
        {"min_attempted": 100},
        {"settle_time": 5.0},
        {"deadline": None},
        {"next_poll_at": "2026-01-01T00:00:00Z"},
        {"poke_interval": 1},
        {"window": "PT60M"},
    ],
    ids=lambda other: ",".join(other),
)
def test_arguments_outside_the_query_are_not_in_the_key(other: dict[str, Any]) -> None:
    assert waiting(**other).shared_stream_key() == waiting().shared_stream_key()
    assert threshold().shared_stream_key() == waiting().shared_stream_key()
