"""Seeds: the sources, catalog entries and destinations that a sandbox starts with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from airflow_provider_segment.sandbox import decisions
from airflow_provider_segment.sandbox.codec import parse_json, write_json
from airflow_provider_segment.sandbox.errors import InvalidFieldsError, invalid_field
from airflow_provider_segment.sandbox.filters.actions import check_actions
from airflow_provider_segment.sandbox.filters.condition import check_condition
from airflow_provider_segment.sandbox.filters.fields import FILTER_FIELDS
from airflow_provider_segment.sandbox.state.catalog import CatalogEntry, build_catalog_entry
from airflow_provider_segment.sandbox.state.objects import (
    Destination,
    Filter,
    Source,
    Subscription,
    new_child_id,
    new_destination_id,
)
from airflow_provider_segment.sandbox.state.option_values import initial_values, is_read_only
from airflow_provider_segment.sandbox.state.workspace import WORKSPACE_ID
from airflow_provider_segment.sandbox.validation import Field, is_kind, validate_object

DEMO = "demo"
"""Name of the seed that looks like a real workspace."""

EMPTY = "empty"
"""Name of the seed with the demo's sources and catalog, but no destinations."""

Item = TypeVar("Item")

_SEED_FIELDS = tuple(Field(name=name, kind="array") for name in ("sources", "catalog", "destinations"))
_ID = Field(name="id", kind="string", required=True, not_empty=True)
_SOURCE_FIELDS = (
    _ID,
    Field(name="slug", kind="string"),
    Field(name="name", kind="string"),
    Field(name="enabled", kind="boolean"),
)
_ENTRY_FIELDS = (
    _ID,
    Field(name="name", kind="string"),
    Field(name="slug", kind="string"),
    Field(name="options", kind="array"),
    Field(name="actions", kind="array"),
    Field(name="supportedFeatures", kind="object"),
    Field(name="secretOptions", kind="array"),
    Field(name="readOnlyOptions", kind="array"),
    Field(name="fillDefaults", kind="boolean"),
    Field(name="dynamicAuthSettings", kind="boolean"),
)
_NOT_METADATA = ("secretOptions", "readOnlyOptions", "fillDefaults", "dynamicAuthSettings")
"""Keys of a seed's catalog entry that configure the sandbox; responses do not contain them."""
_OPTION_FIELDS = (Field(name="name", kind="string", required=True, not_empty=True), Field(name="type", kind="string"))
_ACTION_FIELDS = (
    _ID,
    Field(name="slug", kind="string"),
    Field(name="defaultTrigger", kind="string", nullable=True),
    Field(name="fields", kind="array"),
)
_DESTINATION_FIELDS = (
    Field(name="id", kind="string", not_empty=True),
    Field(name="sourceId", kind="string", required=True),
    Field(name="metadataId", kind="string", required=True),
    Field(name="name", kind="string"),
    Field(name="enabled", kind="boolean"),
    Field(name="settings", kind="object"),
    Field(name="subscriptions", kind="array"),
    Field(name="filters", kind="array"),
)
_SUBSCRIPTION_FIELDS = (
    Field(name="id", kind="string", not_empty=True),
    Field(name="actionId", kind="string", required=True),
    Field(name="name", kind="string"),
    Field(name="trigger", kind="string", not_empty=True),
    Field(name="enabled", kind="boolean"),
    Field(name="settings", kind="object"),
    Field(name="modelId", kind="string"),
    Field(name="reverseETLSchedule", kind="object", nullable=True),
)
_FILTER_DEFAULTS: Mapping[str, Any] = {"if": "all", "enabled": True}
"""Values of a filter's fields that a request requires and a seed may omit."""
_FILTER_FIELDS = (
    Field(name="id", kind="string", not_empty=True),
    *(replace(field, required=field.required and field.name not in _FILTER_DEFAULTS) for field in FILTER_FIELDS),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """The validated initial content of a workspace; all sources, types and actions that it refers to exist."""

    sources: tuple[Source, ...]
    catalog: tuple[CatalogEntry, ...]
    destinations: tuple[Destination, ...]
    subscriptions: tuple[Subscription, ...]
    filters: tuple[Filter, ...]


def load_seed(name: str) -> Seed:
    """Load a built-in seed or a JSON file.

    :param name: ``demo``, ``empty`` or a path.
    :raises OSError: if the file cannot be read.
    :raises ValueError: if it is not JSON.
    :raises InvalidFieldsError: it is invalid; the error names each invalid field.
    """
    return parse_seed(name if name in (DEMO, EMPTY) else parse_json(Path(name).read_bytes()))


def parse_seed(value: object) -> Seed:
    """Parse a seed: ``demo``, ``empty``, or an object with ``sources``, ``catalog`` and ``destinations``.

    ``sources`` and ``catalog`` default to those of the demo, ``destinations`` to none. Objects have the API's keys;
    only ids and references are required. A catalog entry may also list its ``secretOptions`` and ``readOnlyOptions``,
    and switch off ``fillDefaults`` and ``dynamicAuthSettings``.

    :raises InvalidFieldsError: it is invalid; the error names each invalid field.
    """
    demo = _demo()
    built_in = {DEMO: demo, EMPTY: {}}
    seed = built_in.get(value, value) if isinstance(value, str) else value
    record = validate_object(seed, _SEED_FIELDS, name="seed", allow_unknown=False)
    sources = tuple(_parse_each(record.get("sources", demo["sources"]), "sources", _parse_source))
    catalog = tuple(_parse_each(record.get("catalog", demo["catalog"]), "catalog", _parse_entry))
    _check_unique("sources", [source.id for source in sources])
    _check_unique("catalog", [entry.id for entry in catalog])
    parser = _DestinationParser(
        source_ids=frozenset(source.id for source in sources), catalog={entry.id: entry for entry in catalog}
    )
    parsed = tuple(_parse_each(record.get("destinations", []), "destinations", parser.parse))
    _check_unique("destinations", [each.destination.id for each in parsed])
    return Seed(
        sources=sources,
        catalog=catalog,
        destinations=tuple(each.destination for each in parsed),
        subscriptions=tuple(subscription for each in parsed for subscription in each.subscriptions),
        filters=tuple(item for each in parsed for item in each.filters),
    )


def _demo() -> dict[str, Any]:
    text = files("airflow_provider_segment.sandbox").joinpath("seeds", "demo.json").read_bytes()
    return validate_object(parse_json(text), _SEED_FIELDS)


def _parse_each(items: Sequence[object], path: str, parse: Callable[[object, str], Item]) -> Iterator[Item]:
    return (parse(item, f"{path}[{number}]") for number, item in enumerate(items))


def _check_unique(path: str, ids: Sequence[str]) -> None:
    seen: set[str] = set()
    for number, item_id in enumerate(ids):
        if item_id in seen:
            raise invalid_field(f"{path}[{number}].id", f"is a duplicate: {item_id}")
        seen.add(item_id)


def _parse_source(value: object, path: str) -> Source:
    fields = validate_object(value, _SOURCE_FIELDS, prefix=f"{path}.", name=path)
    metadata = {
        "id": "sandbox-javascript",
        "name": "Javascript",
        "slug": "javascript",
        "description": "The sandbox's source type for websites.",
        "logos": {"default": "https://example.com/logo.svg", "mark": None, "alt": None},
        "options": [],
        "categories": ["Website"],
        "isCloudEventSource": False,
        "status": "PUBLIC",
    }
    record = {
        "slug": fields["id"],
        "name": fields["id"],
        "metadata": metadata,
        "workspaceId": WORKSPACE_ID,
        "enabled": True,
        "writeKeys": [],
        "settings": {},
        "labels": [],
        **fields,
    }
    return Source(id=fields["id"], encoded=msgspec.Raw(write_json(record)))


def _parse_entry(value: object, path: str) -> CatalogEntry:
    fields = validate_object(value, _ENTRY_FIELDS, prefix=f"{path}.", name=path)
    for number, option in enumerate(fields.get("options", [])):
        option_path = f"{path}.options[{number}]"
        validate_object(option, _OPTION_FIELDS, prefix=f"{option_path}.", name=option_path)
    for number, action in enumerate(fields.get("actions", [])):
        action_path = f"{path}.actions[{number}]"
        validate_object(action, _ACTION_FIELDS, prefix=f"{action_path}.", name=action_path)
    for name in ("secretOptions", "readOnlyOptions"):
        if not all(is_kind(option, "string") for option in fields.get(name, [])):
            raise invalid_field(f"{path}.{name}", "must be an array of strings")
    return build_catalog_entry(
        {name: item for name, item in fields.items() if name not in _NOT_METADATA},
        secret_options=fields.get("secretOptions", []),
        read_only_options=fields.get("readOnlyOptions", []),
        fill_defaults=fields.get("fillDefaults", True),
        add_auth_settings=fields.get("dynamicAuthSettings"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _ParsedDestination:
    destination: Destination
    subscriptions: tuple[Subscription, ...]
    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _DestinationParser:
    source_ids: frozenset[str]
    catalog: Mapping[str, CatalogEntry]

    def parse(self, value: object, path: str) -> _ParsedDestination:
        fields = validate_object(value, _DESTINATION_FIELDS, prefix=f"{path}.", name=path)
        if fields["sourceId"] not in self.source_ids:
            raise invalid_field(f"{path}.sourceId", f"is not the id of a source: {fields['sourceId']}")
        entry = self.catalog.get(fields["metadataId"])
        if entry is None:
            raise invalid_field(f"{path}.metadataId", f"is not the id of a catalog entry: {fields['metadataId']}")
        destination = Destination(
            id=fields.get("id") or new_destination_id(),
            name=fields.get("name", decisions.NO_NAME),
            enabled=fields.get("enabled", decisions.ENABLED_BY_DEFAULT),
            source_id=fields["sourceId"],
            metadata_id=entry.id,
            settings=_settings(entry, fields.get("settings", {}), path),
        )
        subscriptions = tuple(
            _parse_subscription(item, f"{path}.subscriptions[{number}]", entry=entry, destination_id=destination.id)
            for number, item in enumerate(fields.get("subscriptions", []))
        )
        filters = tuple(
            _parse_filter(item, f"{path}.filters[{number}]", destination=destination)
            for number, item in enumerate(fields.get("filters", []))
        )
        _check_unique(f"{path}.subscriptions", [subscription.id for subscription in subscriptions])
        _check_unique(f"{path}.filters", [item.id for item in filters])
        return _ParsedDestination(destination=destination, subscriptions=subscriptions, filters=filters)


def _settings(entry: CatalogEntry, seeded: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """Return the settings of a seeded destination; unlike a request, a seed can set read-only settings."""
    try:
        values = initial_values(entry, seeded)
    except InvalidFieldsError as error:
        raise invalid_field(path, f"has invalid settings: {error}") from None
    read_only = {name: value for name, value in seeded.items() if is_read_only(entry, name)}
    return {**values, **read_only}


def _parse_subscription(value: object, path: str, *, entry: CatalogEntry, destination_id: str) -> Subscription:
    fields = validate_object(value, _SUBSCRIPTION_FIELDS, prefix=f"{path}.", name=path)
    action = entry.actions.get(fields["actionId"])
    if action is None:
        raise invalid_field(
            f"{path}.actionId", f"is not an action id of catalog entry {entry.id}: {fields['actionId']}"
        )
    return Subscription(
        id=fields.get("id") or new_child_id(),
        name=fields.get("name", action.id),
        action_id=action.id,
        action_slug=action.slug,
        destination_id=destination_id,
        enabled=fields.get("enabled", True),
        trigger=fields.get("trigger") or action.default_trigger or 'type = "track"',
        settings=fields.get("settings", {}),
        model_id=fields.get("modelId", decisions.NO_MODEL_ID),
        schedule=fields.get("reverseETLSchedule"),
    )


def _parse_filter(value: object, path: str, *, destination: Destination) -> Filter:
    fields = {**_FILTER_DEFAULTS, **validate_object(value, _FILTER_FIELDS, prefix=f"{path}.", name=path)}
    check_condition(fields["if"], field=f"{path}.if")
    check_actions(fields["actions"], field=f"{path}.actions")
    return Filter(
        id=fields.get("id") or new_child_id(),
        source_id=destination.source_id,
        destination_id=destination.id,
        title=fields["title"],
        condition=fields["if"],
        actions=fields["actions"],
        enabled=fields["enabled"],
        description=fields.get("description"),
    )
