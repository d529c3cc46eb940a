"""JSON Schemas of the objects in responses, for the sandbox's OpenAPI description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

STRING: Schema = {"type": "string"}
NULLABLE_STRING: Schema = {"type": ["string", "null"]}
TIME: Schema = {"type": "string", "format": "date-time"}
BOOLEAN: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number", "minimum": 0}
ANY_OBJECT: Schema = {"type": "object"}
NULLABLE_OBJECT: Schema = {"type": ["object", "null"]}
SUCCESS: Schema = {"type": "string", "enum": ["SUCCESS"]}


def array(items: Schema) -> Schema:
    """Return the schema of an array."""
    return {"type": "array", "items": items}


def exact_object(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """Return the schema of an object that allows no additional properties.

    :param required: schemas of the keys it always has.
    :param optional: schemas of the keys it may have.
    """
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def open_object(required: Mapping[str, Schema]) -> Schema:
    """Return the schema of an object that allows additional properties, such as keys that a seed adds."""
    return {"type": "object", "properties": required, "required": list(required)}


def _enumeration(values: Sequence[str]) -> Schema:
    return {"type": "string", "enum": list(values)}


_LOGOS = open_object({"default": STRING})
_OPTION = open_object({"name": STRING, "type": STRING, "required": BOOLEAN})
_ACTION = open_object(
    {
        "id": STRING,
        "slug": STRING,
        "name": STRING,
        "description": STRING,
        "platform": _enumeration(("CLOUD", "MOBILE", "WEB")),
        "hidden": BOOLEAN,
        "defaultTrigger": NULLABLE_STRING,
        "fields": array(ANY_OBJECT),
    }
)
METADATA = open_object(
    {
        "id": STRING,
        "name": STRING,
        "slug": STRING,
        "description": STRING,
        "website": STRING,
        "status": STRING,
        "logos": _LOGOS,
        "options": array(_OPTION),
        "actions": array(_ACTION),
        "presets": array(ANY_OBJECT),
        "previousNames": array(STRING),
        "categories": array(STRING),
        "components": array(ANY_OBJECT),
        "supportedFeatures": ANY_OBJECT,
        "supportedMethods": ANY_OBJECT,
        "supportedPlatforms": ANY_OBJECT,
    }
)
DESTINATION = exact_object(
    {"id": STRING, "enabled": BOOLEAN, "metadata": METADATA, "sourceId": STRING, "settings": ANY_OBJECT},
    {"name": STRING},
)
_SCHEDULE: Schema = {
    "type": "object",
    "properties": {
        "strategy": _enumeration(("CRON", "DBT_CLOUD", "MANUAL", "PERIODIC", "SPECIFIC_DAYS")),
        "config": {"type": ["object", "null"]},
    },
    "required": ["strategy"],
}
SUBSCRIPTION = exact_object(
    {
        "id": STRING,
        "name": STRING,
        "actionId": STRING,
        "actionSlug": STRING,
        "destinationId": STRING,
        "enabled": BOOLEAN,
        "settings": ANY_OBJECT,
        "trigger": {"type": "string", "minLength": 1},
        "modelId": STRING,
    },
    {"reverseETLSchedule": _SCHEDULE},
)
_FILTER_ACTION = open_object({"type": _enumeration(("ALLOW_PROPERTIES", "DROP", "DROP_PROPERTIES", "SAMPLE"))})
FILTER = exact_object(
    {
        "id": STRING,
        "sourceId": STRING,
        "destinationId": STRING,
        "if": {"type": "string", "minLength": 1},
        "actions": {**array(_FILTER_ACTION), "minItems": 1},
        "title": {"type": "string", "minLength": 1},
        "enabled": BOOLEAN,
        "createdAt": TIME,
        "updatedAt": TIME,
    },
    {"description": STRING},
)
_METRIC = exact_object(
    {"metricName": STRING, "total": COUNT},
    {"breakdown": array(exact_object({"metricName": STRING, "value": NUMBER}))},
)
DELIVERY_METRICS = exact_object({"sourceId": STRING, "destinationMetadataId": STRING, "metrics": array(_METRIC)})
WORKSPACE = exact_object({"id": STRING, "slug": STRING, "name": STRING})
SOURCE = open_object(
    {
        "id": STRING,
        "slug": STRING,
        "name": STRING,
        "metadata": ANY_OBJECT,
        "workspaceId": STRING,
        "enabled": BOOLEAN,
        "writeKeys": array(STRING),
        "settings": ANY_OBJECT,
        "labels": array(ANY_OBJECT),
    }
)
PAGINATION = exact_object({"current": STRING, "totalEntries": COUNT}, {"next": STRING, "previous": STRING})
ERRORS = exact_object(
    {
        "errors": {
            **array(exact_object({"type": STRING, "message": STRING}, {"field": STRING, "data": {}})),
            "minItems": 1,
        }
    }
)
