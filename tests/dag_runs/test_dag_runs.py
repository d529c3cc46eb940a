"""Whole DAGs, run with Airflow's command against the sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.dag_runs.conftest import RunDag


def test_the_lifecycle_removes_what_it_made_and_nothing_else(run_dag: RunDag, segment_sandbox: SegmentSandbox) -> None:
    bystander = {
        "sourceId": "sandbox-web",
        "metadataId": "sandbox-analytics",
        "name": "not mine",
        "settings": {"apiKey": "k"},
    }
    segment_sandbox.seed({"destinations": [bystander]})
    segment_sandbox.settings(deliveries_per_minute=600)
    output = run_dag("segment_destination_lifecycle")
    requests = [f"{entry['method']} {entry['path'].split('/')[1]}" for entry in segment_sandbox.requests]
    assert [entry for entry in requests if not entry.startswith("GET")] == [
        "POST destinations",
        "POST destinations",
        "POST destinations",
        "PATCH destinations",
        "DELETE destinations",
    ]
    assert [made["name"] for made in segment_sandbox.destinations] == ["not mine"]
    assert "succeeded: " in output


def test_mapping_nested_templates_and_reschedule_mode_work(run_dag: RunDag, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.settings(deliveries_per_minute=600)
    output = run_dag("segment_mapped")
    assert "cannot be called outside TaskInstance" not in output  # Airflow 2.11's warning about a misuse
    found: dict[str, Any] = {made["name"].split(" 20")[0]: made for made in segment_sandbox.destinations}
    names = {"expanded manual__" if name.startswith("expanded manual__") else name for name in found}
    assert names == {"expanded manual__", "plain", "renamed", "raw {{ 2 }}", "data {{ 3 }}", "with literals"}
    expanded = next(made for name, made in found.items() if name.startswith("expanded"))
    assert expanded["settings"]["apiKey"].endswith("rams")
    assert expanded["settings"]["eventNames"] == {"a": {"@template": "Hi {{name}}"}}
    assert found["raw {{ 2 }}"]["settings"]["ignoredEvents"] == ["{{ ds }}"]
    assert found["data {{ 3 }}"]["settings"]["ignoredEvents"] == ["{{ ds }}"]
    assert found["raw {{ 2 }}"]["settings"]["eventNames"] == {"a": {"@liquid": "{{ x }}", "b": "{{ y }}"}}
    assert found["with literals"]["settings"]["ignoredEvents"] == ["{{ ds }}\n", "2"]
    assert found["with literals"]["settings"]["apiKey"].endswith(" }}k\n"[-4:])
    assert found["plain"]["settings"]["ignoredEvents"] == [{"@template": "{{ deep }}"}]
    assert found["renamed"]["settings"]["eventNames"] == {"c": {"@template": "{{x}}"}}
    assert found["renamed"]["subscriptions"] == []


def test_a_provisioned_list_is_checked_for_drift(
    run_dag: RunDag, segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PRODUCT_ANALYTICS", "generic://:a-key-of-product-1@")
    monkeypatch.setenv("AIRFLOW_CONN_MARKETING_ANALYTICS", "generic://:a-key-of-marketing-2@")
    output = run_dag("segment_provisioning")
    assert "a-key-of" not in output
    made = {found["name"]: found for found in segment_sandbox.destinations}
    assert {found["settings"]["apiKey"][-2:] for found in made.values()} == {"-1", "-2"}
    assert {name: len(found["subscriptions"]) for name, found in made.items()} == {
        "Product analytics": 2,
        "Marketing analytics": 1,
    }
    assert sum(entry["method"] != "GET" for entry in segment_sandbox.requests) == 5

    run_dag("segment_drift")
    with SegmentPublicApiHook() as hook:
        hook.update_destination(id=made["Product analytics"]["id"], settings={"apiKey": "changed-by-hand"})
    writes = sum(entry["method"] != "GET" for entry in segment_sandbox.requests)
    output = run_dag("segment_drift", code=1)
    assert "SegmentDriftError" in output
    assert "settings['apiKey']" in output
    assert sum(entry["method"] != "GET" for entry in segment_sandbox.requests) == writes
