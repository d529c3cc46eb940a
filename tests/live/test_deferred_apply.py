"""An apply that waits in the triggerer, which is killed: it goes on and writes everything once."""

from __future__ import annotations

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from dev.local_airflow.airflow import LocalAirflow
from tests.live.observing import creates, until

pytestmark = pytest.mark.live


def test_an_apply_survives_the_death_of_the_triggerer(airflow: LocalAirflow, segment_sandbox: SegmentSandbox) -> None:
    run = airflow.trigger("segment_deferred_apply")
    until(lambda: len(creates(segment_sandbox)) == 5, description="the first turn is used up")
    run.wait_for_task("apply", "deferred", timeout=60)
    airflow.kill("triggerer")
    airflow.start_part("triggerer")
    assert run.wait() == "success"

    (made,) = segment_sandbox.destinations
    assert sorted(one["name"] for one in made["subscriptions"]) == [f"Track {number}" for number in range(7)]
    assert len(creates(segment_sandbox)) == 7
    summary = run.xcom("apply")
    assert (summary["created"], summary["destination_id"]) == (True, made["id"])
    assert [entry["result"] for entry in summary["subscriptions"]] == ["created"] * 7
    assert {entry["id"] for entry in summary["subscriptions"]} == {one["id"] for one in made["subscriptions"]}
    assert "waiting for a turn to send" in run.task_log("apply")
    assert "canary" not in airflow.log("triggerer")
