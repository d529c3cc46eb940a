"""A destination to be switched, and what is logged on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox

Logged: TypeAlias = Callable[[], str]

IDENTITY = {"source_id": "sandbox-web", "metadata_id": "sandbox-analytics", "name": "Feed"}
FEED: dict[str, Any] = {
    "id": "feed",
    "sourceId": "sandbox-web",
    "metadataId": "sandbox-analytics",
    "name": "Feed",
    "settings": {"apiKey": "k"},
}


@pytest.fixture
def feed(segment_sandbox: SegmentSandbox) -> SegmentSandbox:
    """A sandbox with two destinations, both of which receive events."""
    segment_sandbox.seed({"destinations": [FEED, FEED | {"id": "other", "name": "Other"}]})
    return segment_sandbox


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Logged:
    """What was logged: Airflow 3 logs by structlog, which prints; 2.11 by the standard library."""
    return lambda: caplog.text + "".join(capfd.readouterr())


def enabled(sandbox: SegmentSandbox) -> dict[str, bool]:
    return {found["id"]: found["enabled"] for found in sandbox.destinations}
