"""Operations on destinations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from airflow_provider_segment.sandbox import decisions
from airflow_provider_segment.sandbox.api.operation_request import OperationRequest
from airflow_provider_segment.sandbox.api.pagination import paginate
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import ApiError, not_found
from airflow_provider_segment.sandbox.state.catalog import CatalogEntry
from airflow_provider_segment.sandbox.state.objects import Destination, new_destination_id
from airflow_provider_segment.sandbox.state.option_values import initial_values, masked_values, updated_values
from airflow_provider_segment.sandbox.validation import Field

CREATE_FIELDS = (
    Field(name="sourceId", kind="string", required=True, not_empty=True),
    Field(name="metadataId", kind="string", required=True, not_empty=True),
    Field(name="settings", kind="object", required=True),
    Field(name="enabled", kind="boolean"),
    Field(name="name", kind="string"),
)
UPDATE_FIELDS = (
    Field(name="name", kind="string", nullable=True),
    Field(name="enabled", kind="boolean"),
    Field(name="settings", kind="object"),
)


def list_destinations(sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle listDestinations."""
    items, pagination = paginate(
        sandbox.listed(sandbox.workspace.destinations()), request.page(), lambda item: destination_json(sandbox, item)
    )
    return {"destinations": items, "pagination": pagination}


def create_destination(sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle createDestination."""
    body = request.body(CREATE_FIELDS)
    if body["sourceId"] not in sandbox.workspace.sources:
        raise not_found("Source not found", field="sourceId")
    entry = sandbox.workspace.catalog.get(body["metadataId"])
    if entry is None:
        raise not_found("Destination metadata not found", field="metadataId")
    destination = Destination(
        id=new_destination_id(),
        name=body.get("name", decisions.NO_NAME),
        enabled=body.get("enabled", decisions.ENABLED_BY_DEFAULT),
        source_id=body["sourceId"],
        metadata_id=entry.id,
        settings=initial_values(entry, body["settings"]),
        created_at=sandbox.clock.now(),
    )
    _check_conflicts(sandbox, entry, destination)
    return _put(sandbox, destination)


def get_destination(sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle getDestination."""
    return {"destination": destination_json(sandbox, find_destination(sandbox, request))}


def update_destination(sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle updateDestination."""
    current = find_destination(sandbox, request)
    body = request.body(UPDATE_FIELDS)
    entry = sandbox.workspace.catalog[current.metadata_id]
    settings = current.settings
    if "settings" in body:
        settings = updated_values(
            entry,
            current.settings,
            body["settings"],
            mode=sandbox.settings.settings_update,
            settings_only=not {"name", "enabled"} & body.keys(),
        )
    name = body.get("name", current.name)
    changed = replace(
        current,
        name=decisions.NO_NAME if name is None else name,
        enabled=body.get("enabled", current.enabled),
        settings=settings,
    )
    if changed.name != current.name:
        _check_name(sandbox, changed)
    return _put(sandbox, changed)


def delete_destination(sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle deleteDestination, which also deletes the destination's subscriptions, filters and deliveries."""
    sandbox.workspace.remove_destination(find_destination(sandbox, request).id)
    return {"status": "SUCCESS"}


def find_destination(sandbox: Sandbox, request: OperationRequest) -> Destination:
    """Return the destination whose id is in the path.

    :raises ApiError: 404, if there is none.
    """
    destination = sandbox.workspace.destination(request.id("destinationId"))
    if destination is None:
        raise not_found()
    return destination


def destination_json(sandbox: Sandbox, destination: Destination) -> dict[str, Any]:
    """Return a destination as JSON, with secrets masked."""
    entry = sandbox.workspace.catalog[destination.metadata_id]
    return {
        "id": destination.id,
        **name_json(sandbox, destination),
        "enabled": destination.enabled,
        "metadata": entry.encoded,
        "sourceId": destination.source_id,
        "settings": masked_values(entry, destination.settings),
    }


def name_json(sandbox: Sandbox, destination: Destination) -> dict[str, str]:
    """Return a dict with ``name``, or an empty dict if there is no name and the setting ``unnamed`` is ``absent``."""
    if destination.name == decisions.NO_NAME and sandbox.settings.unnamed == "absent":
        return {}
    return {"name": destination.name}


def _put(sandbox: Sandbox, destination: Destination) -> dict[str, Any]:
    sandbox.workspace.put_destination(destination)
    sandbox.update_delivery_rate(destination.id)
    return {"destination": destination_json(sandbox, destination)}


def _siblings(sandbox: Sandbox, destination: Destination) -> list[Destination]:
    """Return the stored destinations with the type and source of a given destination.

    If the destination itself exists already, they include it as it was before the request.
    """
    return [
        other
        for other in sandbox.workspace.destinations()
        if (other.source_id, other.metadata_id) == (destination.source_id, destination.metadata_id)
    ]


def _check_conflicts(sandbox: Sandbox, entry: CatalogEntry, destination: Destination) -> None:
    siblings = _siblings(sandbox, destination)
    if siblings and entry.single_instance:
        raise ApiError(decisions.SECOND_INSTANCE_STATUS, decisions.SECOND_INSTANCE_MESSAGE)
    if len(siblings) >= decisions.MAX_INSTANCES:
        message = f"A source can have at most {decisions.MAX_INSTANCES} instances of a destination type"
        raise ApiError(decisions.TOO_MANY_INSTANCES_STATUS, message)
    _check_name(sandbox, destination)


def _check_name(sandbox: Sandbox, destination: Destination) -> None:
    if sandbox.settings.duplicate_names == "reject" and any(
        other.name == destination.name for other in _siblings(sandbox, destination)
    ):
        message = "Another instance of this destination on this source has the same name"
        raise ApiError(sandbox.settings.duplicate_name_status, message, field="name")
