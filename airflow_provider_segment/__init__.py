"""Airflow provider for the Twilio Segment Public API.

It does not import Airflow, because provider discovery imports this package before Airflow's configuration is ready.
"""

from __future__ import annotations

from typing import Any

from airflow_provider_segment.version import __version__

__all__ = ["__version__", "get_provider_info"]


def get_provider_info() -> dict[str, Any]:
    """Return the provider info for Airflow (entry point group ``apache_airflow_provider``)."""
    from copy import deepcopy

    from airflow_provider_segment.provider_info import PROVIDER_INFO

    return deepcopy(PROVIDER_INFO)  # a copy, because Airflow modifies it
