"""The destination types in the catalog, with their options and actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from airflow_provider_segment.sandbox.codec import write_json
from airflow_provider_segment.sandbox.validation import Kind

NO_DEFAULT: Any = object()

_OPTION_KINDS: dict[str, Kind] = {
    "string": "string",
    "password": "string",
    "select": "string",
    "boolean": "boolean",
    "number": "number",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A destination type's option, which defines one setting.

    :param default: value for destinations that are created without one; :data:`NO_DEFAULT` for none.
    :param kind: JSON type of its values; None if any type is allowed.
    :param read_only: whether only Segment can set it.
    :param description_and_type: how an error about its value describes it.
    """

    name: str
    default: Any
    kind: Kind | None
    read_only: bool
    description_and_type: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action that subscriptions of a destination type can use."""

    id: str
    slug: str
    default_trigger: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogEntry:
    """A destination type.

    :param record: the metadata, with the API's keys.
    :param encoded: the metadata as JSON.
    :param options: options by name.
    :param secrets: names of the settings that responses mask.
    :param actions: actions by id; empty for a classic type.
    :param single_instance: whether a source can have only one destination of this type.
    :param fills_defaults: whether new destinations get the defaults of the options.
    :param adds_auth_settings: whether new destinations get ``dynamicAuthSettings``.
    """

    id: str
    record: Mapping[str, Any]
    encoded: msgspec.Raw = field(repr=False)
    options: Mapping[str, Option]
    secrets: frozenset[str]
    actions: Mapping[str, Action]
    single_instance: bool
    fills_defaults: bool
    adds_auth_settings: bool


def build_catalog_entry(
    record: Mapping[str, Any],
    *,
    secret_options: Sequence[str] = (),
    read_only_options: Sequence[str] = (),
    fill_defaults: bool = True,
    add_auth_settings: bool | None = None,
) -> CatalogEntry:
    """Build a destination type from validated metadata.

    :param record: only ``id`` is required; defaults complete the rest.
    :param secret_options: names of settings to mask, besides options of type ``password``.
    :param read_only_options: names of options that only Segment can set.
    :param fill_defaults: whether new destinations get the defaults of the options.
    :param add_auth_settings: whether new destinations get ``dynamicAuthSettings``; by default, those with actions do.
    """
    complete = _with_defaults(record)
    options = {
        option["name"]: _build_option(option, read_only_options=read_only_options) for option in complete["options"]
    }
    passwords = {option["name"] for option in complete["options"] if option["type"] == "password"}
    return CatalogEntry(
        id=complete["id"],
        record=complete,
        encoded=msgspec.Raw(write_json(complete)),
        options=options,
        secrets=frozenset(passwords.union(secret_options)),
        actions={
            action["id"]: Action(id=action["id"], slug=action["slug"], default_trigger=action["defaultTrigger"])
            for action in complete["actions"]
        },
        single_instance=_is_single_instance(complete["supportedFeatures"]),
        fills_defaults=fill_defaults,
        adds_auth_settings=bool(complete["actions"]) if add_auth_settings is None else add_auth_settings,
    )


def _build_option(option: Mapping[str, Any], *, read_only_options: Sequence[str]) -> Option:
    return Option(
        name=option["name"],
        default=option.get("defaultValue", NO_DEFAULT),
        kind=_OPTION_KINDS.get(option["type"]),
        read_only=option["name"] in read_only_options,
        description_and_type={"description": option.get("description", ""), "type": option["type"]},
    )


def _is_single_instance(features: Mapping[str, Any]) -> bool:
    cloud, device = features.get("cloudModeInstances"), features.get("deviceModeInstances")
    return cloud in ("1", "SINGLE") or (cloud in ("0", "NONE", None) and device in ("1", "SINGLE"))


def _with_defaults(record: Mapping[str, Any]) -> dict[str, Any]:
    """Add the keys that the seed omits, because the API's responses always contain all of them."""
    name = record.get("name", record["id"])
    defaults: dict[str, Any] = {
        "name": name,
        "description": f"{name}, a destination type of the sandbox.",
        "slug": record["id"],
        "logos": {"default": "https://example.com/logo.svg", "mark": None, "alt": None},
        "status": "PUBLIC",
        "previousNames": [name],
        "categories": [],
        "website": "https://example.com",
        "components": [],
        "supportedFeatures": {"cloudModeInstances": "MULTIPLE", "deviceModeInstances": "NONE"},
        "supportedMethods": {"pageview": True, "identify": True, "alias": True, "track": True, "group": True},
        "supportedPlatforms": {"browser": True, "server": True, "mobile": True},
        "presets": [],
    }
    return {
        **defaults,
        **record,
        "options": [{"type": "string", "required": False, **option} for option in record.get("options", [])],
        "actions": [_action_with_defaults(action) for action in record.get("actions", [])],
    }


def _action_with_defaults(action: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "slug": action["id"],
        "name": action["id"],
        "description": "",
        "platform": "CLOUD",
        "hidden": False,
        "defaultTrigger": None,
        "fields": [],
        **action,
    }
