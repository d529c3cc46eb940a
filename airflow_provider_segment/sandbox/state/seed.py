"""Seeds: the sources, catalog entries and destinations a sandbox starts with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from airflow_provider_segment.sandbox import decisions
from airflow_provider_segment.sandbox.codec import parse_json, write_json
from airflow_provider_segment.sandbox.errors import InvalidFieldsError, invalid_field
from airflow_provider_segment.sandbox.state import workspace
from airflow_provider_segment.sandbox.state.catalog import CatalogEntry, catalog_entry
from airflow_provider_segment.sandbox.state.ids import new_destination_id, new_subscription_id
from airflow_provider_segment.sandbox.state.objects import Destination, Source, Subscription
from airflow_provider_segment.sandbox.state.option_values import created_values
from airflow_provider_segment.sandbox.validation import Field, is_kind, validate_object

DEMO = "demo"

Item = TypeVar("Item")

_SEED = tuple(Field(name=name, kind="array") for name in ("sources", "catalog", "destinations"))
_ID = Field(name="id", kind="string", required=True, not_empty=True)
_SOURCE = (_ID, Field(name="name", kind="string"), Field(name="enabled", kind="boolean"))
_ENTRY = (
    _ID,
    Field(name="name", kind="string"),
    Field(name="slug", kind="string"),
    Field(name="options", kind="array"),
    Field(name="actions", kind="array"),
    Field(name="supportedFeatures", kind="object"),
    Field(name="secretOptions", kind="array"),
    Field(name="readOnlyOptions", kind="array"),
)
_OPTION = (Field(name="name", kind="string", required=True, not_empty=True), Field(name="type", kind="string"))
_ACTION = (
    _ID,
    Field(name="slug", kind="string"),
    Field(name="defaultTrigger", kind="string", nullable=True),
    Field(name="fields", kind="array"),
)
_DESTINATION = (
    Field(name="id", kind="string", not_empty=True),
    Field(name="sourceId", kind="string", required=True),
    Field(name="metadataId", kind="string", required=True),
    Field(name="name", kind="string"),
    Field(name="enabled", kind="boolean"),
    Field(name="settings", kind="object"),
    Field(name="subscriptions", kind="array"),
)
_SUBSCRIPTION = (
    Field(name="id", kind="string", not_empty=True),
    Field(name="actionId", kind="string", required=True),
    Field(name="name", kind="string"),
    Field(name="trigger", kind="string", not_empty=True),
    Field(name="enabled", kind="boolean"),
    Field(name="settings", kind="object"),
    Field(name="modelId", kind="string"),
    Field(name="reverseETLSchedule", kind="object", nullable=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """What a workspace starts with; checked, its references hold."""

    sources: tuple[Source, ...]
    catalog: tuple[CatalogEntry, ...]
    destinations: tuple[tuple[Destination, tuple[Subscription, ...]], ...]


def load_seed(name: str) -> Seed:
    """Read the seed called ``demo``, or a JSON file.

    :param name: ``demo`` or a path.
    :raises OSError: when the file can't be read.
    :raises ValueError: when it is not JSON.
    :raises InvalidFieldsError: naming what is wrong in it.
    """
    return read_seed(_demo() if name == DEMO else parse_json(Path(name).read_bytes()))


def read_seed(value: object) -> Seed:
    """Check a seed: ``demo`` or an object with ``sources``, ``catalog`` and ``destinations``.

    Sources or a catalog left out are the demo's; destinations left out are none. Objects have the API's keys; all but
    ids and references may be left out. A catalog entry may also name its ``secretOptions`` and ``readOnlyOptions``.

    :raises InvalidFieldsError: naming what is wrong in it.
    """
    demo = _demo()
    record = validate_object(demo if value == DEMO else value, _SEED, name="seed", allow_unknown=False)
    sources = tuple(_each(record.get("sources", demo["sources"]), "sources", _source))
    catalog = tuple(_each(record.get("catalog", demo["catalog"]), "catalog", _entry))
    _refuse_repeated("sources", [source.id for source in sources])
    _refuse_repeated("catalog", [entry.id for entry in catalog])
    reader = _DestinationReader(
        source_ids=frozenset(source.id for source in sources), catalog={entry.id: entry for entry in catalog}
    )
    destinations = tuple(_each(record.get("destinations", []), "destinations", reader.read))
    _refuse_repeated("destinations", [destination.id for destination, _ in destinations])
    return Seed(sources=sources, catalog=catalog, destinations=destinations)


def _demo() -> dict[str, Any]:
    text = files("airflow_provider_segment.sandbox").joinpath("seeds", "demo.json").read_bytes()
    return validate_object(parse_json(text), _SEED)


def _each(items: Sequence[object], where: str, read: Callable[[object, str], Item]) -> Iterator[Item]:
    return (read(item, f"{where}[{number}]") for number, item in enumerate(items))


def _refuse_repeated(where: str, ids: Sequence[str]) -> None:
    seen: set[str] = set()
    for number, item_id in enumerate(ids):
        if item_id in seen:
            raise invalid_field(f"{where}[{number}].id", f"is there twice: {item_id}")
        seen.add(item_id)


def _source(value: object, where: str) -> Source:
    given = validate_object(value, _SOURCE, prefix=f"{where}.", name=where)
    metadata = {
        "id": "sandbox-javascript",
        "name": "Javascript",
        "slug": "javascript",
        "description": "A website, as the sandbox has them.",
        "logos": {"default": "https://example.com/logo.svg", "mark": None, "alt": None},
        "options": [],
        "categories": ["Website"],
        "isCloudEventSource": False,
        "status": "PUBLIC",
    }
    record = {
        "slug": given["id"],
        "name": given["id"],
        "metadata": metadata,
        "workspaceId": workspace.ID,
        "enabled": True,
        "writeKeys": [],
        "settings": {},
        "labels": [],
        **given,
    }
    return Source(id=given["id"], encoded=msgspec.Raw(write_json(record)))


def _entry(value: object, where: str) -> CatalogEntry:
    given = validate_object(value, _ENTRY, prefix=f"{where}.", name=where)
    for number, option in enumerate(given.get("options", [])):
        validate_object(option, _OPTION, prefix=f"{where}.options[{number}].", name=f"{where}.options[{number}]")
    for number, action in enumerate(given.get("actions", [])):
        validate_object(action, _ACTION, prefix=f"{where}.actions[{number}].", name=f"{where}.actions[{number}]")
    for name in ("secretOptions", "readOnlyOptions"):
        if not all(is_kind(option, "string") for option in given.get(name, [])):
            raise invalid_field(f"{where}.{name}", "must hold strings")
    record = {name: item for name, item in given.items() if name not in ("secretOptions", "readOnlyOptions")}
    return catalog_entry(
        record, secret_options=given.get("secretOptions"), read_only_options=given.get("readOnlyOptions", [])
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _DestinationReader:
    source_ids: frozenset[str]
    catalog: Mapping[str, CatalogEntry]

    def read(self, value: object, where: str) -> tuple[Destination, tuple[Subscription, ...]]:
        given = validate_object(value, _DESTINATION, prefix=f"{where}.", name=where)
        if given["sourceId"] not in self.source_ids:
            raise invalid_field(f"{where}.sourceId", f"names no source: {given['sourceId']}")
        entry = self.catalog.get(given["metadataId"])
        if entry is None:
            raise invalid_field(f"{where}.metadataId", f"names no catalog entry: {given['metadataId']}")
        destination = Destination(
            id=given.get("id") or new_destination_id(),
            name=given.get("name", decisions.UNNAMED),
            enabled=given.get("enabled", decisions.ENABLED_BY_DEFAULT),
            source_id=given["sourceId"],
            metadata_id=entry.id,
            settings=_settings(entry, given.get("settings", {}), where),
        )
        subscriptions = tuple(
            _subscription(item, f"{where}.subscriptions[{number}]", entry=entry, destination_id=destination.id)
            for number, item in enumerate(given.get("subscriptions", []))
        )
        _refuse_repeated(f"{where}.subscriptions", [subscription.id for subscription in subscriptions])
        return destination, subscriptions


def _settings(entry: CatalogEntry, given: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """Fill in the defaults; unlike a request, a seed may set read-only options too."""
    try:
        values = created_values(entry, given)
    except InvalidFieldsError as error:
        raise invalid_field(where, f"has wrong settings: {error}") from None
    read_only = {
        name: given[name] for name, option in (entry.options or {}).items() if option.read_only and name in given
    }
    return {**values, **read_only}


def _subscription(value: object, where: str, *, entry: CatalogEntry, destination_id: str) -> Subscription:
    given = validate_object(value, _SUBSCRIPTION, prefix=f"{where}.", name=where)
    action = entry.actions.get(given["actionId"])
    if action is None:
        raise invalid_field(f"{where}.actionId", f"names no action of {entry.id}: {given['actionId']}")
    return Subscription(
        id=given.get("id") or new_subscription_id(),
        name=given.get("name", action.id),
        action_id=action.id,
        action_slug=action.slug,
        destination_id=destination_id,
        enabled=given.get("enabled", True),
        trigger=given.get("trigger") or action.default_trigger or 'type = "track"',
        settings=given.get("settings", {}),
        model_id=given.get("modelId", decisions.PLAIN_MODEL_ID),
        schedule=given.get("reverseETLSchedule"),
    )
