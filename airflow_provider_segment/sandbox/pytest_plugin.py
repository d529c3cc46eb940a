"""The pytest plugin with the fixture ``segment_sandbox``, a local Segment for tests of DAGs.

Pytest imports this module in every run, so it imports the sandbox only when a fixture is used.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from airflow_provider_segment.sandbox.testing import SegmentSandbox

CONNECTION_VARIABLE = "AIRFLOW_CONN_SEGMENT_PUBLIC_API_DEFAULT"
TOKEN = "sandbox-token"  # noqa: S105 - not a secret: the sandbox's own token


@pytest.fixture(scope="session")
def segment_sandbox_server() -> Iterator[SegmentSandbox]:
    """Run a sandbox on a free port of 127.0.0.1 for the whole session; tests use ``segment_sandbox`` instead."""
    try:
        from airflow_provider_segment.sandbox.core import Sandbox
        from airflow_provider_segment.sandbox.server import SandboxServer
        from airflow_provider_segment.sandbox.settings import Settings
        from airflow_provider_segment.sandbox.state.seed import load_seed
        from airflow_provider_segment.sandbox.testing import SegmentSandbox
    except ModuleNotFoundError as error:
        raise pytest.UsageError(
            f"The fixture segment_sandbox needs the extra airflow-provider-segment[sandbox]: {error}"
        ) from error
    settings = Settings(deliveries_per_minute=0)
    with SandboxServer(sandbox=Sandbox(token=TOKEN, seed=load_seed("empty"), settings=settings)) as server:
        yield SegmentSandbox(url=server.url, token=TOKEN)


@pytest.fixture
def segment_sandbox(segment_sandbox_server: SegmentSandbox, monkeypatch: pytest.MonkeyPatch) -> SegmentSandbox:
    """Reset the sandbox and make the Airflow connection ``segment_public_api_default`` point to it."""
    segment_sandbox_server.reset()
    # Hooks in this process remember the sandbox's rate limits from before the reset.
    if (gates := sys.modules.get("airflow_provider_segment.transport.gates")) is not None:
        gates.forget_all()
    monkeypatch.setenv(CONNECTION_VARIABLE, segment_sandbox_server.conn_uri)
    return segment_sandbox_server
