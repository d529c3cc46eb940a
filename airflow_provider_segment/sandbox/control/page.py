"""The page for people."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from starlette.responses import HTMLResponse

_ONLY_ITSELF = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@cache
def page() -> HTMLResponse:
    """Give the page. It fetches everything it shows from the control requests, and nothing from anywhere else."""
    text = files("airflow_provider_segment.sandbox.control").joinpath("page.html").read_bytes()
    return HTMLResponse(text, headers={"Content-Security-Policy": _ONLY_ITSELF})
