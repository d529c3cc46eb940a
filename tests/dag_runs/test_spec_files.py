"""The example DAGs with spec files: one task for all, and one for each."""

from __future__ import annotations

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.dag_runs.conftest import RunDag
from tests.dag_runs.destinations import destination


@pytest.fixture(autouse=True)
def connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PRODUCT_ANALYTICS", "generic://:a-key-of-product-1@")


def test_a_folder_is_applied_and_checked(run_dag: RunDag, segment_sandbox: SegmentSandbox) -> None:
    output = run_dag("segment_workspace", conf={"on_drift": "fix"})
    assert "2 of 2: destination 'Product analytics' (sandbox-web/sandbox-analytics/product-analytics.yaml)" in output
    assert "a-key-of-product-1" not in output
    partner, product = sorted(segment_sandbox.destinations, key=lambda one: one["name"])
    assert (partner["name"], product["settings"]["region"]) == ("Partner feed", "eu")
    assert [one["title"] for one in product["filters"]] == ["No emails"]

    run_dag("segment_workspace")
    segment_sandbox.seed({"destinations": [destination("Product analytics")]})
    output = run_dag("segment_workspace", code=1)

    assert "SegmentDriftError" in output
    assert "2 of 2 destinations differ" in output
    assert [(one["name"], one["subscriptions"]) for one in segment_sandbox.destinations] == [("Product analytics", [])]


def test_each_file_is_a_task(run_dag: RunDag, segment_sandbox: SegmentSandbox) -> None:
    output = run_dag("segment_spec_files")

    assert sorted(one["name"] for one in segment_sandbox.destinations) == ["Partner feed", "Product analytics"]
    assert "a-key-of-product-1" not in output
