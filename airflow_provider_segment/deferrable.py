"""Airflow's default for the ``deferrable`` argument of operators and sensors."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import conf

FAILED_BY_AIRFLOW = "__fail__"
"""The method name Airflow passes when the trigger failed or timed out; the same on 2.11 and 3."""


def default_deferrable() -> bool:
    """Return Airflow's ``[operators] default_deferrable``."""
    return bool(conf.getboolean("operators", "default_deferrable", fallback=False))
