"""What a task reports to OpenLineage when it fails, and that it runs without OpenLineage."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_segment.exceptions import SegmentAuthError, SegmentDeliveryFailedError, SegmentPartialFailureError
from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.operators.destination import (
    SegmentCreateDestinationOperator,
    SegmentDeleteDestinationOperator,
    SegmentUpdateDestinationOperator,
)
from airflow_provider_segment.operators.workspace import SegmentApplyWorkspaceOperator
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor
from tests.running import Running

SOURCE = "sandbox-web"
DESTINATION: dict[str, Any] = {
    "id": "analytics",
    "name": "Analytics",
    "sourceId": SOURCE,
    "metadataId": "sandbox-analytics",
    "settings": {"apiKey": "k"},
}

WITHOUT = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        known = name.endswith(".get_provider_info")  # Airflow reads it from every installed provider
        if name.split(".")[0] == "openlineage" or (name.startswith("airflow.providers.openlineage.") and not known):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Blocked())

from airflow_provider_segment.operators.destination import SegmentCreateDestinationOperator
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor
from tests.running import Running

task = SegmentCreateDestinationOperator(
    task_id="create", source_id="sandbox-web", metadata_id="sandbox-analytics", name="n", settings={"apiKey": "k"}
)
made = Running().run(task)
wait = SegmentDeliveryMetricsSensor(
    task_id="wait", destination_id=made, source_id="sandbox-web", success_when="successes >= 0", min_attempted=0,
    window=3600,
)
assert Running().run(wait)["conditions"] == {"successes >= 0": True}
loaded = {"airflow_provider_segment.lineage.facets", "airflow.providers.common.compat.openlineage.facet"}
assert not loaded & set(sys.modules), loaded & set(sys.modules)
"""


def failed_deliveries() -> SegmentDeliveryMetricsSensor:
    return SegmentDeliveryMetricsSensor(
        task_id="wait",
        destination_id="analytics",
        source_id=SOURCE,
        success_when="successes >= 5",
        fail_when="failures >= 1",
        window=timedelta(hours=1),
    )


