"""Fixtures that run each test with both drivers."""

from __future__ import annotations

import pytest

from tests.drivers_and_hooks import DRIVERS
from tests.hostile.calling import CallApi, api_caller


@pytest.fixture(params=DRIVERS)
def call_api(request: pytest.FixtureRequest) -> CallApi:
    """Return a function that gets the workspace with one of the drivers."""
    return api_caller(request.param)
