from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.official_client.official import OfficialClient, missing, running


def pytest_runtest_setup() -> None:
    """Skip here instead of in a fixture, so that pytest reports one line for all tests."""
    reason = missing()
    if reason is not None:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def official_process() -> Iterator[subprocess.Popen[str]]:
    with running() as process:
        yield process


@pytest.fixture
def official(official_process: subprocess.Popen[str], segment_sandbox: SegmentSandbox) -> OfficialClient:
    """Segment's own client, pointed to a fresh sandbox."""
    return OfficialClient(url=segment_sandbox.url, token=segment_sandbox.token, process=official_process)
