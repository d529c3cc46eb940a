from __future__ import annotations

from collections.abc import Iterator

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.sandbox.client import Client


@pytest.fixture
def segment(segment_sandbox: SegmentSandbox) -> Iterator[Client]:
    """Return a client of a newly reset sandbox."""
    client = Client(segment_sandbox)
    with client.session:
        yield client
