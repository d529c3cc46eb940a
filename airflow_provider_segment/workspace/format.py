"""The keys of spec files and environments, defined once for the reader, the JSON Schemas and the documentation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_provider_segment.protocol.arguments import SCHEDULE_STRATEGIES
from airflow_provider_segment.protocol.filter_arguments import FILTER_ACTIONS

VARIABLE_NAME = "[A-Za-z_][A-Za-z0-9_]*"
"""Regular expression for the names of variables."""
SECRET_KEY = "$secret"  # noqa: S105 - the key of a reference, not a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of a spec file or an environment.

    :param name: the key.
    :param schema: JSON Schema of its value.
    :param text: what it means.
    :param required: whether it must be there.
    """

    name: str
    schema: Mapping[str, Any]
    text: str
    required: bool = False


_STRING = {"type": "string", "minLength": 1}
_FLAG = {"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": rf"^\$\{{{VARIABLE_NAME}\}}$"}]}
_SETTINGS = {"type": "object"}
_SCHEDULE = {
    "type": "object",
    "properties": {
        "strategy": {"type": "string", "enum": list(SCHEDULE_STRATEGIES)},
        "config": {"type": ["object", "null"]},
    },
    "required": ["strategy"],
    "additionalProperties": False,
}

_FILTER_ACTION = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "enum": list(FILTER_ACTIONS)},
        "percent": {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string"}]},
        "path": _STRING,
        "fields": {"type": "object", "additionalProperties": {"type": "array", "items": _STRING}},
    },
    "required": ["type"],
    "additionalProperties": False,
}

_ENABLED = (
    "Without it, an existing one stays as it is and a new one is enabled. `import` always writes it, so delete the"
    " line if something else, such as a circuit breaker, enables and disables it."
)

SUBSCRIPTION_KEYS = (
    Key(name="name", schema=_STRING, text="Display name. Optional with `id`; without it, the name is left alone."),
    Key(
        name="action",
        schema=_STRING,
        text="Slug or id of its action, one of the destination's type; can't be changed later.",
        required=True,
    ),
    Key(
        name="trigger",
        schema=_STRING,
        text='FQL statement that selects events, such as `type = "track"`. Optional with `id` or `removed`.',
    ),
    Key(name="enabled", schema=_FLAG, text=f"Whether it processes events. {_ENABLED}"),
    Key(
        name="settings",
        schema=_SETTINGS,
        text="Settings keyed by the field names of the action: constants, or directives such as `{'@path': $.event}`."
        " Only the described keys are compared; without `settings`, they are left alone.",
    ),
    Key(name="model_id", schema=_STRING, text="Id of the Reverse ETL model that its data comes from."),
    Key(name="reverse_etl_schedule", schema=_SCHEDULE, text="When that model syncs: `strategy` and `config`."),
    Key(
        name="id",
        schema=_STRING,
        text="Segment's id, to select one of several identical ones, or to rename it.",
    ),
    Key(name="previous_name", schema=_STRING, text="Its earlier name, to rename it."),
    Key(
        name="removed",
        schema={"type": "boolean"},
        text="`true` removes it. A subscription that is left out of the file is never removed.",
    ),
)

FILTER_KEYS = (
    Key(
        name="title",
        schema=_STRING,
        text="Display name; it identifies the filter within its destination. Optional with `id`; without it, the"
        " title is left alone.",
    ),
    Key(
        name="condition",
        schema=_STRING,
        text='FQL statement that selects events, such as `type = "identify"`, or `all`. Optional with `id` or'
        " `removed`.",
    ),
    Key(
        name="actions",
        schema={"type": "array", "minItems": 1, "items": _FILTER_ACTION},
        text="What happens to these events: `{type: DROP}`; `{type: SAMPLE, percent: 0.1}`, optionally with `path`;"
        " `{type: DROP_PROPERTIES, fields: {context.traits: [email]}}`; `ALLOW_PROPERTIES` takes the same keys."
        " Optional with `id` or `removed`.",
    ),
    Key(name="enabled", schema=_FLAG, text=f"Whether it filters events. {_ENABLED}"),
    Key(name="description", schema={"type": "string"}, text="Its purpose, in words; an empty string removes it."),
    Key(
        name="checks",
        schema={
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"payload": {"type": "object"}, "result": {"type": ["object", "null"]}},
                "required": ["payload", "result"],
                "additionalProperties": False,
            },
        },
        text="Sample events: `payload`, and `result`, which is the event after the filter, or `null` if it is dropped."
        " Segment previews them whenever the file is planned; a mismatch is an error before anything is written.",
    ),
    Key(
        name="id",
        schema=_STRING,
        text="Segment's id, to select one of several identical ones, or to rename it.",
    ),
    Key(name="previous_title", schema=_STRING, text="Its earlier title, to rename it."),
    Key(
        name="removed",
        schema={"type": "boolean"},
        text="`true` removes it. A filter that is left out of the file is never removed.",
    ),
)

