"""Waits that are ended by hand in the UI: their polls end, those of others go on."""

from __future__ import annotations

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from dev.local_airflow.airflow import LocalAirflow
from tests.live.observing import deliver, destination, more_polls, polls, until, wait_until_deferred
from tests.live.stored_triggers import stored_deadlines, waiting_destinations

pytestmark = pytest.mark.live

DESTINATIONS = ["cleared", "marked", "shared"]


def test_a_failed_or_cleared_wait_leaves_no_polls_behind(
    airflow: LocalAirflow, segment_sandbox: SegmentSandbox
) -> None:
    segment_sandbox.seed({"destinations": [destination(name) for name in DESTINATIONS]})
    run = airflow.trigger("segment_waits_by_hand")
    wait_until_deferred(airflow, run, "marked", "cleared", "leaves", "stays")
    for name in DESTINATIONS:
        more_polls(segment_sandbox, name, count=2)
    before = stored_deadlines(airflow, run_id=run.run_id)

    run.mark("marked", "failed")
    run.mark("leaves", "failed")
    run.clear("cleared")
    until(lambda: polls_have_ended(segment_sandbox, "marked"), description="its polls have ended")
    until(
        lambda: "cleared" in changed(before, stored_deadlines(airflow, run_id=run.run_id)),
        description="the second try is deferred",
    )
    wait_until_deferred(airflow, run, "cleared")
    until(lambda: triggers(airflow) == ["cleared", "shared"], description="the triggers of ended waits are gone")

    for name in ("cleared", "shared"):
        deliver(segment_sandbox, name, successes=10)
    assert run.wait() == "failed"
    assert run.task_states() == {"marked": "failed", "cleared": "success", "leaves": "failed", "stays": "success"}
    until(lambda: triggers(airflow) == [], description="no trigger is left")


def polls_have_ended(sandbox: SegmentSandbox, destination_id: str) -> bool:
    """Return whether a destination is not polled while the shared one is polled three times."""
    before = polls(sandbox, destination_id)
    more_polls(sandbox, "shared", count=3)
    return polls(sandbox, destination_id) == before


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name, deadline in after.items() if before.get(name) != deadline}


def triggers(airflow: LocalAirflow) -> list[str]:
    return sorted(name for name in waiting_destinations(airflow) if name in DESTINATIONS)
