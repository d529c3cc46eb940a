from __future__ import annotations

import pytest

from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
from airflow_provider_segment.sandbox.testing import SegmentSandbox


@pytest.fixture
def destination_id(segment_sandbox: SegmentSandbox) -> str:
    with SegmentPublicApiHook() as hook:
        created = hook.create_destination(
            source_id="sandbox-web", metadata_id="sandbox-analytics", name="mine", settings={"apiKey": "k"}
        )
    return created["id"]


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make first polls come at once; another test covers that they are spread."""
    monkeypatch.setattr("airflow_provider_segment.triggers.polling.random.uniform", lambda low, high: low)