DESTINATION_KEYS = (
    Key(name="source", schema=_STRING, text="Slug or id of its source; can't be changed later.", required=True),
    Key(name="type", schema=_STRING, text="Slug or catalog id of its type; can't be changed later.", required=True),
    Key(
        name="name",
        schema=_STRING,
        text="Display name; with source and type, it identifies the destination. Optional with `id`; without it, the"
        " name is left alone.",
    ),
    Key(name="enabled", schema=_FLAG, text=f"Whether it receives data. {_ENABLED}"),
    Key(
        name="settings",
        schema=_SETTINGS,
        text="Settings, keyed by the names of its type's options. Only the described keys are compared.",
    ),
    Key(
        name="subscriptions",
        schema={"type": "array", "items": {"$ref": "#/$defs/subscription"}},
        text="Its subscriptions, which the Segment app calls mappings. Those that are not listed are left alone;"
        " without this key, all of them are.",
    ),
    Key(
        name="filters",
        schema={"type": "array", "items": {"$ref": "#/$defs/filter"}},
        text="Its filters. Those that are not listed are left alone; without this key, all of them are.",
    ),
    Key(name="id", schema=_STRING, text="Segment's id, to select one of several identical ones."),
    Key(name="previous_name", schema=_STRING, text="Its earlier name, to rename it."),
    Key(
        name="removed",
        schema={"type": "boolean"},
        text="`true` deletes it with its subscriptions and filters. Deleting the file alone deletes nothing in"
        " Segment.",
    ),
)

_SECRET_FIELD = "^(password|login|host|schema|extra[.].+)$"  # noqa: S105 - a regular expression

ENVIRONMENT_KEYS = (
    Key(
        name="connection",
        schema=_STRING,
        text="Id of the Airflow connection to Segment. Default: `segment_public_api_default`.",
    ),
    Key(
        name="workspace_id",
        schema=_STRING,
        text="Id of the workspace. With it, nothing is planned or written if the token belongs to another workspace.",
    ),
    Key(
        name="variables",
        schema={
            "type": "object",
            "propertyNames": {"pattern": f"^{VARIABLE_NAME}$"},
            "additionalProperties": {"type": ["string", "number", "boolean"]},
        },
        text="Values of `${NAME}`. Every variable that a file uses must be listed; an unused one causes a warning.",
    ),
    Key(
        name="secrets",
        schema={
            "type": "object",
            "additionalProperties": {
                "anyOf": [
                    _STRING,
                    {
                        "type": "object",
                        "properties": {
                            "connection": _STRING,
                            "field": {"type": "string", "pattern": _SECRET_FIELD},
                        },
                        "required": ["connection"],
                        "additionalProperties": False,
                    },
                ]
            },
        },
        text="The Airflow connection behind each alias: its id, or an object with `connection` and `field`. Default:"
        " the `password` of the connection whose id is the alias.",
    ),
)


def destination_schema() -> dict[str, Any]:
    """Return the JSON Schema of a spec file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A Segment destination with its subscriptions and filters",
        **_object_schema(DESTINATION_KEYS, named_by="name"),
        "$defs": {
            "subscription": _object_schema(SUBSCRIPTION_KEYS, named_by="name"),
            "filter": _object_schema(FILTER_KEYS, named_by="title"),
        },
    }


def environment_schema() -> dict[str, Any]:
    """Return the JSON Schema of an environment."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An environment: where to apply the spec files, and their variables and secrets",
        **_object_schema(ENVIRONMENT_KEYS),
    }


SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "destination": destination_schema,
    "environment": environment_schema,
}
"""The function that returns the schema of each kind of file."""


def schema_file(name: str) -> Path:
    """Return the path of a shipped schema.

    :param name: ``destination`` or ``environment``.
    """
    return Path(__file__).parent / "schemas" / f"{name}.schema.json"


def _object_schema(keys: tuple[Key, ...], *, named_by: str = "") -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {key.name: {"description": key.text, **key.schema} for key in keys},
        "additionalProperties": False,
    }
    if required := [key.name for key in keys if key.required]:
        schema["required"] = required
    if named_by:
        schema["anyOf"] = [{"required": [named_by]}, {"required": ["id"]}]
    return schema


def format_table(keys: tuple[Key, ...]) -> str:
    """Return the keys of a file as a Markdown table, for the documentation.

    :param keys: the keys.
    """
    rows = [f"| `{key.name}` | {'yes' if key.required else ''} | {key.text} |" for key in keys]
    return "\n".join(["| Key | Required | Meaning |", "|---|---|---|", *rows])
