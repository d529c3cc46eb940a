"""A destination to disable and enable, and the log of a notifier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox

Logged: TypeAlias = Callable[[], str]

IDENTITY = {"source_id": "sandbox-web", "metadata_id": "sandbox-analytics", "name": "Feed"}
BY_SLUG = {"source": "sandbox-web", "destination_type": "sandbox-analytics", "name": "Feed"}
FEED: dict[str, Any] = {
    "id": "feed",
    "sourceId": "sandbox-web",
    "metadataId": "sandbox-analytics",
    "name": "Feed",
    "settings": {"apiKey": "k"},
}


@pytest.fixture
def feed(segment_sandbox: SegmentSandbox) -> SegmentSandbox:
    """Return a sandbox with two enabled destinations."""
    segment_sandbox.seed({"destinations": [FEED, FEED | {"id": "other", "name": "Other"}]})
    return segment_sandbox


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Logged:
    """Return the log; Airflow 3 logs with structlog, which prints, and 2.11 with the standard library."""
    return lambda: caplog.text + "".join(capfd.readouterr())


def enabled(sandbox: SegmentSandbox) -> dict[str, bool]:
    return {found["id"]: found["enabled"] for found in sandbox.destinations}
