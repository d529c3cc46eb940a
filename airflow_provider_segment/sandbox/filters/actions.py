"""Filter actions: how they are validated and applied to events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from airflow_provider_segment.sandbox.errors import FieldProblem, InvalidFieldsError, invalid_field
from airflow_provider_segment.sandbox.filters.field_path import split_path
from airflow_provider_segment.sandbox.validation import Field, is_kind, validate_object

Event = dict[str, Any]

_FIELDS = (
    Field(
        name="type",
        kind="string",
        required=True,
        choices=("ALLOW_PROPERTIES", "DROP", "DROP_PROPERTIES", "SAMPLE"),
    ),
    Field(name="fields", kind="object"),
    Field(name="percent", kind="number", minimum=0, maximum=1),
    Field(name="path", kind="string"),
)
_REQUIRED = {
    "ALLOW_PROPERTIES": Field(name="fields", kind="object", required=True),
    "DROP_PROPERTIES": Field(name="fields", kind="object", required=True),
    "SAMPLE": Field(name="percent", kind="number", required=True),
}


def check_actions(actions: Sequence[object], *, field: str) -> None:
    """Check the actions of a filter.

    :param field: name of the field, for the errors.
    :raises InvalidFieldsError: the actions are invalid; the error names each invalid field.
    """
    if not actions:
        raise invalid_field(field, "must contain at least 1 item")
    problems: list[FieldProblem] = []
    for number, action in enumerate(actions):
        try:
            _check_action(action, f"{field}[{number}]")
        except InvalidFieldsError as error:
            problems += error.problems
    if problems:
        raise InvalidFieldsError(problems)


def _check_action(value: object, path: str) -> None:
    action = validate_object(value, _FIELDS, prefix=f"{path}.", name=path)
    if (required := _REQUIRED.get(action["type"])) is not None:
        validate_object(action, (required,), prefix=f"{path}.", name=path)
    for name, keys in action.get("fields", {}).items():
        if not is_kind(keys, "array") or not all(is_kind(key, "string") for key in keys):
            raise invalid_field(f"{path}.fields.{name}", "must be an array of strings")


def apply_actions(actions: Sequence[Mapping[str, Any]], event: Event, *, field: str) -> Event | None:
    """Apply valid actions to an event in order; return what is left of the event, or None if it is dropped.

    :param field: name of the field, for the errors.
    :raises InvalidFieldsError: if the result depends on chance, so that the sandbox cannot know it.
    """
    for number, action in enumerate(actions):
        if action["type"] == "DROP" or (action["type"] == "SAMPLE" and action["percent"] == 0):
            return None
        if action["type"] == "SAMPLE" and action["percent"] < 1:
            raise invalid_field(
                f"{field}[{number}].percent",
                "can't be previewed unless it is 0 or 1, because sampling is random",
            )
        if action["type"] == "DROP_PROPERTIES":
            event = _cut_each(event, action["fields"], keep=lambda key, keys: key not in keys)
        elif action["type"] == "ALLOW_PROPERTIES":
            event = _cut_each(event, action["fields"], keep=lambda key, keys: key in keys)
    return event


Keep = Callable[[str, Sequence[str]], bool]


def _cut_each(event: Event, fields: Mapping[str, Sequence[str]], *, keep: Keep) -> Event:
    for path, keys in fields.items():
        event = _cut(event, split_path(path), keys, keep)
    return event


def _cut(value: Any, names: Sequence[str], keys: Sequence[str], keep: Keep) -> Any:
    """Return a copy of a value in which the object at a path has only the keys that ``keep`` accepts.

    A path through a list applies to each object in the list. A path that the event does not have changes nothing.
    """
    if isinstance(value, list):
        return [_cut(item, names, keys, keep) for item in value]
    if not isinstance(value, dict):
        return value
    if not names:
        return {key: item for key, item in value.items() if keep(key, keys)}
    first, *rest = names
    return {key: _cut(item, rest, keys, keep) if key == first else item for key, item in value.items()}
