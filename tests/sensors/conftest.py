"""Sensors, run against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
from airflow_provider_segment.sandbox.testing import SegmentSandbox


@pytest.fixture
def hook(segment_sandbox: SegmentSandbox) -> Iterator[SegmentPublicApiHook]:
    with SegmentPublicApiHook() as hook:
        yield hook
