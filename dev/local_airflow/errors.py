"""Errors of a local Airflow."""

from __future__ import annotations


class LocalAirflowError(Exception):
    """Airflow failed; the message names the part and ends with the last lines of its log."""
