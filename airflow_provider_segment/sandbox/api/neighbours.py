"""The reads that destinations lean on: workspace, sources, connected destinations, catalog."""

from __future__ import annotations

from typing import Any

from airflow_provider_segment.sandbox.api.asked import Asked
from airflow_provider_segment.sandbox.api.destinations import destination_json
from airflow_provider_segment.sandbox.api.pagination import page_of
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import not_found
from airflow_provider_segment.sandbox.state import workspace
from airflow_provider_segment.sandbox.state.objects import Source


def get_workspace(_sandbox: Sandbox, _asked: Asked) -> dict[str, Any]:
    """Carry out getWorkspace."""
    return {"workspace": {"id": workspace.ID, "slug": workspace.SLUG, "name": workspace.NAME}}


def list_sources(sandbox: Sandbox, asked: Asked) -> dict[str, Any]:
    """Carry out listSources."""
    sources = list(sandbox.workspace.sources.values())
    items, pagination = page_of(sources, asked.page(), lambda source: source.encoded)
    return {"sources": items, "pagination": pagination}


def get_source(sandbox: Sandbox, asked: Asked) -> dict[str, Any]:
    """Carry out getSource."""
    return {"source": _source(sandbox, asked).encoded, "trackingPlanId": None}


def list_connected_destinations(sandbox: Sandbox, asked: Asked) -> dict[str, Any]:
    """Carry out listConnectedDestinationsFromSource."""
    source = _source(sandbox, asked)
    connected = [item for item in sandbox.listed_destinations() if item.source_id == source.id]
    items, pagination = page_of(connected, asked.page(), lambda item: destination_json(sandbox, item))
    return {"destinations": items, "pagination": pagination}


def get_destinations_catalog(sandbox: Sandbox, asked: Asked) -> dict[str, Any]:
    """Carry out getDestinationsCatalog."""
    entries = list(sandbox.workspace.catalog.values())
    items, pagination = page_of(entries, asked.page(), lambda entry: entry.encoded)
    return {"destinationsCatalog": items, "pagination": pagination}


def get_destination_metadata(sandbox: Sandbox, asked: Asked) -> dict[str, Any]:
    """Carry out getDestinationMetadata."""
    entry = sandbox.workspace.catalog.get(asked.id("destinationMetadataId"))
    if entry is None:
        raise not_found()
    return {"destinationMetadata": entry.encoded}


def _source(sandbox: Sandbox, asked: Asked) -> Source:
    source = sandbox.workspace.sources.get(asked.id("sourceId"))
    if source is None:
        raise not_found()
    return source
