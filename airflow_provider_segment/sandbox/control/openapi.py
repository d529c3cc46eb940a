"""``GET /_sandbox/openapi.json``: an OpenAPI description of the API that the sandbox serves.

It is generated from the tables that the sandbox itself uses, so it cannot contradict them. It describes the sandbox
only: Segment publishes its own description of the API.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from airflow_provider_segment.sandbox.api import schemas
from airflow_provider_segment.sandbox.api.media_types import media_types
from airflow_provider_segment.sandbox.api.operation_request import MAX_ID_LENGTH
from airflow_provider_segment.sandbox.api.operations import OPERATIONS, Operation
from airflow_provider_segment.sandbox.api.pagination import PAGE_FIELDS
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.responses import PLAIN_JSON
from airflow_provider_segment.sandbox.validation import Field

_LIMIT_HEADERS = {
    name: {"required": True, "schema": schema}
    for name, schema in (
        ("X-RateLimit-Consumed", schemas.COUNT),
        ("X-RateLimit-Remaining", schemas.COUNT),
        ("X-RateLimit-Reset", schemas.STRING),
    )
}
_ERROR_STATUSES = {
    400: "The request conflicts with an existing object, or sets only read-only settings",
    401: "The token is missing or wrong",
    404: "There is no such object",
    406: "No accepted media type is available",
    413: "The body is too long",
    415: "The body is not JSON",
    422: "A field is missing or invalid",
    429: "The rate limit is exceeded",
}
_ONLY_WITH_BODY = {400, 415}
_TIMES = {"startTime", "endTime"}


def openapi_json(sandbox: Sandbox) -> dict[str, Any]:
    """Return the OpenAPI description, with ids of existing objects as examples."""
    paths: dict[str, dict[str, Any]] = {}
    examples = _example_ids(sandbox)
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation_json(operation, examples)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Segment sandbox", "version": "1"},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Errors": schemas.ERRORS},
        },
    }


def _operation_json(operation: Operation, examples: Mapping[str, str]) -> dict[str, Any]:
    record: dict[str, Any] = {
        "operationId": operation.name,
        "parameters": [*_path_parameters(operation.path, examples), *_query_parameters(operation, examples)],
        "responses": {"200": _success(operation), **_errors(operation)},
    }
    if operation.body is not None:
        schema = fields_schema(operation.body, examples)
        content = {media_type: {"schema": schema} for media_type in (PLAIN_JSON, *media_types(operation.stage))}
        record["requestBody"] = {"required": True, "content": content}
    return record


def _path_parameters(path: str, examples: Mapping[str, str]) -> list[dict[str, Any]]:
    schema = {"type": "string", "minLength": 1, "maxLength": MAX_ID_LENGTH}
    return [
        {"name": name, "in": "path", "required": True, "schema": schema}
        | ({"example": examples[name]} if name in examples else {})
        for name in re.findall(r"{(\w+)}", path)
    ]


def _query_parameters(operation: Operation, examples: Mapping[str, str]) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = [
        {"name": field.name, "in": "query", "required": field.required, "schema": _field_schema(field, examples)}
        for field in operation.query
    ]
    if operation.paginated:
        schema = {**fields_schema(PAGE_FIELDS), "additionalProperties": False}
        parameters.append(
            {"name": "pagination", "in": "query", "style": "deepObject", "explode": True, "schema": schema}
        )
    return parameters


def _success(operation: Operation) -> dict[str, Any]:
    schema = schemas.exact_object({"data": schemas.exact_object(operation.data)})
    content = {media_type: {"schema": schema} for media_type in (*media_types(operation.stage), PLAIN_JSON)}
    return {"description": "Success", "headers": _LIMIT_HEADERS, "content": content}


def _errors(operation: Operation) -> dict[str, Any]:
    content = {PLAIN_JSON: {"schema": {"$ref": "#/components/schemas/Errors"}}}
    return {
        str(status): {"description": description, "content": content}
        for status, description in _ERROR_STATUSES.items()
        if operation.body is not None or status not in _ONLY_WITH_BODY
    }


def fields_schema(fields: Sequence[Field], examples: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the JSON Schema of an object with the given fields; other keys are allowed.

    :param examples: values of fields, by name.
    """
    return {
        "type": "object",
        "properties": {field.name: _field_schema(field, examples or {}) for field in fields},
        "required": [field.name for field in fields if field.required],
    }


def _field_schema(field: Field, examples: Mapping[str, str]) -> dict[str, Any]:
    schema: dict[str, Any] = fields_schema(field.fields, examples) if field.fields else {}
    schema["type"] = [field.kind, "null"] if field.nullable else field.kind
    limits = {
        "minLength": 1 if field.not_empty else None,
        "enum": list(field.choices) or None,
        "minimum": field.minimum,
        "maximum": field.maximum,
        "format": "date-time" if field.name in _TIMES else None,
        "examples": [examples[field.name]] if field.name in examples else None,
    }
    return schema | {name: value for name, value in limits.items() if value is not None}


def _example_ids(sandbox: Sandbox) -> dict[str, str]:
    """Return example ids by field or parameter name: those of one subscription and its related objects."""
    workspace = sandbox.workspace
    for subscription in workspace.subscriptions.all():
        destination = workspace.destination(subscription.destination_id)
        if destination is not None:
            filters = [item.id for item in workspace.filters.of(destination.id)]
            return {
                "sourceId": destination.source_id,
                "metadataId": destination.metadata_id,
                "destinationMetadataId": destination.metadata_id,
                "destinationId": destination.id,
                "actionId": subscription.action_id,
                "id": subscription.id,
                **({"filterId": filters[0]} if filters else {}),
            }
    return {}
