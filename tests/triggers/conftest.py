from __future__ import annotations

from collections.abc import Iterator

import pytest

from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.server import SandboxServer
from airflow_provider_segment.sandbox.settings import Settings
from airflow_provider_segment.sandbox.state.seed import load_seed
from tests.triggers.rotating import DESTINATION, Rotating


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make first polls come at once; another test covers that they are spread."""
    monkeypatch.setattr("airflow_provider_segment.triggers.polling.random.uniform", lambda low, high: low)


@pytest.fixture
def rotating(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rotating]:
    sandbox = Sandbox(token="first-token", seed=load_seed("demo"), settings=Settings(deliveries_per_minute=0))
    with SandboxServer(sandbox=sandbox) as server:
        made = Rotating(sandbox, server.url, monkeypatch)
        made.client.seed({"destinations": [DESTINATION]})
        made.connect()
        yield made
