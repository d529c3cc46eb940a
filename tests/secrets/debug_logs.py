"""Logging at DEBUG. Airflow 3 logs with structlog, which has its own levels since 3.1."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.secrets.masker import there

STRUCTLOG = "airflow._shared.logging.structlog"


@contextmanager
def logging_at_debug(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Log everything, to caplog or, with structlog, to the output."""
    with caplog.at_level("DEBUG"), caplog.at_level("DEBUG", logger="airflow.task"):
        if not there(STRUCTLOG):
            yield
            return
        levels = importlib.import_module(STRUCTLOG).PER_LOGGER_LEVELS
        before = dict(levels)
        levels.update(dict.fromkeys([*before, "airflow.task"], 10))
        try:
            yield
        finally:
            levels.clear()
            levels.update(before)