def test_a_failed_verdict_reports_its_evidence(segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.seed({"destinations": [DESTINATION]})
    segment_sandbox.deliver("analytics", successes=2, discarded=1, at=datetime.now(UTC) - timedelta(minutes=5))
    sensor = failed_deliveries()
    with pytest.raises(SegmentDeliveryFailedError):
        Running().run(sensor)
    (output,) = sensor.get_openlineage_facets_on_complete(None).outputs
    facets: Any = output.facets
    facet = facets["segment_deliveryMetrics"]
    assert facet.conditions == {"successes >= 5": False, "failures >= 1": True}
    assert (facet.metrics["successes"], facet.metrics["discarded"]) == (2, 1)


def test_ids_that_slugs_stand_for_are_reported(segment_sandbox: SegmentSandbox) -> None:
    identity: dict[str, Any] = {"source": "website", "destination_type": "sandbox-analytics", "name": "Analytics"}
    source = {"id": "src-1", "slug": "website"}
    segment_sandbox.seed({"sources": [source], "destinations": [DESTINATION | {"sourceId": "src-1"}]})
    tasks: list[Any] = [
        SegmentCreateDestinationOperator(task_id="create", **identity, settings={"apiKey": "k"}),
        SegmentUpdateDestinationOperator(task_id="update", **identity, enabled=False),
        SegmentApplyDestinationOperator(task_id="apply", **identity, settings={"apiKey": "k"}),
        SegmentDeliveryMetricsSensor(
            task_id="wait", **identity, success_when="successes >= 0", min_attempted=0, window=timedelta(hours=1)
        ),
    ]
    for task in tasks:
        assert task.get_openlineage_facets_on_start().inputs == []
        Running().run(task)
        lineage = task.get_openlineage_facets_on_complete(None)
        assert [one.name for one in (*lineage.inputs, *lineage.outputs)] == ["sources/src-1", "destinations/analytics"]


def described(name: str, **changes: Any) -> dict[str, Any]:
    return {"source": SOURCE, "type": "sandbox-analytics", "name": name, **changes}


def reported(lineage: Any) -> tuple[list[str], dict[str, list[str]]]:
    """Return the names of the inputs, and those of the outputs with the names of their facets."""
    return [one.name for one in lineage.inputs], {one.name: [*one.facets] for one in lineage.outputs}


def test_a_task_about_many_destinations_reports_each(segment_sandbox: SegmentSandbox) -> None:
    gone, other = {"id": "gone", "name": "Gone"}, {"id": "other", "name": "Other", "sourceId": "sandbox-shop"}
    segment_sandbox.seed({"destinations": [DESTINATION, DESTINATION | gone, DESTINATION | other]})
    entries = [
        described("Analytics", enabled=False),
        described("New"),
        described("Gone", removed=True),
        described("Other", source="sandbox-shop"),
    ]
    report = SegmentApplyWorkspaceOperator(task_id="report", destinations=entries, on_drift="report")
    assert reported(report.get_openlineage_facets_on_start()) == ([], {})
    Running().run(report)
    names = ["destinations/analytics", "destinations/gone", "destinations/other"]
    sources = ["sources/sandbox-web", "sources/sandbox-shop"]
    assert reported(report.get_openlineage_facets_on_complete(None)) == (sources, {name: [] for name in names})

    apply = SegmentApplyWorkspaceOperator(
        task_id="apply", destinations=[*entries, described("Failed", type="sandbox-analitics")]
    )
    with pytest.raises(SegmentPartialFailureError):
        Running().run(apply)
    (new,) = (one["id"] for one in segment_sandbox.destinations if one["name"] == "New")
    inputs, outputs = reported(apply.get_openlineage_facets_on_complete(None))
    assert inputs == sources
    assert outputs == {name: [] for name in (*names, f"destinations/{new}")} | {
        "destinations/gone": ["lifecycleStateChange"]
    }


def test_a_resumed_wait_reports_the_ids_that_its_trigger_found() -> None:
    identity: dict[str, Any] = {"source": "website", "destination_type": "sandbox-analytics", "name": "Analytics"}
    sensor = SegmentDeliveryMetricsSensor(task_id="wait", **identity, success_when="successes >= 5", window=3600)
    ids = {"destination_id": "analytics", "source_id": "src-1"}
    with pytest.raises(SegmentDeliveryFailedError):
        sensor.execute_complete({}, {"status": "failed", "message": "failures >= 1", **ids})
    lineage = sensor.get_openlineage_facets_on_complete(None)
    assert [one.name for one in (*lineage.inputs, *lineage.outputs)] == ["sources/src-1", "destinations/analytics"]


def test_a_failed_create_reports_no_destination(segment_sandbox: SegmentSandbox) -> None:
    arguments: dict[str, Any] = {"source_id": SOURCE, "metadata_id": "sandbox-analytics", "name": "n"}
    task = SegmentCreateDestinationOperator(task_id="create", settings={"apiKey": "k"}, **arguments)
    segment_sandbox.fault("status", status=403)
    with pytest.raises(SegmentAuthError):
        Running().run(task)
    lineage = task.get_openlineage_facets_on_complete(None)
    assert ([one.name for one in lineage.inputs], lineage.outputs) == (["sources/sandbox-web"], [])


def test_a_failed_delete_does_not_report_a_drop(segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("status", status=403)
    task = SegmentDeleteDestinationOperator(task_id="delete", destination_id="analytics")
    with pytest.raises(SegmentAuthError):
        Running().run(task)
    (output,) = task.get_openlineage_facets_on_complete(None).outputs
    assert (output.name, output.facets) == ("destinations/analytics", {})


def test_an_unrendered_template_is_not_a_name() -> None:
    task = SegmentDeleteDestinationOperator(task_id="delete", destination_id="{{ params.destination }}")
    assert task.get_openlineage_facets_on_start().outputs == []


def test_tasks_run_without_openlineage(segment_sandbox: SegmentSandbox) -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
