"""The sensor against the sandbox, in poke and reschedule mode."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import (
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
    PokeReturnValue,
)

from airflow_provider_segment.exceptions import (
    SegmentAuthError,
    SegmentDeliveryFailedError,
    SegmentDeliveryUnmetError,
    SegmentDestinationDisabledError,
    SegmentInvalidRequestError,
    SegmentNotFoundError,
)
from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor
from tests.request_log import poll_count
from tests.running import Running
from tests.sensors.samples import StateStore, ago, sensor

DESTINATION = {
    "sourceId": "sandbox-web",
    "metadataId": "sandbox-analytics",
    "name": "mine",
    "settings": {"apiKey": "k"},
}


def twenty_past(*, hours: int) -> datetime:
    """Return a moment some hours ago that is not a whole hour."""
    return (datetime.now(UTC) - timedelta(hours=hours)).replace(minute=20, second=0, microsecond=0)


def test_success_returns_its_evidence(running: Running, segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    segment_sandbox.deliver(destination_id, successes=10, discarded=1, at=ago(minutes=5))
    evidence = running.run(sensor(destination_id, fail_when=["failure_rate > 0.5"]))
    assert set(evidence) == {"metrics", "conditions", "start_time", "end_time", "granularity"}
    assert evidence["metrics"]["successes"] == 10
    assert evidence["metrics"]["success_rate"] == pytest.approx(10 / 11)
    assert evidence["conditions"] == {"successes >= 10": True, "failure_rate > 0.5": False}
    assert evidence["granularity"] == "MINUTE"
    assert evidence["start_time"].endswith("Z")


def test_it_waits_until_the_condition_holds(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    task = sensor(destination_id)
    for events in (4, 5, 1):
        assert not task.poke({})
        segment_sandbox.deliver(destination_id, successes=events, at=ago(minutes=1))
    outcome = task.poke({})
    assert isinstance(outcome, PokeReturnValue)
    assert outcome.is_done
    assert poll_count(segment_sandbox) == 4


def test_the_destination_is_read_at_the_first_poll_only(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    task = sensor(destination_id)
    for _ in range(3):
        task.poke({})
    reads = [entry for entry in segment_sandbox.requests if entry["path"] == f"/destinations/{destination_id}"]
    assert len(reads) == 1


def count_checks(sandbox: SegmentSandbox, destination_id: str) -> int:
    """Return how often the destination was read."""
    path = f"/destinations/{destination_id}"
    return sum((entry["method"], entry["path"]) == ("GET", path) for entry in sandbox.requests)


def test_reschedule_mode_checks_the_destination_until_that_has_succeeded_once(
    segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    segment_sandbox.fault("status", status=503, path=f"/destinations/{destination_id}", times=None)
    store = StateStore()
    so_far = []
    for count in range(5):
        if count == 2:
            segment_sandbox.seed("empty")
            segment_sandbox.seed({"destinations": [DESTINATION | {"id": destination_id}]})
        context: Any = {"task_reschedule_count": count, "task_state_store": store}
        assert not sensor(destination_id, mode="reschedule", poke_interval=1, timeout=60).poke(context)
        so_far.append(count_checks(segment_sandbox, destination_id))
    assert so_far[1] > so_far[0] > 0
    assert so_far[2:] == [1, 1, 1]


@pytest.mark.parametrize("context", [{}, {"task_reschedule_count": 3}], ids=["Airflow 2.11", "Airflow 3.0 to 3.2"])
def test_without_a_state_store_events_prove_that_the_destination_exists(
    segment_sandbox: SegmentSandbox, destination_id: str, context: Any
) -> None:
    sensor(destination_id, mode="reschedule").poke(context)
    assert count_checks(segment_sandbox, destination_id) == 1
    segment_sandbox.deliver(destination_id, successes=4, at=ago(minutes=5))
    sensor(destination_id, mode="reschedule").poke(context)
    assert count_checks(segment_sandbox, destination_id) == 1


@pytest.mark.parametrize("context", [{}, {"task_reschedule_count": 3}], ids=["Airflow 2.11", "Airflow 3.0 to 3.2"])
def test_without_a_state_store_another_source_is_still_named(
    segment_sandbox: SegmentSandbox, destination_id: str, context: Any
) -> None:
    with pytest.raises(ValueError, match="belongs to source 'sandbox-web'"):
        sensor(destination_id, mode="reschedule", source_id="sandbox-app").poke(context)


def test_a_state_store_that_fails_is_like_none(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    class Failing:
        def get(self, key: str) -> Any:
            raise ConnectionError(key)

        def set(self, key: str, value: Any) -> None:
            raise ConnectionError(key)

    context: Any = {"task_reschedule_count": 1, "task_state_store": Failing()}
    assert not sensor(destination_id, mode="reschedule").poke(context)
    assert count_checks(segment_sandbox, destination_id) == 1


def test_a_failing_xcom_push_of_the_link_does_not_fail_the_gate(
    segment_sandbox: SegmentSandbox, destination_id: str, read_log: Callable[[], str]
) -> None:
    class Failing:
        def xcom_push(self, *, key: str, value: str) -> None:
            raise ConnectionError(f"no backend for {key}")

    segment_sandbox.deliver(destination_id, successes=10, at=ago(minutes=5))
    context: Any = {"ti": Failing()}
    assert sensor(destination_id).poke(context)
    assert "could not be stored: no backend for segment_destinations" in read_log()


@pytest.mark.parametrize("mode", [{}, {"mode": "reschedule"}, {"deferrable": True}])
def test_a_poke_interval_below_a_second_is_raised_to_a_second(mode: dict[str, Any]) -> None:
    assert sensor(poke_interval=0.1, **mode).poke_interval == 1
    assert sensor(poke_interval=2, **mode).poke_interval == 2


def test_failure_takes_precedence_and_is_not_retried(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    segment_sandbox.deliver(destination_id, successes=10, expired=10, at=ago(minutes=5))
    with pytest.raises(SegmentDeliveryFailedError, match=r"failure_rate is 50.0 %, allowed up to 40 %") as caught:
        running.run(sensor(destination_id, fail_when="failure_rate > 0.4"))
    assert isinstance(caught.value, AirflowFailException)


def test_soft_fail_skips_a_verdict(running: Running, segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    segment_sandbox.deliver(destination_id, successes=10, expired=10, at=ago(minutes=5))
    with pytest.raises(AirflowSkipException):
        running.run(sensor(destination_id, fail_when="failure_rate > 0.4", soft_fail=True))


def test_soft_fail_does_not_skip_an_error(running: Running) -> None:
    with pytest.raises(SegmentNotFoundError):
        running.run(sensor("no-such-destination", soft_fail=True))


def test_never_fail_skips_an_error(running: Running, segment_sandbox: SegmentSandbox) -> None:
    with pytest.raises(AirflowSkipException):
        running.run(sensor("no-such-destination", never_fail=True))


@pytest.mark.parametrize("soft_fail", [False, True])
def test_the_timeout_fails_the_task_or_skips_it_with_soft_fail(
    running: Running, destination_id: str, soft_fail: bool
) -> None:
    with pytest.raises(AirflowSkipException if soft_fail else AirflowSensorTimeout):
        running.run(sensor(destination_id, timeout=0.01, soft_fail=soft_fail))


def test_with_too_few_events_there_is_no_verdict(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    segment_sandbox.deliver(destination_id, successes=1, discarded=3, at=ago(minutes=5))
    task = sensor(
        destination_id,
        success_when="successes >= 1",
        fail_when="failure_rate > 0.1",
        min_attempted="{{ params.least }}",
    )
    task.render_template_fields({"params": {"least": 5}})
    assert not task.poke({})
    segment_sandbox.deliver(destination_id, successes=1, at=ago(minutes=5))
    with pytest.raises(SegmentDeliveryFailedError):
        task.poke({})


def test_events_before_the_window_do_not_count(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    segment_sandbox.deliver(destination_id, successes=100, at=ago(minutes=30))
    assert not sensor(destination_id, window="PT10M").poke({})
    assert not sensor(destination_id, start_time=ago(minutes=10)).poke({})
    assert sensor(destination_id, window="0:40:00").poke({})
    assert sensor(destination_id, start_time=ago(minutes=40)).poke({})


def test_success_waits_for_late_data_after_the_end(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    segment_sandbox.deliver(destination_id, successes=10, at=ago(minutes=30))
    window = {"start_time": ago(hours=1), "end_time": ago(minutes=10)}
    assert not sensor(destination_id, **window, settle_time=timedelta(minutes=20)).poke({})
    assert sensor(destination_id, **window, settle_time="PT5M").poke({})
    segment_sandbox.deliver(destination_id, expired=90, at=ago(minutes=30))
    with pytest.raises(SegmentDeliveryFailedError):
        sensor(destination_id, **window, settle_time=1200, fail_when="failures > 50").poke({})


def test_with_a_start_in_the_future_nothing_is_requested(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    assert not sensor(destination_id, start_time=ago(hours=-1)).poke({})
    assert poll_count(segment_sandbox) == 0


def test_no_poll_is_sent_while_only_success_is_left_to_decide_after_the_end(
    segment_sandbox: SegmentSandbox, destination_id: str, read_log: Callable[[], str]
) -> None:
    window = {"start_time": ago(hours=1), "end_time": ago(hours=-1)}
    assert not sensor(destination_id, **window).poke({})
    assert poll_count(segment_sandbox) == 0
    assert "success is decided only after the window's end; the next poll runs at " in read_log()
    assert not sensor(destination_id, **window, fail_when="failures > 5").poke({})
    assert poll_count(segment_sandbox) == 1


@pytest.mark.parametrize("align", ["exact", "bucket"])
def test_events_just_outside_a_long_window_do_not_decide(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str, align: str
) -> None:
    """From 20 minutes past an hour to 20 minutes past another: granularity HOUR would count both events outside."""
    segment_sandbox.settings(metrics_align=align)
    start = twenty_past(hours=12)
    end = start + timedelta(hours=9)
    for at, successes in ((start - timedelta(minutes=5), 5), (start, 3), (end, 5)):
        segment_sandbox.deliver(destination_id, successes=successes, at=at.isoformat())
    window = {"start_time": start, "end_time": end}

    with pytest.raises(SegmentDeliveryUnmetError, match="successes is 3, need 4"):
        running.run(sensor(destination_id, success_when="successes >= 4", **window))
    evidence = running.run(sensor(destination_id, success_when="successes >= 3", **window))

    assert evidence["metrics"]["successes"] == 3
    assert poll_count(segment_sandbox) == 2 * 3


def test_the_first_poll_logs_granularity_and_bounds(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str, read_log: Callable[[], str]
) -> None:
    segment_sandbox.deliver(destination_id, successes=10, at=ago(hours=4))
    start = twenty_past(hours=9)
    evidence = running.run(sensor(destination_id, start_time=start, end_time=start + timedelta(hours=6)))
    bounds = f"Counting events from {evidence['start_time']} to {evidence['end_time']} at granularity MINUTE"
    assert f"{bounds}, added up from 2 requests" in read_log()


def test_pieces_that_are_final_are_not_asked_for_again(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    task = sensor(destination_id, start_time=twenty_past(hours=20), success_when="successes >= 10")
    task.poke({})
    first = poll_count(segment_sandbox)
    segment_sandbox.deliver(destination_id, successes=10, at=ago(hours=3))
    assert task.poke({})
    assert first >= 5
    assert poll_count(segment_sandbox) - first <= 3  # those that ended in the last four hours and a quarter


def test_all_arguments_are_templated(running: Running, segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    segment_sandbox.deliver(destination_id, successes=10, at=ago(minutes=90))
    task = SegmentDeliveryMetricsSensor(
        task_id="wait",
        destination_id="{{ params.destination }}",
        source_id="{{ params.source }}",
        success_when=["successes >= {{ params.goal }}"],
        fail_when="failures > {{ params.goal }}",
        start_time="{{ data_interval_start }}",
        end_time="{{ data_interval_end }}",
        min_attempted="{{ params.goal }}",
        settle_time="PT{{ params.goal }}S",
        granularity="{{ params.granularity }}",
    )
    evidence = running.run(
        task,
        params={"destination": destination_id, "source": "sandbox-web", "goal": 10, "granularity": "HOUR"},
        data_interval_start=datetime.now(UTC) - timedelta(hours=3),
        data_interval_end=datetime.now(UTC) - timedelta(minutes=1),
    )
    assert evidence["granularity"] == "HOUR"


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503},
        {"kind": "rate_limit", "retry_after": 1},
        {"kind": "drop_before"},
        {"kind": "truncate"},
        {"kind": "garbage"},
    ],
    ids=lambda fault: str(fault["kind"]),
)
def test_a_transient_failure_never_ends_the_wait(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str, fault: dict[str, Any]
) -> None:
    segment_sandbox.deliver(destination_id, successes=10, at=ago(minutes=5))
    segment_sandbox.fault(**fault, method="GET", times=3)
    assert running.run(sensor(destination_id))["metrics"]["successes"] == 10
    assert sum(entry["fault"] is not None for entry in segment_sandbox.requests) == 3


def test_no_request_is_sent_before_retry_after_has_passed(
    segment_sandbox: SegmentSandbox, destination_id: str, read_log: Callable[[], str]
) -> None:
    segment_sandbox.deliver(destination_id, successes=10, at=ago(minutes=5))
    segment_sandbox.fault("rate_limit", retry_after=600, path="*/delivery-metrics")
    task = sensor(destination_id)
    assert [bool(task.poke({})) for _ in range(3)] == [False, False, False]
    assert poll_count(segment_sandbox) == 1
    assert read_log().count("polling again in 600 s") == 1


def test_a_rate_limit_of_many_years_holds_polls_back_for_an_hour(
    segment_sandbox: SegmentSandbox, destination_id: str, read_log: Callable[[], str]
) -> None:
    segment_sandbox.fault("rate_limit", retry_after=10**9, path="*/delivery-metrics")
    assert not sensor(destination_id).poke({})
    assert "polling again in 3600 s" in read_log()


@pytest.mark.slow
def test_polling_resumes_after_a_rate_limit(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    segment_sandbox.deliver(destination_id, successes=10, at=ago(minutes=5))
    segment_sandbox.fault("rate_limit", retry_after=1, path="*/delivery-metrics")
    assert running.run(sensor(destination_id))["metrics"]["successes"] == 10
    assert poll_count(segment_sandbox) == 2


@pytest.mark.parametrize("changes", [{}, {"deferrable": True}], ids=str)
def test_a_disabled_destination_fails_the_task_if_asked_to(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str, changes: dict[str, Any]
) -> None:
    with SegmentPublicApiHook() as hook:
        hook.update_destination(id=destination_id, enabled=False)

    with pytest.raises(SegmentDestinationDisabledError) as caught:
        running.run(sensor(destination_id, if_disabled="fail", **changes))

    name = segment_sandbox.destinations[0]["name"]
    assert str(caught.value) == (
        f"destination {name!r} ({destination_id}) is disabled, so it gets no deliveries; enable it, or pass"
        " if_disabled='warn' to wait anyway"
    )
    assert poll_count(segment_sandbox) == 0


@pytest.mark.parametrize("mode", ["poke", "reschedule"])
def test_progress_says_that_the_destination_was_disabled(
    mode: str, hook: SegmentPublicApiHook, destination_id: str, read_log: Callable[[], str]
) -> None:
    hook.update_destination(id=destination_id, enabled=False)
    store = StateStore()
    for count in range(2):
        context: Any = {"task_reschedule_count": count, "task_state_store": store}
        sensor(destination_id, mode=mode).poke(context)
        assert "; when the wait started, it was disabled" in read_log()


@pytest.mark.parametrize("if_disabled", ["warn", "fail"])
def test_an_enabled_destination_is_waited_for(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str, if_disabled: str
) -> None:
    segment_sandbox.deliver(destination_id, successes=10, at=ago(minutes=5))
    assert running.run(sensor(destination_id, if_disabled=if_disabled))["metrics"]["successes"] == 10


@pytest.mark.parametrize("mode", ["poke", "reschedule"])
def test_poke_mode_logs_changes_and_reschedule_mode_each_poll(
    mode: str, destination_id: str, read_log: Callable[[], str]
) -> None:
    task = sensor(destination_id, mode=mode)
    for _ in range(3):
        # Airflow makes a new task after each reschedule.
        (sensor(destination_id, mode=mode) if mode == "reschedule" else task).poke({})
    assert read_log().count("waiting: no events attempted") == (1 if mode == "poke" else 3)


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, SegmentAuthError), (403, SegmentAuthError), (404, SegmentNotFoundError), (422, SegmentInvalidRequestError)],
)
def test_a_permanent_error_ends_the_wait_at_once(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str, status: int, error: type[Exception]
) -> None:
    segment_sandbox.fault("status", status=status, path="*/delivery-metrics")
    with pytest.raises(error):
        running.run(sensor(destination_id))
    assert poll_count(segment_sandbox) == 1


def test_another_source_is_an_error(running: Running, segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    with pytest.raises(ValueError, match=r"source_id is 'sandbox-app', but destination .* 'sandbox-web'"):
        running.run(sensor(destination_id, source_id="sandbox-app"))
    assert poll_count(segment_sandbox) == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"destination_id": ""}, "destination_id is empty"),
        ({"source_id": "x" * 256}, "source_id has 256 characters"),
        ({"success_when": []}, "success_when is empty"),
        ({"success_when": 5}, "success_when is of type int"),
        ({"success_when": "successes"}, "is not a condition"),
        ({"success_when": "succeses >= 1"}, "unknown metric 'succeses' in 'succeses >= 1'; did you mean 'successes'?"),
        ({"success_when": "success_rate >= 99"}, "is between 0 and 1"),
        ({"success_when": "successes < 0"}, "can never hold"),
        ({"fail_when": ["failures >= 1", "failures => 1"]}, "fail_when: 'failures => 1' is not a condition"),
        ({"window": None}, "exactly one of window and start_time must be set; neither"),
        ({"start_time": "2026-01-01T00:00:00Z", "window": 60}, "exactly one .* both"),
        ({"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-01-01T00:00:00Z"}, "CronDataIntervalTimetable"),
        ({"window": timedelta(days=3)}, "window is 3 days; .* by minute, which covers at most 48 hours; set"),
        ({"window": timedelta(hours=49), "granularity": "MINUTE"}, "granularity MINUTE covers at most 48 hours"),
        ({"window": "PT5H", "success_when": "time_to_success_p95 < 5"}, "success_when: .* has no value in this window"),
        ({"window": "soon"}, "window is 'soon'"),
        ({"window": -5}, "window is -1 day"),
        ({"start_time": "yesterday"}, "start_time is 'yesterday'"),
        ({"start_time": "2026-01-02T00:00:00Z", "end_time": "2026-01-01T00:00:00Z"}, "must be after start_time"),
        (
            {"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-01-15T00:00:00Z"},
            "settle_time is 0:02:00, so the time .* to the last poll is 14 days, 0:03:00, .* cover at most 14 days",
        ),
        ({"granularity": "SECOND"}, "granularity is 'SECOND'; it must be one of 'auto', 'MINUTE'"),
        ({"min_attempted": -1}, "min_attempted is -1"),
        ({"settle_time": "a while"}, "settle_time is 'a while'"),
    ],
)
def test_invalid_arguments_are_rejected_at_dag_parse_time(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sensor(**changes)


def test_templated_arguments_are_checked_after_rendering(running: Running, segment_sandbox: SegmentSandbox) -> None:
    task = sensor("{{ params.id }}", success_when="{{ params.condition }}", window="{{ params.window }}")
    with pytest.raises(ValueError, match="success_when: 'nonsense' is not a condition"):
        running.run(task, params={"id": "d", "condition": "nonsense", "window": 60})
    assert segment_sandbox.requests == []


def test_a_window_that_is_too_old_is_an_error_at_run_time(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    with pytest.raises(ValueError, match=r"start_time: granularity MINUTE reaches only .* back and does not cover"):
        running.run(sensor(destination_id, start_time=ago(days=20)))
    assert poll_count(segment_sandbox) == 0
