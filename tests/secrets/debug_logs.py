"""Logging at DEBUG. Airflow 3 logs by structlog, which has levels of its own; 2.11 by the standard library."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def logging_at_debug(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Let everything through, to caplog or, on Airflow 3, to the output."""
    with caplog.at_level("DEBUG"), caplog.at_level("DEBUG", logger="airflow.task"):
        if importlib.util.find_spec("airflow.sdk") is None:
            yield
            return
        levels = importlib.import_module("airflow._shared.logging.structlog").PER_LOGGER_LEVELS
        before = dict(levels)
        levels.update(dict.fromkeys([*before, "airflow.task"], 10))
        try:
            yield
        finally:
            levels.clear()
            levels.update(before)
