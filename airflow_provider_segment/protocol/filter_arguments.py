"""Validation of the arguments that describe a filter, before anything is sent.

https://docs.segmentapis.com/tag/Destination-Filters
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from airflow_provider_segment.protocol.arguments import check_choice, check_name, labelled_dicts

_KEYS = {
    "DROP": (),
    "SAMPLE": ("percent", "path"),
    "DROP_PROPERTIES": ("fields",),
    "ALLOW_PROPERTIES": ("fields",),
}
"""The keys of each type of action, besides ``type``."""

FILTER_ACTIONS = tuple(_KEYS)
"""The types of actions."""

_REQUIRED = ("percent", "fields")


def check_actions(argument: str, value: Any) -> list[dict[str, Any]]:
    """Check the actions of a filter, and return them in the format of the API.

    :param argument: the argument's name.
    :param value: a list of dicts with ``type`` and its keys, or the same as a JSON array in a string; the type may be
        in lower case.
    """
    actions = labelled_dicts(argument, value)
    if not actions:
        raise ValueError(f"{argument} is empty; it must contain at least one action")
    return [_check_action(label, action) for label, action in actions]


def check_description(argument: str, value: Any) -> str:
    """Check the ``description`` field of a filter, which may be empty.

    :param argument: the argument's name.
    :param value: the argument's value.
    """
    return "" if value == "" else check_name(argument, value)


def relevant_actions(actions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return actions without the keys that do not apply to their type; a response may contain such keys.

    :param actions: actions from Segment; those of an unknown type are returned as they are.
    """
    return [
        {
            key: value
            for key, value in action.items()
            if value is not None and key in ("type", *_KEYS.get(action["type"], action))
        }
        for action in actions
    ]


def _check_action(where: str, action: Mapping[str, Any]) -> dict[str, Any]:
    values = {key: value for key, value in action.items() if value is not None}
    if "type" not in values:
        raise ValueError(f"{where}: 'type' is missing; it must be one of {', '.join(map(repr, _KEYS))}")
    kind = values.pop("type")
    kind = check_choice(f"{where}['type']", kind.upper() if isinstance(kind, str) else kind, tuple(_KEYS))
    keys = _KEYS[kind]
    if wrong := sorted(str(key) for key in values if key not in keys):
        allowed = ", ".join(map(repr, ("type", *keys)))
        raise ValueError(f"{where}: unknown key {wrong[0]!r}; a {kind} action takes {allowed}")
    if missing := [key for key in keys if key in _REQUIRED and key not in values]:
        raise ValueError(f"{where}: {missing[0]!r} is missing; a {kind} action requires it")
    return {"type": kind, **{key: _CHECKS[key](f"{where}[{key!r}]", value) for key, value in values.items()}}


def _check_percent(where: str, value: Any) -> float:
    number = value
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            number = None
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= 1:
        raise ValueError(f"{where} is {value!r}; it must be a number from 0 to 1, such as 0.25 for a quarter")
    return number


def _check_fields(where: str, value: Any) -> dict[str, list[str]]:
    if not isinstance(value, Mapping) or not value:
        raise ValueError(
            f"{where} is {repr(value)[:100]}; it must be a non-empty dict that maps paths to lists of keys,"
            " such as {'context.traits': ['email']}"
        )
    return {_check_path(where, path): _check_field_names(f"{where}[{path!r}]", keys) for path, keys in value.items()}


def _check_path(where: str, path: Any) -> str:
    if path == "":  # the top level of an event
        return ""
    return check_name(f"a path in {where}", path)


def _check_field_names(where: str, keys: Any) -> list[str]:
    if isinstance(keys, str) or not isinstance(keys, Sequence):
        raise ValueError(f"{where} is of type {type(keys).__name__}; it must be a list of keys")
    return [check_name(f"{where}[{number}]", key) for number, key in enumerate(keys)]


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "percent": _check_percent,
    "path": check_name,
    "fields": _check_fields,
}
