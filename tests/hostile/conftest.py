"""Each test that asks does so with both drivers."""

from __future__ import annotations

import pytest

from tests.hostile.calling import Asking, asking_with
from tests.transport.both import ASKS


@pytest.fixture(params=ASKS)
def ask(request: pytest.FixtureRequest) -> Asking:
    """Asks for the workspace with one of the drivers."""
    return asking_with(request.param)
