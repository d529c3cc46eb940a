"""The sensor's trigger, against the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from blockbuster import blockbuster_ctx

from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.triggers.delivery_metrics import SegmentDeliveryMetricsTrigger
from tests.request_log import poll_count
from tests.trigger_events import first_event, serialized_copy
from tests.triggers.waiting import until, waiting

PAST = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()


def test_the_trigger_fires_when_the_conditions_hold_from_the_start(
    segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    segment_sandbox.deliver(destination_id, successes=10, at=PAST)
    event = asyncio.run(first_event(waiting(destination_id)))
    assert event["status"] == "succeeded"
    assert event["evidence"]["metrics"]["successes"] == 10
    assert event["evidence"]["conditions"] == {"successes >= 10": True}
    assert poll_count(segment_sandbox) == 1


def test_the_trigger_waits_for_the_conditions(
    segment_sandbox: SegmentSandbox, destination_id: str, read_log: Callable[[], str]
) -> None:
    async def wait() -> Any:
        event = asyncio.create_task(first_event(waiting(destination_id)))
        await until(lambda: poll_count(segment_sandbox) >= 1)
        await asyncio.to_thread(segment_sandbox.deliver, destination_id, successes=4, at=PAST)
        await until(lambda: poll_count(segment_sandbox) >= 2)
        await asyncio.to_thread(segment_sandbox.deliver, destination_id, successes=6, at=PAST)
        return await event

    assert asyncio.run(wait())["status"] == "succeeded"
    assert "waiting: 4 of 4 delivered (100.0 %), 0 failed; successes is 4, need 10" in read_log()


def test_pieces_that_are_final_are_not_asked_for_again(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    start = (datetime.now(UTC) - timedelta(hours=20)).replace(minute=20)

    async def wait() -> tuple[Any, int]:
        event = asyncio.create_task(first_event(waiting(destination_id, window=None, start_time=start.isoformat())))
        await until(lambda: poll_count(segment_sandbox) >= 5)
        await asyncio.sleep(0.5)
        first = poll_count(segment_sandbox)
        await asyncio.to_thread(segment_sandbox.deliver, destination_id, successes=10, at=PAST)
        return await event, first

    event, first = asyncio.run(wait())

    assert event["evidence"]["metrics"]["successes"] == 10
    assert poll_count(segment_sandbox) < 2 * first


def test_a_failure_condition_ends_the_wait(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    segment_sandbox.deliver(destination_id, successes=10, discarded=5, at=PAST)
    event = asyncio.run(first_event(waiting(destination_id, fail_when=["failures > 0"])))
    assert event["status"] == "failed"
    assert "failures is 5, allowed up to 0" in event["message"]


def test_an_unchecked_disabled_destination_ends_the_wait_if_asked_to(
    segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    with SegmentPublicApiHook() as hook:
        hook.update_destination(id=destination_id, enabled=False)
    event = asyncio.run(first_event(waiting(destination_id, destination_checked=False, if_disabled="fail")))
    assert (event["status"], event["error"]) == ("error", "SegmentDestinationDisabledError")


@pytest.mark.parametrize("checked", [True, False])
def test_a_timeout_says_that_the_destination_was_disabled(
    segment_sandbox: SegmentSandbox, destination_id: str, checked: bool
) -> None:
    with SegmentPublicApiHook() as hook:
        hook.update_destination(id=destination_id, enabled=False)
    known = {"destination_problem": "disabled"} if checked else {"destination_checked": False}
    deadline = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()

    event = asyncio.run(first_event(waiting(destination_id, deadline=deadline, **known)))

    assert (event["status"], event["destination_problem"]) == ("timed_out", "disabled")
    assert event["message"].endswith("when the wait started, it was disabled")


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate", "garbage", "status", "rate_limit"])
def test_a_transient_failure_does_not_end_the_wait(
    segment_sandbox: SegmentSandbox, destination_id: str, kind: str, read_log: Callable[[], str]
) -> None:
    segment_sandbox.deliver(destination_id, successes=10, at=PAST)
    more: Any = {"status": 503} if kind == "status" else {"retry_after": 2} if kind == "rate_limit" else {}
    times = 2 if kind == "rate_limit" else 4  # more than the retries of one poll
    segment_sandbox.fault(kind, times=times, path="*/delivery-metrics", **more)
    assert asyncio.run(first_event(waiting(destination_id)))["status"] == "succeeded"
    assert poll_count(segment_sandbox) == times + 1
    assert "polling again in" in read_log()


@pytest.mark.parametrize(("status", "error"), [(401, "SegmentAuthError"), (422, "SegmentInvalidRequestError")])
def test_a_permanent_error_ends_the_wait_with_its_message(
    segment_sandbox: SegmentSandbox, destination_id: str, status: int, error: str
) -> None:
    segment_sandbox.fault("status", status=status, path="*/delivery-metrics", times=None)
    event = asyncio.run(first_event(waiting(destination_id)))
    assert (event["status"], event["error"], event["details"]["status"]) == ("error", error, status)
    assert f"returned {status}" in event["message"]
    assert poll_count(segment_sandbox) == 1


def test_a_missing_destination_ends_the_wait(segment_sandbox: SegmentSandbox) -> None:
    event = asyncio.run(first_event(waiting("gone")))
    assert (event["status"], event["error"]) == ("error", "SegmentNotFoundError")


def test_a_window_that_no_granularity_covers_ends_the_wait(segment_sandbox: SegmentSandbox) -> None:
    event = asyncio.run(first_event(waiting(window=None, start_time="2020-01-01T00:00:00Z")))
    assert (event["status"], event["error"]) == ("error", "ValueError")
    assert "set granularity to HOUR or DAY" in event["message"]


def test_the_deadline_ends_the_wait_while_a_poll_is_pending(
    segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    segment_sandbox.fault("delay", seconds=600, path="*/delivery-metrics", times=None)
    soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    event = asyncio.run(first_event(waiting(destination_id, deadline=soon)))
    assert (event["status"], event["message"]) == ("timed_out", "no data yet")


def test_a_past_deadline_ends_the_wait(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    event = asyncio.run(first_event(waiting(destination_id, deadline=PAST)))
    assert event["status"] == "timed_out"


def test_a_cancelled_wait_leaves_no_task_behind(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    async def cancel() -> None:
        event = asyncio.create_task(first_event(waiting(destination_id)))
        await until(lambda: poll_count(segment_sandbox) >= 1)
        event.cancel()
        with pytest.raises(asyncio.CancelledError):
            await event
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(cancel())


def test_nothing_blocks_the_event_loop(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    """Detected by call, not by time, during a failure, a pause and a response."""
    segment_sandbox.fault("status", status=503, times=3, path="*/delivery-metrics")
    segment_sandbox.deliver(destination_id, successes=10, at=PAST)
    trigger = serialized_copy(waiting(destination_id))

    async def wait() -> str:
        status: str = (await first_event(trigger))["status"]
        return status

    with blockbuster_ctx(scanned_modules="airflow_provider_segment"):
        assert asyncio.run(wait()) == "succeeded"


def test_serialize_checks_the_arguments() -> None:
    assert SegmentDeliveryMetricsTrigger(destination_id="", source_id="s", success_when=["nonsense"])
    with pytest.raises(ValueError, match="nonsense"):
        waiting(success_when=["nonsense"]).serialize()
    with pytest.raises(ValueError, match="poke_interval"):
        waiting(poke_interval=-1).serialize()


def test_the_repr_names_the_conditions_and_no_secret(segment_sandbox: SegmentSandbox) -> None:
    assert segment_sandbox.token not in repr(waiting())
    assert "successes >= 10" in repr(waiting())


def test_a_deferred_task_may_have_a_triggerer_queue() -> None:
    assert SegmentDeliveryMetricsTrigger.supports_triggerer_queue
