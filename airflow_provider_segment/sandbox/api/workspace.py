"""Operations that read the workspace, its sources and the catalog."""

from __future__ import annotations

from typing import Any

from airflow_provider_segment.sandbox.api.destinations import destination_json
from airflow_provider_segment.sandbox.api.operation_request import OperationRequest
from airflow_provider_segment.sandbox.api.pagination import paginate
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import not_found
from airflow_provider_segment.sandbox.state.objects import Source
from airflow_provider_segment.sandbox.state.workspace import WORKSPACE_ID, WORKSPACE_NAME, WORKSPACE_SLUG


def get_workspace(_sandbox: Sandbox, _request: OperationRequest) -> dict[str, Any]:
    """Handle getWorkspace."""
    return {"workspace": {"id": WORKSPACE_ID, "slug": WORKSPACE_SLUG, "name": WORKSPACE_NAME}}


def list_sources(sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle listSources."""
    sources = list(sandbox.workspace.sources.values())
    items, pagination = paginate(sources, request.page(), lambda source: source.encoded)
    return {"sources": items, "pagination": pagination}


def get_source(sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle getSource."""
    return {"source": _find_source(sandbox, request).encoded, "trackingPlanId": None}


def list_connected_destinations(sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle listConnectedDestinationsFromSource."""
    source = _find_source(sandbox, request)
    destinations = sandbox.listed(sandbox.workspace.destinations())
    connected = [item for item in destinations if item.source_id == source.id]
    items, pagination = paginate(connected, request.page(), lambda item: destination_json(sandbox, item))
    return {"destinations": items, "pagination": pagination}


def get_destinations_catalog(sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle getDestinationsCatalog."""
    entries = list(sandbox.workspace.catalog.values())
    items, pagination = paginate(entries, request.page(), lambda entry: entry.encoded)
    return {"destinationsCatalog": items, "pagination": pagination}


def get_destination_metadata(sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle getDestinationMetadata."""
    entry = sandbox.workspace.catalog.get(request.id("destinationMetadataId"))
    if entry is None:
        raise not_found()
    return {"destinationMetadata": entry.encoded}


def _find_source(sandbox: Sandbox, request: OperationRequest) -> Source:
    source = sandbox.workspace.sources.get(request.id("sourceId"))
    if source is None:
        raise not_found()
    return source
