"""Deferred sensors in whole DAGs; ``airflow dags test`` runs their triggers in its own process."""

from __future__ import annotations

import re

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.conftest import AIRFLOW_3
from tests.dag_runs.conftest import RunDag

FEED = {
    "id": "feed",
    "sourceId": "sandbox-web",
    "metadataId": "sandbox-analytics",
    "name": "Feed",
    "settings": {"apiKey": "k"},
    "subscriptions": [{"name": "All", "actionId": "sandbox-track", "trigger": 'type = "track"'}],
}


def test_deferred_sensors_open_a_gate_are_mapped_and_skip(run_dag: RunDag, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.settings(deliveries_per_minute=600)
    output = run_dag("segment_waits")
    assert "gate and mapped: [True, True, True]" in output
    assert "waiting: the window has not started" in output  # so the gate was deferred
    assert "succeeded: " in output
    assert re.search(r"failed: .*; successes is \d+, allowed below 15; ", output)
    assert re.search(r"timed out after 0:00:15: .* delivered .*, need 1,000,000; ", output)
    assert "this ran after a sensor that was skipped" not in output
    assert segment_sandbox.destinations == []  # the teardown ran


def test_failed_deliveries_in_the_trigger_fail_the_run_without_a_retry(
    run_dag: RunDag, segment_sandbox: SegmentSandbox
) -> None:
    segment_sandbox.settings(deliveries_per_minute=600)
    segment_sandbox.seed({"destinations": [FEED]})
    output = run_dag("segment_waits_failing", code=1)
    assert "waiting: the window has not started" in output
    assert re.search(
        r"SegmentDeliveryFailedError: deliveries failed: .*, allowed below 10; .*; destination 'Feed' \(feed\)", output
    )
    reads = [entry["path"] for entry in segment_sandbox.requests if not entry["path"].endswith("/delivery-metrics")]
    assert reads == ["/destinations/feed"]  # read by the first poll of the only try


@pytest.mark.skipif(not AIRFLOW_3, reason="Airflow 2.11 keeps nothing between the polls of a rescheduled sensor")
def test_a_rescheduled_sensor_checks_its_destination_until_that_has_succeeded_once(
    run_dag: RunDag, segment_sandbox: SegmentSandbox
) -> None:
    segment_sandbox.seed({"destinations": [FEED]})
    segment_sandbox.fault("status", status=503, path="/destinations/feed", times=4)
    segment_sandbox.settings(deliveries_per_minute=60)
    run_dag("segment_waits_rescheduled")
    statuses = [entry["status"] for entry in segment_sandbox.requests if entry["path"] == "/destinations/feed"]
    polls = [entry for entry in segment_sandbox.requests if entry["path"].endswith("/delivery-metrics")]
    assert statuses == [503] * 4 + [200]
    assert len(polls) > 2
