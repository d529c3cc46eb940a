"""The example DAGs that show a pattern, each run once when it goes well and once when it fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.dag_runs.conftest import RunDag
from tests.dag_runs.destinations import destination
from tests.request_log import statuses_of_writes


def test_teardown_removes_what_setup_made(run_dag: RunDag, segment_sandbox: SegmentSandbox) -> None:
    run_dag("segment_setup_teardown")
    assert statuses_of_writes(segment_sandbox) == ["POST 200", "POST 200", "DELETE 200"]
    assert segment_sandbox.destinations == []


def test_teardown_removes_it_also_when_the_work_failed(run_dag: RunDag, segment_sandbox: SegmentSandbox) -> None:
    run_dag("segment_setup_teardown", conf={"action": "no-such-action"}, code=1)
    assert statuses_of_writes(segment_sandbox) == ["POST 200", "DELETE 200"]
    assert segment_sandbox.destinations == []


def test_the_gate_opens_when_enough_was_delivered(run_dag: RunDag, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.settings(deliveries_per_minute=600)
    output = run_dag("segment_gate")
    assert output.index("succeeded: ") < output.index(" events arrived since 20")
    assert [found["name"] for found in segment_sandbox.destinations] == ["Product analytics"]


def test_the_gate_fails_when_too_many_events_failed(run_dag: RunDag, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.seed({"destinations": [destination("Product analytics")]})
    segment_sandbox.deliver("product-analytics", discarded=9, successes=1, at=datetime.now(UTC) - timedelta(minutes=5))
    output = run_dag("segment_gate", code=1)
    assert "SegmentDeliveryFailedError" in output
    assert "events arrived since" not in output


def test_the_circuit_breaker_disables_and_enables_again(run_dag: RunDag, segment_sandbox: SegmentSandbox) -> None:
    other = destination("Other")
    segment_sandbox.seed({"destinations": [other]})
    run_dag("segment_circuit_breaker", conf={"bad_rows": 120}, code=1)
    assert {found["name"]: found["enabled"] for found in segment_sandbox.destinations} == {
        "Other": True,
        "Partner feed": False,
    }
    run_dag("segment_circuit_breaker")
    assert {found["name"]: found["enabled"] for found in segment_sandbox.destinations} == {
        "Other": True,
        "Partner feed": True,
    }
    assert statuses_of_writes(segment_sandbox) == ["POST 200", "PATCH 200", "PATCH 200"]


def test_a_circuit_breaker_that_cannot_disable_logs_it(run_dag: RunDag, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("status", status=403, method="PATCH")
    output = run_dag("segment_circuit_breaker", conf={"bad_rows": 120}, code=1)
    assert "Could not disable the destination, so it may still receive events: PATCH " in output
    assert [found["enabled"] for found in segment_sandbox.destinations] == [True]
    assert segment_sandbox.token not in output
    assert "a-partner-key" not in output


def test_a_property_is_blocked_on_every_destination(run_dag: RunDag, segment_sandbox: SegmentSandbox) -> None:
    outdated = {"id": "f", "title": "Block email", "actions": [{"type": "DROP"}], "enabled": False}
    kept = {"id": "g", "title": "Other", "actions": [{"type": "DROP"}]}
    segment_sandbox.seed({"destinations": [destination("Feed", filters=[outdated, kept]), destination("Second")]})
    run_dag("segment_block_property")
    first, second = segment_sandbox.destinations
    fields = {place: ["email"] for place in ("properties", "traits", "context.traits")}
    for found in (first["filters"][0], second["filters"][0]):
        assert (found["title"], found["if"], found["enabled"]) == ("Block email", "all", True)
        assert found["actions"] == [{"type": "DROP_PROPERTIES", "fields": fields}]
    assert [found["id"] for found in first["filters"]] == ["f", "g"]
    assert len(second["filters"]) == 1
    assert sorted(statuses_of_writes(segment_sandbox)) == [
        "PATCH 200",
        "POST 200",
        "POST 200",
    ]  # one POST is the preview


def test_nothing_is_blocked_if_the_preview_is_refused(run_dag: RunDag, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.seed({"destinations": [destination("Feed")]})
    segment_sandbox.fault("status", status=422, path="*/preview", times=None)
    run_dag("segment_block_property", code=1)
    assert segment_sandbox.destinations[0]["filters"] == []


def test_listed_destinations_are_filtered_and_mapped(run_dag: RunDag, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.seed(
        {"destinations": [destination("Feed"), destination("Second"), destination("Off", enabled=False)]}
    )
    segment_sandbox.deliver("feed", successes=7, discarded=1, at=datetime.now(UTC) - timedelta(minutes=5))
    output = run_dag("segment_taskflow")
    assert "Feed: 7 of 8 events arrived\\nSecond: 0 of 0 events arrived" in output.replace("\n", "\\n")
    assert statuses_of_writes(segment_sandbox) == []
    polled = {entry["path"].split("/")[2] for entry in segment_sandbox.requests if "delivery-metrics" in entry["path"]}
    assert polled == {"feed", "second"}
