"""Airflow provider for the Twilio Segment Public API.

Importing this package imports nothing of Airflow: Airflow's provider discovery imports it before its own
configuration is ready.
"""

from __future__ import annotations

from typing import Any

from airflow_provider_segment.version import __version__

__all__ = ["__version__", "get_provider_info"]


def get_provider_info() -> dict[str, Any]:
    """Describe the provider to Airflow (entry point group ``apache_airflow_provider``)."""
    from copy import deepcopy

    from airflow_provider_segment.provider_info import PROVIDER_INFO

    return deepcopy(PROVIDER_INFO)  # Airflow writes into it
