"""Operators that run against the sandbox."""

from __future__ import annotations

import pytest

from tests.running import Running


@pytest.fixture
def running(segment_sandbox: object) -> Running:
    return Running()
