"""Ten waits in one run, with the triggerer killed in between: each ends as without the kill."""

from __future__ import annotations

from datetime import datetime

import pytest

from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from dev.local_airflow.airflow import LocalAirflow
from dev.local_airflow.dag_run import DagRun
from tests.live.observing import connections, deliver, destination, more_polls, polls, until, wait_until_deferred
from tests.live.stored_triggers import stored_deadlines, waiting_destinations

pytestmark = pytest.mark.live

FIRST = {"wants_few", "wants_many", "fails", "is_deleted", "is_refused", "meets_faults"}
LIMITED = {"times_out", "times_out_softly", "takes_too_long"}
DESTINATIONS = {"holds_at_once", "has_two_waits"} | FIRST | LIMITED

# How each ends, and what its log says of it.
ENDS = {
    "holds_at_once": ("success", "succeeded: 1,000 of 1,000 delivered (100.0 %), 0 failed"),
    "wants_few": ("success", "succeeded: 10 of 10 delivered (100.0 %), 0 failed"),
    "wants_many": ("success", "succeeded: 1,000 of 1,000 delivered (100.0 %), 0 failed"),
    "fails": (
        "failed",
        "SegmentDeliveryFailedError: deliveries failed: 0 of 1 delivered (0.0 %), 1 failed",
    ),
    "is_deleted": ("failed", "SegmentNotFoundError: GET /destinations/is_deleted/delivery-metrics returned 404"),
    "is_refused": ("skipped", "SegmentAuthError: GET /destinations/is_refused/delivery-metrics returned 401"),
    "meets_faults": ("success", "This poll failed; polling again in"),
    "times_out": ("failed", "AirflowSensorTimeout: Sensor has timed out after"),
    "times_out_softly": ("skipped", "Sensor has timed out after"),
    "takes_too_long": ("failed", "AirflowTaskTimeout: The execution_timeout of"),
}


def test_ten_waits_end_as_they_should_although_the_triggerer_is_killed(
    airflow: LocalAirflow, segment_sandbox: SegmentSandbox, time_limit: float
) -> None:
    segment_sandbox.seed({"destinations": [destination(name) for name in sorted(DESTINATIONS)]})
    deliver(segment_sandbox, "holds_at_once", successes=1000)
    run = airflow.trigger("segment_ten_waits", conf={"limit": time_limit})
    wait_until_deferred(airflow, run, *FIRST)
    assert_waits_with_one_query_share_polls(segment_sandbox)
    deliver(segment_sandbox, "has_two_waits", successes=10)
    wait_until_deferred(airflow, run, *LIMITED)

    waiting = (FIRST | LIMITED) - {"wants_few"}
    deadlines = stored_deadlines(airflow, run_id=run.run_id)
    assert set(deadlines) == waiting
    airflow.kill("triggerer")
    deliver(segment_sandbox, "has_two_waits", successes=990)  # while nothing polls
    airflow.start_part("triggerer")
    more_polls(segment_sandbox, "times_out", count=1)
    assert_deadlines_unchanged(deadlines, stored_deadlines(airflow, run_id=run.run_id))

    end_the_other_waits(segment_sandbox)
    assert run.wait() == "failed"
    assert_ended(run, deadlines)
    until(lambda: DESTINATIONS.isdisjoint(waiting_destinations(airflow)), description="no trigger is left")
    until(lambda: connections(airflow, segment_sandbox) == [], description="no connection is left")


def assert_waits_with_one_query_share_polls(sandbox: SegmentSandbox) -> None:
    """Check that two waits with different conditions poll as often as one wait, not twice as often."""
    alone, shared = polls(sandbox, "fails"), polls(sandbox, "has_two_waits")
    more_polls(sandbox, "fails", count=8)
    alone, shared = polls(sandbox, "fails") - alone, polls(sandbox, "has_two_waits") - shared
    assert 0 < shared < 1.5 * alone


def assert_deadlines_unchanged(before: dict[str, str], after: dict[str, str]) -> None:
    """Check that only one wait has ended, and that the deadlines of the others have not moved."""
    assert set(after) >= set(before) - {"wants_many"}
    assert after.items() <= before.items()


def end_the_other_waits(sandbox: SegmentSandbox) -> None:
    metrics = "/destinations/{}/delivery-metrics*"
    deliver(sandbox, "fails", discarded=1)
    SegmentPublicApiHook().delete_destination(id="is_deleted")
    sandbox.fault("status", status=401, path=metrics.format("is_refused"), times=None)
    for kind in ("drop_before", "garbage"):
        sandbox.fault(kind, path=metrics.format("meets_faults"), times=2)
    until(lambda: fault_count(sandbox, "meets_faults") == 4, description="four faults have been returned")
    deliver(sandbox, "meets_faults", successes=1000)


def fault_count(sandbox: SegmentSandbox, destination_id: str) -> int:
    path = f"/destinations/{destination_id}/delivery-metrics"
    return sum(entry["fault"] is not None for entry in sandbox.requests if entry["path"] == path)


def assert_ended(run: DagRun, deadlines: dict[str, str]) -> None:
    tasks = {task["task_id"]: task for task in run.task_instances()}
    assert {name: task["state"] for name, task in tasks.items()} == {name: state for name, (state, _) in ENDS.items()}
    for name, (state, reason) in ENDS.items():
        log = run.task_log(name)
        assert reason in log, f"{name}: {log}"
        assert ("Pausing task as DEFERRED" in log) is (name != "holds_at_once")
        if state == "success":
            evidence = run.xcom(name)
            assert evidence["metrics"]["successes"] >= 10
            assert all(evidence["conditions"].values())
    for name in LIMITED:
        assert datetime.fromisoformat(tasks[name]["end_date"]) >= datetime.fromisoformat(deadlines[name])
    assert tasks["fails"]["try_number"] == 1  # although it has retries
