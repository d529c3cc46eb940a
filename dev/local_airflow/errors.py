"""What can go wrong with a local Airflow."""

from __future__ import annotations


class LocalAirflowError(Exception):
    """Airflow did not do what was asked; the message says which part, and ends with the last lines of its log."""
