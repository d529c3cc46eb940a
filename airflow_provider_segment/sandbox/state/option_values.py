"""The settings of a destination: defaults, masks, read-only options, updates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from airflow_provider_segment.sandbox import decisions
from airflow_provider_segment.sandbox.errors import ApiError, InvalidFieldsError, invalid_field
from airflow_provider_segment.sandbox.state.catalog import NO_DEFAULT, CatalogEntry, Option
from airflow_provider_segment.sandbox.validation import is_kind

Values = Mapping[str, Any]


def created_values(entry: CatalogEntry, sent: Values) -> Values:
    """Give the settings of a new destination: the defaults of its type and what was sent.

    :raises InvalidFieldsError: when a value has the wrong type.
    """
    _check_types(entry, sent)
    return {**default_values(entry), **_taken(entry, sent)}


def default_values(entry: CatalogEntry) -> Values:
    """Give the defaults of a type."""
    options = (entry.options or {}).values()
    return {option.name: option.default for option in options if option.default is not NO_DEFAULT}


def updated_values(
    entry: CatalogEntry, current: Values, sent: Values, *, how: Literal["merge", "replace"], alone: bool
) -> Values:
    """Give the settings after an update.

    :param how: whether keys that were not sent keep their value or fall back to the default.
    :param alone: whether the update changes nothing but settings.
    :raises ApiError: 400, when nothing is to be changed but read-only settings.
    :raises InvalidFieldsError: when a value has the wrong type.
    """
    if alone and sent and all(_is_read_only(entry, name) for name in sent):
        raise ApiError(400, f"Read-only settings: {', '.join(sorted(sent))}")
    _check_types(entry, sent)
    taken = {
        name: current[name] if _is_kept_secret(entry, name, value, current) else value
        for name, value in _taken(entry, sent).items()
    }
    if how == "merge":
        return {**current, **taken}
    read_only = {name: value for name, value in current.items() if _is_read_only(entry, name)}
    return {**default_values(entry), **read_only, **taken}


def masked_values(entry: CatalogEntry, values: Values) -> Values:
    """Give settings as answers show them."""
    return {name: decisions.masked(value) if _is_secret(entry, name) else value for name, value in values.items()}


def _taken(entry: CatalogEntry, sent: Values) -> dict[str, Any]:
    """Leave out nulls, read-only keys and keys the type does not know."""
    return {
        name: value
        for name, value in sent.items()
        if value is not None and not _is_read_only(entry, name) and (entry.options is None or name in entry.options)
    }


def _check_types(entry: CatalogEntry, sent: Values) -> None:
    problems = [
        problem
        for name, value in sent.items()
        if (option := _find(entry, name)) is not None
        and option.kind is not None
        and value is not None
        and not is_kind(value, option.kind)
        for problem in invalid_field(f"settings.{name}", f"must be a {option.kind}").problems
    ]
    if problems:
        raise InvalidFieldsError(problems)


def _find(entry: CatalogEntry, name: str) -> Option | None:
    return None if entry.options is None else entry.options.get(name)


def _is_read_only(entry: CatalogEntry, name: str) -> bool:
    option = _find(entry, name)
    return option is not None and option.read_only


def _is_secret(entry: CatalogEntry, name: str) -> bool:
    if entry.options is None:
        return decisions.is_secret_option(name, "", None)
    option = entry.options.get(name)
    return option is not None and option.secret


def _is_kept_secret(entry: CatalogEntry, name: str, value: object, current: Values) -> bool:
    return _is_secret(entry, name) and name in current and decisions.is_unchanged_secret(value, current[name])
