"""The five operations on destinations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from airflow_provider_segment.sandbox import decisions
from airflow_provider_segment.sandbox.api.asked import Asked
from airflow_provider_segment.sandbox.api.pagination import page_of
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import ApiError, not_found
from airflow_provider_segment.sandbox.state.catalog import CatalogEntry
from airflow_provider_segment.sandbox.state.ids import new_destination_id
from airflow_provider_segment.sandbox.state.objects import Destination
from airflow_provider_segment.sandbox.state.option_values import created_values, masked_values, updated_values
from airflow_provider_segment.sandbox.validation import Field

_CREATE = (
    Field(name="sourceId", kind="string", required=True, not_empty=True),
    Field(name="metadataId", kind="string", required=True, not_empty=True),
    Field(name="settings", kind="object", required=True),
    Field(name="enabled", kind="boolean"),
    Field(name="name", kind="string"),
)
_UPDATE = (
    Field(name="name", kind="string", nullable=True),
    Field(name="enabled", kind="boolean"),
    Field(name="settings", kind="object"),
)


def list_destinations(sandbox: Sandbox, asked: Asked) -> dict[str, Any]:
    """Carry out listDestinations."""
    items, pagination = page_of(
        sandbox.listed_destinations(), asked.page(), lambda item: destination_json(sandbox, item)
    )
    return {"destinations": items, "pagination": pagination}


def create_destination(sandbox: Sandbox, asked: Asked) -> dict[str, Any]:
    """Carry out createDestination."""
    body = asked.body(_CREATE)
    if body["sourceId"] not in sandbox.workspace.sources:
        raise not_found("Source not found", field="sourceId")
    entry = sandbox.workspace.catalog.get(body["metadataId"])
    if entry is None:
        raise not_found("Destination metadata not found", field="metadataId")
    destination = Destination(
        id=new_destination_id(),
        name=body.get("name", decisions.UNNAMED),
        enabled=body.get("enabled", decisions.ENABLED_BY_DEFAULT),
        source_id=body["sourceId"],
        metadata_id=entry.id,
        settings=created_values(entry, body["settings"]),
        created_at=sandbox.clock.now(),
    )
    _refuse_conflicts(sandbox, entry, destination)
    return _stored(sandbox, destination)


def get_destination(sandbox: Sandbox, asked: Asked) -> dict[str, Any]:
    """Carry out getDestination."""
    return {"destination": destination_json(sandbox, find_destination(sandbox, asked))}


def update_destination(sandbox: Sandbox, asked: Asked) -> dict[str, Any]:
    """Carry out updateDestination."""
    current = find_destination(sandbox, asked)
    body = asked.body(_UPDATE)
    entry = sandbox.workspace.catalog[current.metadata_id]
    settings = current.settings
    if "settings" in body:
        settings = updated_values(
            entry,
            current.settings,
            body["settings"],
            how=sandbox.settings.settings_update,
            alone=not {"name", "enabled"} & body.keys(),
        )
    name = body.get("name", current.name)
    changed = replace(
        current,
        name=decisions.UNNAMED if name is None else name,
        enabled=body.get("enabled", current.enabled),
        settings=settings,
    )
    if changed.name != current.name:
        _refuse_repeated_name(sandbox, changed)
    return _stored(sandbox, changed)


def delete_destination(sandbox: Sandbox, asked: Asked) -> dict[str, Any]:
    """Carry out deleteDestination; its subscriptions go with it."""
    sandbox.workspace.remove_destination(find_destination(sandbox, asked).id)
    return {"status": "SUCCESS"}


def find_destination(sandbox: Sandbox, asked: Asked) -> Destination:
    """Find the destination the path names.

    :raises ApiError: 404, when there is none.
    """
    destination = sandbox.workspace.destination(asked.id("destinationId"))
    if destination is None:
        raise not_found()
    return destination


def destination_json(sandbox: Sandbox, destination: Destination) -> dict[str, Any]:
    """Write a destination, secrets masked."""
    entry = sandbox.workspace.catalog[destination.metadata_id]
    return {
        "id": destination.id,
        "name": destination.name,
        "enabled": destination.enabled,
        "metadata": entry.encoded,
        "sourceId": destination.source_id,
        "settings": masked_values(entry, destination.settings),
    }


def _stored(sandbox: Sandbox, destination: Destination) -> dict[str, Any]:
    sandbox.workspace.put_destination(destination)
    sandbox.update_delivery_rate(destination.id)
    return {"destination": destination_json(sandbox, destination)}


def _siblings(sandbox: Sandbox, destination: Destination) -> list[Destination]:
    """Find what there is of this type on this source; of the destination itself, its state before the request."""
    return [
        other
        for other in sandbox.workspace.destinations()
        if (other.source_id, other.metadata_id) == (destination.source_id, destination.metadata_id)
    ]


def _refuse_conflicts(sandbox: Sandbox, entry: CatalogEntry, destination: Destination) -> None:
    siblings = _siblings(sandbox, destination)
    if siblings and entry.single_instance:
        raise _conflict("This destination does not support several instances on one source", "metadataId")
    if len(siblings) >= decisions.MAX_INSTANCES:
        raise _conflict(f"A source has at most {decisions.MAX_INSTANCES} instances of a destination", "metadataId")
    _refuse_repeated_name(sandbox, destination)


def _refuse_repeated_name(sandbox: Sandbox, destination: Destination) -> None:
    if sandbox.settings.duplicate_names == "refuse" and any(
        other.name == destination.name for other in _siblings(sandbox, destination)
    ):
        raise _conflict("Another instance of this destination on this source has this name", "name")


def _conflict(message: str, field: str) -> ApiError:
    return ApiError(decisions.INSTANCE_CONFLICT_STATUS, message, field=field)
