"""A sandbox with the objects that the documentation uses."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox

KEY = {"password": "todays-key-2", "extra": {"app_secret": "hush-hush"}}
DESTINATION = {
    "id": "my-destination",
    "sourceId": "sandbox-web",
    "metadataId": "sandbox-analytics",
    "name": "Product analytics",
    "settings": {"apiKey": "the-key-of-yesterday"},
}


@pytest.fixture
def documented_segment(segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch) -> SegmentSandbox:
    """The sandbox with the ids of the documentation, and the connections that it refers to."""
    demo: dict[str, Any] = json.loads(
        (resources.files("airflow_provider_segment.sandbox") / "seeds/demo.json").read_text()
    )
    segment_sandbox.seed(
        {
            "sources": [*demo["sources"], {"id": "source-id", "slug": "my-website"}],
            "catalog": [*demo["catalog"], {"id": "type-id", "slug": "amplitude"}],
            "destinations": [DESTINATION],
        }
    )
    monkeypatch.setenv("AIRFLOW_CONN_ANALYTICS", json.dumps(KEY))
    return segment_sandbox
