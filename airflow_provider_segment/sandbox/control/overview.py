"""What the sandbox holds, at a glance."""

from __future__ import annotations

from itertools import islice
from typing import Any

from airflow_provider_segment.sandbox.api.subscriptions import subscription_json
from airflow_provider_segment.sandbox.clock import format_iso_time
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.faults import fault_json
from airflow_provider_segment.sandbox.settings import settings_json
from airflow_provider_segment.sandbox.state.objects import DISTANT_PAST, Destination
from airflow_provider_segment.sandbox.state.option_values import masked_values
from airflow_provider_segment.sandbox.state.workspace import WORKSPACE_ID, WORKSPACE_NAME, WORKSPACE_SLUG


def overview_json(sandbox: Sandbox) -> dict[str, Any]:
    """Write counts, settings and waiting faults."""
    destinations = list(sandbox.workspace.destinations())
    return {
        "workspace": {"id": WORKSPACE_ID, "slug": WORKSPACE_SLUG, "name": WORKSPACE_NAME},
        "time": format_iso_time(sandbox.clock.now()),
        "sources": list(sandbox.workspace.sources),
        "catalog": list(sandbox.workspace.catalog),
        "destinationCount": len(destinations),
        "subscriptionCount": sum(1 for _ in sandbox.workspace.all_subscriptions()),
        "requestCount": sandbox.journal.total,
        "settings": settings_json(sandbox.settings),
        "faults": [fault_json(fault) for fault in sandbox.faults.pending()],
    }


def destinations_json(sandbox: Sandbox, *, last: int | None = None) -> list[dict[str, Any]]:
    """Write all destinations, or the youngest ``last`` ones, secrets masked, with subscriptions and deliveries."""
    destinations = list(sandbox.workspace.destinations())
    start = 0 if last is None else max(0, len(destinations) - last)
    return [_destination_json(sandbox, destination) for destination in islice(destinations, start, None)]


def _destination_json(sandbox: Sandbox, destination: Destination) -> dict[str, Any]:
    entry = sandbox.workspace.catalog[destination.metadata_id]
    record = entry.record
    return {
        "id": destination.id,
        "name": destination.name,
        "enabled": destination.enabled,
        "metadata": {key: record[key] for key in ("id", "name", "slug", "status")},
        "sourceId": destination.source_id,
        "settings": masked_values(entry, destination.settings),
        "subscriptions": [subscription_json(item) for item in sandbox.workspace.subscriptions(destination.id)],
        "deliveries": _deliveries_json(sandbox, destination),
    }


def _deliveries_json(sandbox: Sandbox, destination: Destination) -> dict[str, int]:
    """Count all deliveries so far, whatever the metrics' lag."""
    summary = sandbox.workspace.deliveries(destination.id).summary(since=DISTANT_PAST, until=sandbox.clock.now())
    return {
        "successes": summary.successes,
        "successesAfterRetry": summary.successes_after_retry,
        "discarded": summary.discarded,
        "expired": summary.expired,
        "retried": summary.retried,
    }
