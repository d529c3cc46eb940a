"""The settings of a destination: defaults, updates, type checks and masking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from airflow_provider_segment.sandbox import decisions
from airflow_provider_segment.sandbox.errors import ApiError, FieldProblem, InvalidFieldsError
from airflow_provider_segment.sandbox.state.catalog import NO_DEFAULT, CatalogEntry
from airflow_provider_segment.sandbox.state.objects import new_config_id
from airflow_provider_segment.sandbox.validation import is_kind

Values = Mapping[str, Any]


def initial_values(entry: CatalogEntry, sent: Values) -> Values:
    """Return the settings of a new destination: defaults, the keys that Segment adds, and the values sent.

    :raises InvalidFieldsError: if a value has the wrong type.
    """
    _check_types(entry, sent)
    return {**default_values(entry), **_added_values(entry), **_accepted(entry, sent)}


def default_values(entry: CatalogEntry) -> Values:
    """Return the default settings that a new destination of a type gets; empty if it gets none."""
    options = entry.options.values() if entry.fills_defaults else ()
    return {option.name: option.default for option in options if option.default is not NO_DEFAULT}


def updated_values(
    entry: CatalogEntry, current: Values, sent: Values, *, mode: Literal["merge", "replace"], settings_only: bool
) -> Values:
    """Return the settings after an update.

    :param mode: whether settings that were not sent keep their value (``merge``) or return to their default.
    :param settings_only: whether the update changes nothing but settings.
    :raises ApiError: 400, if the update changes nothing but read-only settings.
    :raises InvalidFieldsError: if a value has the wrong type.
    """
    if settings_only and sent and all(is_read_only(entry, name) for name in sent):
        raise ApiError(400, f"Read-only settings: {', '.join(sorted(sent))}")
    _check_types(entry, sent)
    accepted = {
        name: current[name] if _is_unchanged_secret(entry, name, value, current) else value
        for name, value in _accepted(entry, sent).items()
    }
    if mode == "merge":
        return {**current, **accepted}
    read_only = {name: value for name, value in current.items() if is_read_only(entry, name)}
    return {**default_values(entry), **read_only, **accepted}


def is_read_only(entry: CatalogEntry, name: str) -> bool:
    """Return whether a setting is read-only, so that only Segment can change it."""
    if name == decisions.AUTH_SETTINGS:
        return entry.adds_auth_settings
    option = entry.options.get(name)
    return option is not None and option.read_only


def masked_values(entry: CatalogEntry, values: Values) -> Values:
    """Return settings for a response, with secrets masked."""
    return {name: decisions.masked(value) if name in entry.secrets else value for name, value in values.items()}


def _accepted(entry: CatalogEntry, sent: Values) -> dict[str, Any]:
    """Return the values sent, except nulls and read-only settings."""
    return {name: value for name, value in sent.items() if value is not None and not is_read_only(entry, name)}


def _added_values(entry: CatalogEntry) -> Values:
    """Return the settings that Segment itself adds to a new destination."""
    return {decisions.AUTH_SETTINGS: {"configId": new_config_id()}} if entry.adds_auth_settings else {}


def _check_types(entry: CatalogEntry, sent: Values) -> None:
    problems = [
        FieldProblem(field=name, problem=f"must be a {option.kind}", quoted=name, data=option.description_and_type)
        for name, value in sent.items()
        if (option := entry.options.get(name)) is not None
        and option.kind is not None
        and value is not None
        and not is_kind(value, option.kind)
    ]
    if problems:
        raise InvalidFieldsError(problems)


def _is_unchanged_secret(entry: CatalogEntry, name: str, value: object, current: Values) -> bool:
    return name in entry.secrets and name in current and decisions.is_unchanged_secret(value, current[name])
