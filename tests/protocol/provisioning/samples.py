"""A destination with subscriptions, as described and as it is."""

from __future__ import annotations

from typing import Any

from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec

DESCRIBED = DestinationSpec(
    source_id="s", metadata_id="m", name="mine", settings={"apiKey": "hunter2-hunter2"}, enabled=True
)
ACTUAL: Any = {
    "id": "d",
    "name": "mine",
    "enabled": False,
    "sourceId": "s",
    "metadata": {"id": "m"},
    "settings": {"apiKey": "••••••••••abcd"},
}


def one(name: str = "x", **changes: Any) -> SubscriptionSpec:
    """Return a described subscription."""
    return SubscriptionSpec(**{"name": name, "action_id": "a", "trigger": "all"} | changes)


def existing(name: str, **changes: Any) -> Any:
    """Return an existing subscription of the destination."""
    plain = {"id": f"id-{name}", "name": name, "actionId": "a", "destinationId": "d", "enabled": True, "trigger": "all"}
    return plain | {"settings": {}} | changes
