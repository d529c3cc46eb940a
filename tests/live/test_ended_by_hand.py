"""Waits that somebody ends in the UI: their polls end, those of others go on."""

from __future__ import annotations

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from dev.local_airflow.airflow import LocalAirflow
from tests.live.observing import deliver, destination, more_polls, polls, until, wait_until_deferred
from tests.live.stored_triggers import stored_deadlines, waited_for

pytestmark = pytest.mark.live

DESTINATIONS = ["cleared", "marked", "shared"]


def test_a_wait_that_is_failed_or_cleared_leaves_nothing_behind(
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
    until(lambda: nobody_asks(segment_sandbox, "marked"), description="its polls end")
    until(lambda: "cleared" in changed(before, stored_deadlines(airflow, run_id=run.run_id)), description="try two")
    wait_until_deferred(airflow, run, "cleared")
    until(lambda: triggers(airflow) == ["cleared", "shared"], description="nothing is left of try one, and of who left")

    for name in ("cleared", "shared"):
        deliver(segment_sandbox, name, successes=10)
    assert run.wait() == "failed"
    assert run.task_states() == {"marked": "failed", "cleared": "success", "leaves": "failed", "stays": "success"}
    until(lambda: triggers(airflow) == [], description="no trigger is left")


def nobody_asks(sandbox: SegmentSandbox, destination_id: str) -> bool:
    """Whether a destination is asked about no more, while the shared one is asked about three times."""
    before = polls(sandbox, destination_id)
    more_polls(sandbox, "shared", count=3)
    return polls(sandbox, destination_id) == before


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name, deadline in after.items() if before.get(name) != deadline}


def triggers(airflow: LocalAirflow) -> list[str]:
    return sorted(name for name in waited_for(airflow) if name in DESTINATIONS)
