"""The content of the sandbox, as an HTML page and as the JSON that the page displays."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any

from starlette.responses import HTMLResponse

from airflow_provider_segment.sandbox.api.destinations import name_json
from airflow_provider_segment.sandbox.api.filters import filter_json
from airflow_provider_segment.sandbox.api.subscriptions import subscription_json
from airflow_provider_segment.sandbox.clock import format_iso_time
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.faults import fault_json
from airflow_provider_segment.sandbox.settings import settings_json
from airflow_provider_segment.sandbox.state.objects import DISTANT_PAST, Destination
from airflow_provider_segment.sandbox.state.option_values import masked_values
from airflow_provider_segment.sandbox.state.workspace import WORKSPACE_ID, WORKSPACE_NAME, WORKSPACE_SLUG

_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@cache
def html_page() -> HTMLResponse:
    """Return the HTML page, which loads its data through control requests and contacts no other hosts."""
    html = files("airflow_provider_segment.sandbox.control").joinpath("page.html").read_bytes()
    return HTMLResponse(html, headers={"Content-Security-Policy": _CONTENT_SECURITY_POLICY})


def overview_json(sandbox: Sandbox) -> dict[str, Any]:
    """Return an overview of the sandbox, with object counts, settings and pending faults."""
    destinations = list(sandbox.workspace.destinations())
    return {
        "workspace": {"id": WORKSPACE_ID, "slug": WORKSPACE_SLUG, "name": WORKSPACE_NAME},
        "time": format_iso_time(sandbox.clock.now()),
        "sources": list(sandbox.workspace.sources),
        "catalog": list(sandbox.workspace.catalog),
        "destinationCount": len(destinations),
        "subscriptionCount": sum(1 for _ in sandbox.workspace.subscriptions.all()),
        "filterCount": sum(1 for _ in sandbox.workspace.filters.all()),
        "requestCount": sandbox.journal.total,
        "settings": settings_json(sandbox.settings),
        "faults": [fault_json(fault) for fault in sandbox.faults.pending()],
    }


def destinations_json(sandbox: Sandbox, *, last: int | None = None) -> list[dict[str, Any]]:
    """Return destinations, oldest first, with their subscriptions, filters and deliveries; secrets are masked.

    :param last: return only this many of the newest ones; None for all.
    """
    destinations = list(sandbox.workspace.destinations())
    start = 0 if last is None else max(0, len(destinations) - last)
    return [_destination_json(sandbox, destination) for destination in islice(destinations, start, None)]


def _destination_json(sandbox: Sandbox, destination: Destination) -> dict[str, Any]:
    entry = sandbox.workspace.catalog[destination.metadata_id]
    record = entry.record
    return {
        "id": destination.id,
        **name_json(sandbox, destination),
        "enabled": destination.enabled,
        "metadata": {key: record[key] for key in ("id", "name", "slug", "status")},
        "sourceId": destination.source_id,
        "settings": masked_values(entry, destination.settings),
        "subscriptions": [subscription_json(item) for item in sandbox.workspace.subscriptions.of(destination.id)],
        "filters": [filter_json(item) for item in sandbox.workspace.filters.of(destination.id)],
        "deliveries": _deliveries_json(sandbox, destination),
    }


def _deliveries_json(sandbox: Sandbox, destination: Destination) -> dict[str, int]:
    """Return the totals of a destination's deliveries so far, ignoring ``metrics_lag_seconds``."""
    summary = sandbox.workspace.deliveries(destination.id).summary(since=DISTANT_PAST, until=sandbox.clock.now())
    return {
        "successes": summary.successes,
        "successesAfterRetry": summary.successes_after_retry,
        "discarded": summary.discarded,
        "expired": summary.expired,
        "retried": summary.retried,
    }
