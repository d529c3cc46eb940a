"""The example DAG of an asset watcher runs once per crossing, even if the triggerer is killed in between.

It is the last of these tests, because the watcher keeps polling and its connection stays open.
"""

from __future__ import annotations

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from dev.local_airflow.airflow import LocalAirflow
from dev.local_airflow.dag_run import DagRun
from tests.live.observing import deliver, destination, more_polls, until

pytestmark = pytest.mark.live

DAG_ID = "segment_asset_watcher"
WATCHED = "sandbox-watched"


def test_each_crossing_starts_one_run(airflow: LocalAirflow, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.seed({"destinations": [destination(WATCHED)]})
    airflow.wait_for_dag(DAG_ID)
    airflow.unpause(DAG_ID)
    more_polls(segment_sandbox, WATCHED, count=2)
    assert crossings(airflow) == []

    deliver(segment_sandbox, WATCHED, successes=10)
    until(lambda: len(runs(airflow)) == 1, description="a first run")
    [run] = runs(airflow)
    assert run.wait() == "success"
    [line] = run.xcom("report")
    assert line.startswith("10 events arrived since 20")

    airflow.kill("triggerer")
    airflow.start_part("triggerer")
    more_polls(segment_sandbox, WATCHED, count=2)
    assert len(crossings(airflow)) == 1  # the conditions still hold, so there is no new crossing

    deliver(segment_sandbox, WATCHED, discarded=10)
    more_polls(segment_sandbox, WATCHED, count=2)
    deliver(segment_sandbox, WATCHED, successes=490)
    until(lambda: len(runs(airflow)) == 2, description="a second run")
    assert {run.wait() for run in runs(airflow)} == {"success"}
    assert [found["metrics"]["successes"] for found in crossings(airflow)] == [10, 500]


def crossings(airflow: LocalAirflow) -> list[dict[str, dict[str, float]]]:
    """Return the watcher's events, oldest first."""
    events = airflow.api.get("assets", "events", order_by="timestamp")["asset_events"]
    return [event["extra"]["payload"] for event in events]


def runs(airflow: LocalAirflow) -> list[DagRun]:
    found = airflow.api.get("dags", DAG_ID, "dagRuns")["dag_runs"]
    return [DagRun(api=airflow.api, dag_id=DAG_ID, run_id=run["dag_run_id"]) for run in found]
