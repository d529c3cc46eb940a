"""Deferred operators in a whole DAG; of what a task passes on, ``airflow dags test`` keeps the trigger's event only."""

from __future__ import annotations

import json

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.dag_runs.conftest import RunDag


def test_deferred_operators_write_once_and_return_everything(
    run_dag: RunDag, segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = {
        "conn_type": "segment_public_api",
        "host": segment_sandbox.url,
        "password": segment_sandbox.token,
        "extra": {"timeout": 2},
    }
    monkeypatch.setenv("AIRFLOW_CONN_SEGMENT_QUICK", json.dumps(connection))
    segment_sandbox.settings(limit_window_seconds=2)
    output = run_dag("segment_deferred")
    assert "applied: True 7 {'created'}" in output
    assert "deleted what was created: True" in output
    assert output.count("waiting for a turn to send") >= 2 + 2 * 2 + 2
    (made,) = segment_sandbox.destinations
    assert sorted(one["name"] for one in made["subscriptions"]) == [f"Track {number}" for number in range(7)]
    writes = [entry for entry in segment_sandbox.requests if "/subscriptions" in entry["path"]]
    methods = [entry["method"] for entry in writes if entry["status"] == 200]
    assert [methods.count(method) for method in ("POST", "PATCH", "DELETE")] == [9, 2, 2]
