from __future__ import annotations

from collections.abc import Iterator

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.workspace.engine import AnyEngine, Engine, ModelEngine


@pytest.fixture
def engine(segment_sandbox: SegmentSandbox) -> Iterator[Engine]:
    """Return an engine for a newly reset sandbox without rate limits."""
    segment_sandbox.settings(subscription_write_limit_per_minute=None)
    engine = Engine(segment_sandbox)
    yield engine
    engine.driver.close()


@pytest.fixture(params=["sandbox", "model"])
def any_engine(request: pytest.FixtureRequest) -> AnyEngine:
    """Return an engine for the sandbox, and one for the model of the simulation."""
    engine: AnyEngine = ModelEngine() if request.param == "model" else request.getfixturevalue("engine")
    return engine
