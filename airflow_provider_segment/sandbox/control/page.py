"""The page for people."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def page() -> bytes:
    """Read the page, which fetches everything it shows from the control requests."""
    return files("airflow_provider_segment.sandbox.control").joinpath("page.html").read_bytes()
