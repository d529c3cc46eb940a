"""Operations on destination filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from airflow_provider_segment.sandbox import decisions
from airflow_provider_segment.sandbox.api.destinations import find_destination
from airflow_provider_segment.sandbox.api.operation_request import OperationRequest
from airflow_provider_segment.sandbox.api.pagination import paginate
from airflow_provider_segment.sandbox.clock import format_iso_time
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import ApiError, not_found
from airflow_provider_segment.sandbox.filters.actions import apply_actions, check_actions
from airflow_provider_segment.sandbox.filters.condition import check_condition, is_met
from airflow_provider_segment.sandbox.filters.fields import ACTIONS, CONDITION, FILTER_FIELDS
from airflow_provider_segment.sandbox.state.objects import Filter, new_child_id
from airflow_provider_segment.sandbox.validation import Field

CREATE_FIELDS = (Field(name="sourceId", kind="string", required=True, not_empty=True), *FILTER_FIELDS)
UPDATE_FIELDS = tuple(replace(field, required=False, nullable=field.name == "description") for field in FILTER_FIELDS)
PREVIEW_FIELDS = (
    Field(name="filter", kind="object", required=True, fields=(CONDITION, ACTIONS)),
    Field(name="payload", kind="object", required=True),
)


def list_filters(sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle listFiltersFromDestination."""
    filters = sandbox.listed(sandbox.workspace.filters.of(find_destination(sandbox, request).id))
    items, pagination = paginate(filters, request.page(), filter_json)
    return {"filters": items, "pagination": pagination}


def create_filter(sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle createFilterForDestination."""
    destination = find_destination(sandbox, request)
    body = request.body(CREATE_FIELDS)
    _check_rules(body)
    if body["sourceId"] != destination.source_id:
        raise not_found("Source not found", field="sourceId")
    if len(list(sandbox.workspace.filters.of(destination.id))) >= decisions.MAX_FILTERS:
        raise ApiError(
            decisions.TOO_MANY_FILTERS_STATUS, f"A destination can have at most {decisions.MAX_FILTERS} filters"
        )
    now = sandbox.clock.now()
    created = Filter(
        id=new_child_id(),
        source_id=destination.source_id,
        destination_id=destination.id,
        title=body["title"],
        condition=body["if"],
        actions=body["actions"],
        enabled=body["enabled"],
        description=body.get("description"),
        created_at=now,
        updated_at=now,
    )
    sandbox.workspace.filters.put(created)
    return {"filter": filter_json(created)}


def get_filter(sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle getFilterInDestination."""
    return {"filter": filter_json(_find(sandbox, request))}


def update_filter(sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle updateFilterForDestination."""
    current = _find(sandbox, request)
    body = request.body(UPDATE_FIELDS)
    _check_rules(body)
    changed = replace(
        current,
        title=body.get("title", current.title),
        condition=body.get("if", current.condition),
        actions=body.get("actions", current.actions),
        enabled=body.get("enabled", current.enabled),
        description=body.get("description", current.description),
        updated_at=sandbox.clock.now(),
    )
    sandbox.workspace.filters.put(changed)
    return {"filter": filter_json(changed)}


def remove_filter(sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle removeFilterFromDestination."""
    sandbox.workspace.filters.remove(_find(sandbox, request))
    return {"status": "SUCCESS"}


def preview_filter(_sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle previewDestinationFilter."""
    body = request.body(PREVIEW_FIELDS)
    rules = body["filter"]
    check_actions(rules["actions"], field="filter.actions")
    payload = body["payload"]
    result = payload
    if is_met(rules["if"], payload, field="filter.if"):
        result = apply_actions(rules["actions"], payload, field="filter.actions")
    return {"inputPayload": payload, "result": result}


def filter_json(item: Filter) -> dict[str, Any]:
    """Return a filter as JSON."""
    record: dict[str, Any] = {
        "id": item.id,
        "sourceId": item.source_id,
        "destinationId": item.destination_id,
        "if": item.condition,
        "actions": item.actions,
        "title": item.title,
        "enabled": item.enabled,
        "createdAt": format_iso_time(max(0.0, item.created_at)),
        "updatedAt": format_iso_time(max(0.0, item.updated_at)),
    }
    if item.description is not None:
        record["description"] = item.description
    return record


def _find(sandbox: Sandbox, request: OperationRequest) -> Filter:
    destination = find_destination(sandbox, request)
    found = sandbox.workspace.filters.get(destination.id, request.id("filterId"))
    if found is None:
        raise not_found()
    return found


def _check_rules(body: Mapping[str, Any]) -> None:
    if "if" in body:
        check_condition(body["if"], field="if")
    if "actions" in body:
        check_actions(body["actions"], field="actions")
