"""The events that the OpenLineage provider emits for a run, read from its file transport."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.dag_runs.conftest import AirflowProcess

SOURCE = ("segment", "sources/sandbox-web")


def test_every_task_reports_its_inputs_and_outputs(
    airflow_process: AirflowProcess, segment_sandbox: SegmentSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "events.jsonl"
    transport = {"type": "file", "log_file_path": str(file), "append": True}
    monkeypatch.setenv("AIRFLOW__OPENLINEAGE__DISABLED", "False")
    monkeypatch.setenv("AIRFLOW__OPENLINEAGE__TRANSPORT", json.dumps(transport))
    segment_sandbox.settings(deliveries_per_minute=600)
    with AirflowProcess(airflow_process.home) as process:  # it checks for OpenLineage when it starts
        process.run("airflow", "dags", "test", "segment_lineage")

    events = [json.loads(line) for line in file.read_text().splitlines()]
    emitted = {(event["job"]["name"].removeprefix("segment_lineage."), event["eventType"]): event for event in events}
    (found,) = {output["name"] for output in emitted["create", "COMPLETE"]["outputs"]}
    destination = ("segment", found)
    assert found.startswith("destinations/")
    assert {
        task: datasets(event) for (task, kind), event in emitted.items() if kind == "COMPLETE" and task in TASKS
    } == {
        "create": ([SOURCE], [destination]),
        "apply": ([SOURCE], [destination]),
        "many": ([SOURCE], [destination]),
        "update": ([SOURCE], [destination]),
        "by_id": ([], [destination]),
        "subscribe": ([], [destination]),
        "wait": ([SOURCE], [destination]),
        "deferred": ([SOURCE], [destination]),
        "delete": ([], [destination]),
    }
    assert {task: datasets(event) for (task, kind), event in emitted.items() if kind == "START" and task in TASKS} == {
        "create": ([SOURCE], []),
        "apply": ([SOURCE], []),
        "many": ([], []),
        "update": ([SOURCE], []),
        "by_id": ([], [destination]),
        "subscribe": ([], [destination]),
        "wait": ([SOURCE], [destination]),
        "deferred": ([SOURCE], [destination]),
        "delete": ([], []),
    }
    facets = emitted["delete", "COMPLETE"]["outputs"][0]["facets"]
    assert facets["lifecycleStateChange"]["lifecycleStateChange"] == "DROP"
    for task, least in (("wait", 1), ("deferred", 20)):
        metrics = emitted[task, "COMPLETE"]["outputs"][0]["facets"]["segment_deliveryMetrics"]
        assert metrics["conditions"] == {f"successes >= {least}": True}
        assert metrics["metrics"]["successes"] >= least
    assert "a-key-that" not in json.dumps([event["inputs"] + event["outputs"] for event in events])
    assert segment_sandbox.token not in file.read_text()


TASKS = ("create", "apply", "many", "update", "by_id", "subscribe", "wait", "deferred", "delete")


def datasets(event: dict[str, Any]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    inputs, outputs = ([(found["namespace"], found["name"]) for found in event[side]] for side in ("inputs", "outputs"))
    return inputs, outputs
