"""The deferrable sensor, from the first poll to the last."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import (
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
    TaskDeferred,
)

from airflow_provider_segment.exceptions import (
    SegmentAuthError,
    SegmentDeliveryFailedError,
    SegmentError,
    SegmentProtocolError,
)
from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor
from tests.request_log import poll_count
from tests.running import Running
from tests.sensors.deferring import run_deferred
from tests.sensors.samples import ago, sensor
from tests.trigger_events import first_event


def deferrable(destination: str = "d", **changes: Any) -> SegmentDeliveryMetricsSensor:
    return sensor(destination, **{"deferrable": True, "poke_interval": 0.2} | changes)


def deferral_of(running: Running, task: SegmentDeliveryMetricsSensor) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        running.run(task)
    return caught.value


def test_conditions_that_already_hold_need_no_triggerer(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    segment_sandbox.deliver(destination_id, successes=10, at=ago(minutes=5))
    assert running.run(deferrable(destination_id))["metrics"]["successes"] == 10
    assert poll_count(segment_sandbox) == 1


def test_it_waits_in_the_trigger(running: Running, segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    later = threading.Timer(
        1.5, segment_sandbox.deliver, args=(destination_id,), kwargs={"successes": 10, "at": ago(minutes=5)}
    )
    later.start()
    evidence = run_deferred(running, lambda: deferrable(destination_id))
    later.join()
    assert evidence["metrics"]["successes"] == 10
    assert set(evidence) == {"metrics", "conditions", "start_time", "end_time", "granularity"}


def test_the_deadline_counts_from_the_start_of_the_try(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    before = datetime.now(UTC)
    deferred = deferral_of(running, deferrable(destination_id, timeout=300))
    _, arguments = deferred.trigger.serialize()
    assert before <= datetime.fromisoformat(arguments["deadline"]) - timedelta(seconds=300) <= datetime.now(UTC)
    assert deferred.timeout is not None
    assert deferred.timeout > timedelta(seconds=300)
    assert arguments["success_when"] == ["successes >= 10"]


@pytest.mark.parametrize(
    ("limits", "kind"),
    [
        ({"timeout": 1.5}, AirflowSensorTimeout),
        ({"timeout": 60, "execution_timeout": timedelta(seconds=1.5)}, AirflowTaskTimeout),
        ({"timeout": 0}, AirflowSensorTimeout),
    ],
    ids=["timeout", "execution_timeout", "timeout 0"],
)
def test_the_shorter_of_both_timeouts_ends_the_wait(
    running: Running,
    segment_sandbox: SegmentSandbox,
    destination_id: str,
    limits: dict[str, Any],
    kind: type[BaseException],
) -> None:
    with pytest.raises(kind, match=r"has passed|timed out"):
        run_deferred(running, lambda: deferrable(destination_id, **limits))


@pytest.mark.parametrize(
    "limits", [{"timeout": 1.5}, {"timeout": 60, "execution_timeout": timedelta(seconds=1.5)}], ids=list
)
def test_a_timeout_says_that_the_destination_was_disabled(
    running: Running, hook: SegmentPublicApiHook, destination_id: str, limits: dict[str, Any]
) -> None:
    hook.update_destination(id=destination_id, enabled=False)
    with pytest.raises((AirflowSensorTimeout, AirflowTaskTimeout), match="when the wait started, it was disabled"):
        run_deferred(running, lambda: deferrable(destination_id, **limits))


def test_airflows_deferral_timeout_is_raised_as_the_sensors_timeout(
    segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    for words in ("Trigger timeout", "Trigger/execution timeout"):
        with pytest.raises(AirflowSensorTimeout):
            deferrable(destination_id).resume_execution("__fail__", {"error": words}, {})
        with pytest.raises(AirflowSkipException):
            deferrable(destination_id, soft_fail=True).resume_execution("__fail__", {"error": words}, {})


def test_a_last_poll_decides_when_the_triggerer_was_down_at_the_deadline(
    segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    segment_sandbox.deliver(destination_id, successes=10, at=ago(minutes=5))
    evidence = deferrable(destination_id).resume_execution("__fail__", {"error": "Trigger timeout"}, {})
    assert evidence["metrics"]["successes"] == 10


@pytest.mark.parametrize("status", [200, 503])
def test_a_last_poll_decides_at_the_deadline(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str, status: int
) -> None:
    def deliver() -> None:
        segment_sandbox.deliver(destination_id, successes=10, at=ago(minutes=5))
        if status != 200:
            segment_sandbox.fault("status", status=status, path="*/delivery-metrics")

    make = lambda: deferrable(destination_id, timeout=1, poke_interval=600)  # noqa: E731
    assert run_deferred(running, make, between=deliver)["metrics"]["successes"] == 10


def test_a_broken_trigger_is_an_error_that_soft_fail_does_not_skip() -> None:
    broken = {"error": "Trigger failure", "traceback": ["Traceback\n", "KeyError\n"]}
    with pytest.raises(SegmentError, match="the trigger failed: Trigger failure"):
        deferrable(soft_fail=True).resume_execution("__fail__", broken, {})


@pytest.mark.parametrize("event", [None, {}, {"status": "perhaps"}])
def test_an_unknown_event_is_an_error(event: Any) -> None:
    with pytest.raises(SegmentProtocolError):
        deferrable().resume_execution("execute_complete", {"event": event}, {})


@pytest.mark.parametrize("deadline", [{}, {"deadline": None}, {"deadline": "soon"}])
def test_an_event_without_a_deadline_does_not_resume_the_wait(
    segment_sandbox: SegmentSandbox, destination_id: str, deadline: dict[str, Any]
) -> None:
    event = {"status": "error", "error": "SegmentServerError", **deadline}
    with pytest.raises(SegmentProtocolError, match="without a valid deadline"):
        deferrable(destination_id, silent_fail=True).resume_execution("execute_complete", {"event": event}, {})


def test_the_trigger_checks_a_destination_that_the_worker_could_not_read(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    segment_sandbox.fault("drop_before")
    deferral = deferral_of(running, deferrable(destination_id, source_id="sandbox-app", timeout=300))
    assert deferral.trigger.serialize()[1]["destination_checked"] is False
    event = asyncio.run(first_event(deferral.trigger))
    assert (event["status"], event["error"]) == ("error", "ValueError")
    assert "belongs to source 'sandbox-web'" in event["message"]
    assert poll_count(segment_sandbox) == 0


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 503}, {"kind": "rate_limit", "retry_after": 30}])
def test_the_first_poll_defers_rather_than_retry_in_the_worker(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str, fault: dict[str, Any]
) -> None:
    segment_sandbox.fault(**fault, times=None)
    deferral_of(running, deferrable(destination_id, poke_interval=60))
    assert sum(entry["fault"] is not None for entry in segment_sandbox.requests) == 1


def test_failed_deliveries_in_the_trigger_fail_the_task(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    task = deferrable(destination_id, fail_when="failures > 0")
    deferred = deferral_of(running, task)
    segment_sandbox.deliver(destination_id, discarded=1, at=ago(minutes=5))
    with pytest.raises(SegmentDeliveryFailedError, match="failures is 1, allowed up to 0"):
        run_deferred(running, lambda: deferrable(destination_id, fail_when="failures > 0"))
    assert deferred.method_name == "execute_complete"


def test_a_permanent_error_in_the_trigger_is_the_same_error_in_the_task(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = deferrable(destination_id, soft_fail=True)
    deferred = deferral_of(running, task)
    segment_sandbox.fault("status", status=401, times=None)
    event = asyncio.run(first_event(deferred.trigger))
    with pytest.raises(SegmentAuthError) as caught:
        task.resume_execution("execute_complete", {"event": event}, {})
    assert caught.value.status == 401


def test_deferrable_defaults_to_airflows_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sensor().deferrable is False
    monkeypatch.setenv("AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE", "True")
    assert sensor().deferrable is True
    assert sensor(deferrable=False).deferrable is False
    with pytest.raises(ValueError, match="deferrable is 'perhaps'"):
        sensor(deferrable="perhaps")
