"""Real requests over real sockets, to the sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
from airflow_provider_segment.sandbox.testing import SegmentSandbox


@pytest.fixture
def hook(segment_sandbox: SegmentSandbox) -> Iterator[SegmentPublicApiHook]:
    with SegmentPublicApiHook() as made:
        yield made


@pytest.fixture
def destination_id(hook: SegmentPublicApiHook) -> str:
    created = hook.create_destination(
        source_id="sandbox-web", metadata_id="sandbox-analytics", name="mine", settings={"apiKey": "0123456789abcdef"}
    )
    return created["id"]
