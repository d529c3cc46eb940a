"""Reading existing destinations, and describing them in the form of spec files.

Secrets, which Segment shows masked, become aliases. Keys that Segment itself adds to settings are left out. Slugs
replace ids if they select the same object.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_segment.protocol.api.filters import filters_listing
from airflow_provider_segment.protocol.api.objects import Destination, Filter, Source, Subscription
from airflow_provider_segment.protocol.errors import SegmentAuthError, SegmentError
from airflow_provider_segment.protocol.flow.pagination import collect
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log
from airflow_provider_segment.protocol.provisioning.comparison import holds_mask
from airflow_provider_segment.protocol.provisioning.diff import is_server_key
from airflow_provider_segment.protocol.provisioning.matching import match_subscriptions
from airflow_provider_segment.protocol.provisioning.slugs import Slugged, resolve_slug, short_reference
from airflow_provider_segment.protocol.provisioning.spec import SubscriptionSpec
from airflow_provider_segment.protocol.workspace.description import SecretAlias
from airflow_provider_segment.protocol.workspace.import_filters import describe_filters
from airflow_provider_segment.protocol.workspace.reading import (
    action_slugs,
    read_destinations,
    read_sources,
    read_subscriptions,
    source_slugs,
)

_PROGRESS = 50
_ALSO_SERVER_KEYS = {"enabled", "name"}
"""Copies of the destination's own fields that Segment keeps in some settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A destination, with its fields in the format of a spec file.

    :param id: its id.
    :param source_id: id of its source.
    :param type_id: catalog id of its type.
    :param source: slug or id of its source.
    :param type: slug or id of its type.
    :param name: its name.
    :param fields: the keys of the spec file in their order; settings may hold secret aliases.
    :param secrets: the suggested alias of each masked value, by its place.
    :param with_filters: whether its filters were read.
    """

    id: str
    source_id: str
    type_id: str
    source: str
    type: str
    name: str
    fields: dict[str, Any] = field(repr=False)
    secrets: Mapping[str, str] = field(default_factory=dict)
    with_filters: bool = True


def import_workspace(
    options: CallOptions, *, sources: Sequence[str] = (), workspace_id: str | None = None, filters: bool = True
) -> Flow[list[Imported]]:
    """Read destinations with their subscriptions and filters, and describe them, without writing anything.

    :param sources: slugs or ids of the sources to read; by default the whole workspace.
    :param filters: whether to read filters, which takes one request for each destination. If the workspace does not
        support them, the remaining destinations are read without filters.
    :param workspace_id: id of the workspace that the token must belong to; ``None`` for any.
    :raises ValueError: a source is unknown, or the token belongs to another workspace.
    """
    known = yield from read_sources(options, workspace_id=workspace_id)
    wanted = [resolve_slug("source", value, source_slugs(known)) for value in dict.fromkeys(sources)]
    destinations: list[Destination] = []
    for source_id in wanted:
        destinations += yield from read_destinations(options, source_id=source_id)
    if not sources:
        destinations = yield from read_destinations(options)
    describe = Describer(known, destinations)
    imported: list[Imported] = []
    for number, destination in enumerate(destinations):
        if number and number % _PROGRESS == 0:
            yield Log(f"read {number} of {len(destinations)} destinations")
        subscriptions = yield from read_subscriptions(options, destination)
        found = (yield from _read_filters(options, destination)) if filters else None
        filters = found is not None
        imported.append(describe.destination(destination, subscriptions, found))
    return imported


def _read_filters(options: CallOptions, destination: Destination) -> Flow[list[Filter] | None]:
    """List the filters of a destination; ``None`` if Segment denies access, for example without the Business tier."""
    try:
        return (yield from collect(filters_listing(destination_id=destination["id"]), options))
    except SegmentAuthError as error:
        if error.status != 403:
            raise
        yield Log(f"Segment denied access to filters, so they will not be imported: {error}", logging.WARNING)
        return None


class Describer:
    """A builder that describes the destinations of a workspace.

    :param sources: all sources.
    :param destinations: the destinations to describe.
    """

    def __init__(self, sources: Sequence[Source], destinations: Sequence[Destination]) -> None:
        slugs = source_slugs(list(sources))
        types = list({one["metadata"]["id"]: _type_slug(one) for one in destinations}.values())
        self._sources = {one.id: short_reference(one, slugs) for one in slugs}
        self._types = {one.id: short_reference(one, types) for one in types}
        self._identities = Counter(map(_identity, destinations))
        self._aliases: set[str] = set()

    def destination(
        self,
        destination: Destination,
        subscriptions: Sequence[Subscription],
        filters: Sequence[Filter] | None = None,
    ) -> Imported:
        """Return the description of a destination.

        :param destination: the destination as read by this package.
        :param subscriptions: its subscriptions.
        :param filters: its filters; ``None`` if they were not read.
        """
        name = destination.get("name") or ""
        source = self._sources.get(destination["sourceId"], destination["sourceId"])
        destination_type = self._types[destination["metadata"]["id"]]
        fields: dict[str, Any] = {"source": source, "type": destination_type}
        if not name.strip() or self._identities[_identity(destination)] > 1:
            fields["id"] = destination["id"]
        if name.strip():
            fields["name"] = name
        fields["enabled"] = destination["enabled"]
        secrets: dict[str, str] = {}
        hint = f"{source}_{name.strip() or destination_type}"
        if settings := self._settings(_own_settings(destination), hint, "settings", secrets):
            fields["settings"] = settings
        if subscriptions:
            actions = action_slugs(destination["metadata"], list(subscriptions))
            ambiguous = _ambiguous(subscriptions)
            fields["subscriptions"] = [
                self._subscription(one, actions, hint, secrets, with_id=one["id"] in ambiguous) for one in subscriptions
            ]
        if filters:
            fields["filters"] = describe_filters(filters)
        return Imported(
            id=destination["id"],
            source_id=destination["sourceId"],
            type_id=destination["metadata"]["id"],
            source=source,
            type=destination_type,
            name=name,
            fields=fields,
            secrets=secrets,
            with_filters=filters is not None,
        )

    def _subscription(
        self, one: Subscription, actions: Sequence[Slugged], hint: str, secrets: dict[str, str], *, with_id: bool
    ) -> dict[str, Any]:
        action = next(action for action in actions if action.id == one["actionId"])
        fields: dict[str, Any] = {}
        if with_id or not one["name"].strip() or not one["trigger"].strip():
            fields["id"] = one["id"]
        if one["name"].strip():
            fields["name"] = one["name"]
        fields["action"] = short_reference(action, actions)
        if one["trigger"].strip():
            fields["trigger"] = one["trigger"]
        fields["enabled"] = one["enabled"]
        place = f"subscription {one['name']!r}: settings"
        if settings := self._settings(_described_settings(one), f"{hint}_{one['name']}", place, secrets):
            fields["settings"] = settings
        if one.get("modelId"):
            fields["model_id"] = one["modelId"]
        if schedule := one.get("reverseETLSchedule"):
            fields["reverse_etl_schedule"] = {key: value for key, value in schedule.items() if value is not None}
        return fields

    def _settings(self, settings: Mapping[str, Any], hint: str, place: str, secrets: dict[str, str]) -> dict[str, Any]:
        return {
            key: self._masked(value, f"{hint}_{key}", f"{place}[{key!r}]", secrets) if holds_mask(value) else value
            for key, value in settings.items()
        }

    def _masked(self, value: Any, hint: str, place: str, secrets: dict[str, str]) -> Any:
        """Return a value in which each masked secret is replaced by a ``SecretAlias``."""
        if not holds_mask(value):
            return value
        if isinstance(value, Mapping):
            return {k: self._masked(item, f"{hint}_{k}", f"{place}[{k!r}]", secrets) for k, item in value.items()}
        if isinstance(value, list):
            return [
                self._masked(item, f"{hint}_{index}", f"{place}[{index}]", secrets) for index, item in enumerate(value)
            ]
        secrets[place] = alias = self._alias(hint)
        return SecretAlias(alias)

    def _alias(self, hint: str) -> str:
        """Return a unique alias that is valid as the id of an Airflow connection or variable."""
        base = "segment_" + re.sub("[^a-z0-9]+", "_", hint.lower()).strip("_")[:200]
        alias, number = base, 1
        while alias in self._aliases:
            number += 1
            alias = f"{base}_{number}"
        self._aliases.add(alias)
        return alias


def _identity(destination: Destination) -> tuple[str, str, str]:
    return destination["sourceId"], destination["metadata"]["id"], destination.get("name") or ""


def _type_slug(destination: Destination) -> Slugged:
    return Slugged(destination["metadata"]["id"], destination["metadata"].get("slug"))


def _own_settings(destination: Destination) -> dict[str, Any]:
    known = {option["name"] for option in destination["metadata"].get("options") or []}
    copies = _ALSO_SERVER_KEYS - known
    return {
        key: value for key, value in destination["settings"].items() if not is_server_key(key) and key not in copies
    }


def _ambiguous(subscriptions: Sequence[Subscription]) -> set[str]:
    """Return the ids of the subscriptions that can be matched only by id."""
    groups: dict[tuple[str, str], list[Subscription]] = {}
    for one in subscriptions:
        groups.setdefault((one["actionId"], one["name"]), []).append(one)
    return {one["id"] for group in groups.values() if len(group) > 1 and not _distinguishable(group) for one in group}


def _distinguishable(group: Sequence[Subscription]) -> bool:
    """Return whether the subscriptions of a group can be distinguished by trigger, model and settings."""
    traits = [(one["trigger"], one.get("modelId") or "") for one in group]
    if len(set(traits)) == len(traits):
        return True
    try:
        matches = match_subscriptions([_spec(one) for one in group], group)
    except SegmentError:
        return False
    found = all(match is not None and match["id"] == one["id"] for one, match in zip(group, matches, strict=True))
    whole = {
        json.dumps([*trait, _described_settings(one)], sort_keys=True) for trait, one in zip(traits, group, strict=True)
    }
    return found and len(whole) == len(group)


def _described_settings(one: Subscription) -> dict[str, Any]:
    """Return the settings of a subscription without the keys that Segment adds."""
    return {key: value for key, value in (one.get("settings") or {}).items() if not is_server_key(key)}


def _spec(one: Subscription) -> SubscriptionSpec:
    return SubscriptionSpec(
        name=one["name"],
        action_id=one["actionId"],
        trigger=one["trigger"],
        enabled=one["enabled"],
        settings=one.get("settings") or None,
        model_id=one.get("modelId") or None,
    )


def described_secrets(imported: Sequence[Imported]) -> Iterator[tuple[str, str]]:
    """Yield each secret's alias, and the destination and location where the secret is used.

    :param imported: the described destinations.
    """
    for one in imported:
        for place, alias in one.secrets.items():
            yield alias, f"{one.source}/{one.name or one.id}: {place}"
