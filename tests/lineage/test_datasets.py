"""What a task tells OpenLineage when things go wrong, and when OpenLineage is not there."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_segment.exceptions import SegmentAuthError, SegmentDeliveryFailedError
from airflow_provider_segment.operators.destination import (
    SegmentCreateDestinationOperator,
    SegmentDeleteDestinationOperator,
)
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
        known = name.endswith(".get_provider_info")  # Airflow reads the list of what is installed
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


def test_a_failed_verdict_tells_what_it_rests_on(segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.seed({"destinations": [DESTINATION]})
    segment_sandbox.deliver("analytics", successes=2, discarded=1, at=datetime.now(UTC) - timedelta(minutes=5))
    sensor = failed_deliveries()
    with pytest.raises(SegmentDeliveryFailedError):
        Running().run(sensor)
    (told,) = sensor.get_openlineage_facets_on_complete(None).outputs
    facets: Any = told.facets
    found = facets["segment_deliveryMetrics"]
    assert found.conditions == {"successes >= 5": False, "failures >= 1": True}
    assert (found.metrics["successes"], found.metrics["discarded"]) == (2, 1)


def test_a_create_that_failed_tells_of_no_destination(segment_sandbox: SegmentSandbox) -> None:
    arguments: dict[str, Any] = {"source_id": SOURCE, "metadata_id": "sandbox-analytics", "name": "n"}
    task = SegmentCreateDestinationOperator(task_id="create", settings={"apiKey": "k"}, **arguments)
    segment_sandbox.fault("status", status=403)
    with pytest.raises(SegmentAuthError):
        Running().run(task)
    told = task.get_openlineage_facets_on_complete(None)
    assert ([found.name for found in told.inputs], told.outputs) == (["sources/sandbox-web"], [])


def test_a_delete_that_failed_does_not_say_that_it_is_gone(segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("status", status=403)
    task = SegmentDeleteDestinationOperator(task_id="delete", destination_id="analytics")
    with pytest.raises(SegmentAuthError):
        Running().run(task)
    (told,) = task.get_openlineage_facets_on_complete(None).outputs
    assert (told.name, told.facets) == ("destinations/analytics", {})


def test_a_template_that_is_not_rendered_is_no_name() -> None:
    task = SegmentDeleteDestinationOperator(task_id="delete", destination_id="{{ params.destination }}")
    assert task.get_openlineage_facets_on_start().outputs == []


def test_without_openlineage_nothing_of_it_is_loaded(segment_sandbox: SegmentSandbox) -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
