"""Deferred operators in a whole DAG; of what a task passes on, ``airflow dags test`` keeps the trigger's event only."""

from __future__ import annotations

import json

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.dag_runs.conftest import RunDag


@pytest.fixture(autouse=True)
def connection(segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {
        "conn_type": "segment_public_api",
        "host": segment_sandbox.url,
        "password": segment_sandbox.token,
        "extra": {"timeout": 2},
    }
    monkeypatch.setenv("AIRFLOW_CONN_SEGMENT_QUICK", json.dumps(connection))
    segment_sandbox.settings(limit_window_seconds=2)


def test_deferred_operators_write_once_and_return_everything(run_dag: RunDag, segment_sandbox: SegmentSandbox) -> None:
    output = run_dag("segment_deferred")
    assert "applied: True 7 {'created'}" in output
    assert "deleted what was created: True" in output
    assert output.count("waiting for a turn to send") >= 2 + 2 * 2 + 2
    (made,) = segment_sandbox.destinations
    assert sorted(one["name"] for one in made["subscriptions"]) == [f"Track {number}" for number in range(7)]
    writes = [entry for entry in segment_sandbox.requests if "/subscriptions" in entry["path"]]
    methods = [entry["method"] for entry in writes if entry["status"] == 200]
    assert [methods.count(method) for method in ("POST", "PATCH", "DELETE")] == [9, 2, 2]


def test_deferred_descriptions_are_written_once(
    run_dag: RunDag, segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PRODUCT_ANALYTICS", "generic://:a-key-of-product-1@")
    output = run_dag("segment_deferred_files")
    assert "many: [{'created': 2}, {'created': 1}]" in output
    assert "each: [True, True]" in output
    assert output.count("waiting for a turn to send") >= 2 + 1 + 1
    assert "canary" not in output
    made = {one["name"].split()[0]: len(one["subscriptions"]) for one in segment_sandbox.destinations}
    assert {name: made[name] for name in "ABC"} == {"A": 4, "B": 4, "C": 3}
    assert len(made) == 5
    sent = [one["path"] for one in segment_sandbox.requests if (one["method"], one["status"]) == ("POST", 200)]
    creates = [path for path in sent if path.endswith("/subscriptions")]
    assert len(creates) == sum(len(one["subscriptions"]) for one in segment_sandbox.destinations)
