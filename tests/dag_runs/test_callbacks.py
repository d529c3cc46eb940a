"""Task callbacks as Airflow runs them."""

from __future__ import annotations

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.dag_runs.conftest import RunDag


def test_each_callback_disables_its_own_destination(run_dag: RunDag, segment_sandbox: SegmentSandbox) -> None:
    run_dag("segment_callbacks", code=1)
    assert {found["name"]: found["enabled"] for found in segment_sandbox.destinations} == {
        "mapped 0": False,
        "mapped 1": False,
        "by output": False,
        "bystander": True,
    }
