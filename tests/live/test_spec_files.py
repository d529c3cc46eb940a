"""Spec files in mapped tasks and in one task, which waits in a triggerer that is killed: each is applied once."""

from __future__ import annotations

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from dev.local_airflow.airflow import LocalAirflow
from tests.live.observing import creates, until

pytestmark = pytest.mark.live

NAMES = ["Described", "Orders fleet", "Orders mapped", "Visits fleet", "Visits mapped"]


def test_spec_files_are_applied_once_although_the_triggerer_is_killed(
    airflow: LocalAirflow, segment_sandbox: SegmentSandbox
) -> None:
    run = airflow.trigger("segment_live_files")
    # The mapped tasks send four creates. The last task needs six, which takes it more than one turn.
    until(lambda: len(creates(segment_sandbox)) > 4, description="the last task has used its first turn")
    run.wait_for_task("every", "deferred", timeout=60)
    airflow.kill("triggerer")
    assert b"heron" not in (airflow.home.folder / "airflow.db").read_bytes()
    airflow.start_part("triggerer")
    assert run.wait() == "success"

    made = {one["name"]: one for one in segment_sandbox.destinations}
    assert sorted(made) == NAMES
    for name in NAMES:
        assert sorted(one["name"] for one in made[name]["subscriptions"]) == ["Identify", "Track"]
    assert len(creates(segment_sandbox)) == 10
    for index, name in enumerate(["Orders mapped", "Visits mapped"]):
        summary = run.xcom("each", map_index=index)
        assert (summary["created"], summary["destination_id"]) == (True, made[name]["id"])
    summary = run.xcom("every")
    assert summary["results"] == {"created": 3}
    assert [one["destination_id"] for one in summary["destinations"]] == [
        made[name]["id"] for name in ("Orders fleet", "Visits fleet", "Described")
    ]
    assert "waiting for a turn to send" in run.task_log("every")
    assert "heron" not in airflow.log("triggerer")
