"""Resolving the slugs of sources, destination types and actions to ids.

Each slug is looked up first in what a flow reads anyway: the destinations of the source, the subscriptions of the
destination. Only if it is not there does the flow read the sources, the catalog or the destination.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
from msgspec import structs

from airflow_provider_segment.protocol.api.catalog import catalog_listing
from airflow_provider_segment.protocol.api.destinations import destinations_listing, get_destination
from airflow_provider_segment.protocol.api.objects import CatalogAction, Destination, Subscription
from airflow_provider_segment.protocol.api.subscriptions import subscriptions_listing
from airflow_provider_segment.protocol.api.workspace import sources_listing
from airflow_provider_segment.protocol.errors import SegmentProtocolError
from airflow_provider_segment.protocol.flow.pagination import collect
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log
from airflow_provider_segment.protocol.provisioning.catalog_checks import TypeRecord
from airflow_provider_segment.protocol.provisioning.identity import DestinationIdentity, SubscriptionIdentity
from airflow_provider_segment.protocol.provisioning.slugs import Slugged, find_slug, resolve_slug
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec


@dataclass(slots=True)
class ResolvedIds:
    """The ids resolved so far for one destination; a task keeps them, so that nothing is looked up twice.

    :param source_id: id of its source.
    :param metadata_id: catalog id of its type.
    :param record: the destination itself, if it was read for its type.
    :param actions: ids of actions, by the slug or id that the user passed.
    """

    source_id: str = ""
    metadata_id: str = ""
    record: Destination | None = None
    actions: dict[str, str] = field(default_factory=dict)

    @classmethod
    def restored(cls, stored: Mapping[str, Any] | None, identity: DestinationIdentity) -> ResolvedIds:
        """Return the ids that were found before the task waited.

        If an object has been deleted in the meantime, Segment returns 404 for its id, because ids are not reused.

        :param stored: from :meth:`stored`; ``None`` if the task has not waited.
        :param identity: the destination's identity; slugs that a template has changed are resolved again.
        :raises SegmentProtocolError: it is invalid, for example from another version; a retry starts again.
        """
        if stored is None:
            return cls()
        try:
            found = msgspec.convert(stored, _StoredIds)
        except msgspec.ValidationError as error:
            raise SegmentProtocolError(
                f"the ids stored when the task deferred can't be read; a retry looks them up again: {error}"
            ) from error
        if (found.source, found.destination_type) != (identity.source, identity.destination_type):
            return cls()
        return cls(source_id=found.source_id, metadata_id=found.metadata_id, actions=found.actions)

    def stored(self, identity: DestinationIdentity) -> dict[str, Any]:
        """Return the ids as JSON values, with the slugs from which they were resolved.

        :param identity: the destination's identity.
        """
        stored = _StoredIds(
            source=identity.source,
            destination_type=identity.destination_type,
            source_id=self.source_id,
            metadata_id=self.metadata_id,
            actions=self.actions,
        )
        return cast("dict[str, Any]", msgspec.to_builtins(stored))

    def destination(self, spec: DestinationSpec) -> DestinationSpec:
        """Return a destination's description with the resolved ids of its source and type.

        :param spec: the description.
        """
        return structs.replace(
            spec, source_id=self.source_id or spec.source_id, metadata_id=self.metadata_id or spec.metadata_id
        )

    def subscription(self, spec: SubscriptionSpec) -> SubscriptionSpec:
        """Return a subscription's description with the resolved id of its action.

        :param spec: the description.
        """
        return spec if spec.action is None else structs.replace(spec, action_id=self.actions[spec.action], action=None)


class _StoredIds(msgspec.Struct, kw_only=True):
    """The resolved ids, in the form in which they are stored while a task waits."""

    source: str | None
    destination_type: str | None
    source_id: str
    metadata_id: str
    actions: dict[str, str]


def resolve_source(options: CallOptions, ids: ResolvedIds, *, source: str | None, source_id: str = "") -> Flow[str]:
    """Return the id of a source; list the sources only if the id is not known yet.

    :param ids: the ids found so far, to which the source is added.
    :param source: its slug or id.
    :param source_id: its id, if it is known.
    :raises ValueError: no source has this slug or id, or several match.
    """
    if source_id or source is None:
        ids.source_id = source_id
    elif not ids.source_id:
        sources = yield from collect(sources_listing(), options)
        ids.source_id = resolve_slug("source", source, (Slugged(one["id"], one["slug"]) for one in sources))
        yield from _log_id("source", source, ids.source_id)
    return ids.source_id


def read_siblings(
    options: CallOptions, identity: DestinationIdentity, ids: ResolvedIds
) -> Flow[tuple[DestinationIdentity, list[Destination]]]:
    """Resolve the source and the type of an identity, and list the destinations of the source.

    :param identity: the destination's identity.
    :param ids: the ids found so far, to which source and type are added.
    :return: the identity with both ids, and the destinations of the source.
    :raises ValueError: the source or the type is unknown or ambiguous.
    :raises SegmentNotFoundError: there is no source with this id.
    """
    source_id = yield from resolve_source(options, ids, source=identity.source, source_id=identity.source_id)
    listed = yield from collect(destinations_listing(source_id=source_id, with_options=True), options)
    metadata_id = yield from resolve_type(options, identity, ids, listed)
    return structs.replace(identity, source_id=source_id, metadata_id=metadata_id), listed


def resolve_type(
    options: CallOptions, identity: DestinationIdentity, ids: ResolvedIds, listed: Sequence[Destination]
) -> Flow[str]:
    """Return the catalog id of a destination's type; the catalog is listed only if no listed destination has the type.

    :param identity: the destination's identity.
    :param ids: the ids found so far, to which the type is added.
    :param listed: destinations that have been read.
    :raises ValueError: no type has this slug or id, or several match.
    """
    value = identity.destination_type
    if identity.metadata_id or value is None:
        ids.metadata_id = identity.metadata_id
    elif not ids.metadata_id:
        known = [Slugged(one["metadata"]["id"], one["metadata"].get("slug")) for one in listed]
        found = find_slug("destination type", value, known)
        if found is None:
            catalog = yield from collect(catalog_listing(), options)
            entries = (Slugged(one["id"], one["slug"]) for one in catalog)
            found = resolve_slug("destination type", value, [*known, *entries])
        ids.metadata_id = found
        yield from _log_id("destination type", value, found)
    return ids.metadata_id


def resolve_action(
    options: CallOptions, identity: SubscriptionIdentity, ids: ResolvedIds, listed: Sequence[Subscription]
) -> Flow[str]:
    """Return the id of a subscription's action; fetch the destination only if no listed subscription has the action.

    :param identity: the subscription's identity.
    :param ids: the ids found so far, to which the action is added.
    :param listed: subscriptions of the destination.
    :raises ValueError: no action of the type has this slug or id, or several match.
    """
    value = identity.action
    if identity.action_id or value is None:
        return identity.action_id
    if value not in ids.actions:
        known = _used_actions(listed)
        found = find_slug("action", value, known)
        if found is None:
            destination = yield from read_record(options, identity.destination_id, ids)
            known += _actions(destination["metadata"].get("actions"))
            found = resolve_slug("action", value, known)
        ids.actions[value] = found
        yield from _log_id("action", value, found)
    return ids.actions[value]


def resolve_described_actions(
    options: CallOptions,
    specs: Sequence[SubscriptionSpec],
    ids: ResolvedIds,
    destination_type: TypeRecord | None,
    *,
    destination_id: str | None,
) -> Flow[tuple[SubscriptionSpec, ...]]:
    """Return the descriptions of subscriptions after resolving their actions to ids.

    An action that the type no longer has is found in the subscriptions that use it.

    :param specs: the descriptions.
    :param ids: the ids found so far, to which the actions are added.
    :param destination_type: the type with its actions; ``None`` if it could not be read.
    :param destination_id: the destination; ``None`` if it does not exist.
    :raises ValueError: an action is unknown or ambiguous; the message names the entry.
    """
    named = {spec.action: index for index, spec in reversed(list(enumerate(specs))) if spec.action is not None}
    missing = {action: index for action, index in named.items() if action not in ids.actions}
    if missing:
        if destination_type is None:
            raise ValueError(
                f"subscriptions[{min(missing.values())}]['action']: the token is not allowed to read the catalog, which"
                " contains the ids of actions; pass action_id"
            )
        known = _actions(destination_type.get("actions"))
        if destination_id is not None and not missing.keys() <= {name for one in known for name in (one.id, one.slug)}:
            known += _used_actions((yield from collect(subscriptions_listing(destination_id=destination_id), options)))
        for action, index in missing.items():
            try:
                ids.actions[action] = resolve_slug("action", action, known)
            except ValueError as error:
                raise ValueError(f"subscriptions[{index}]['action']: {error}") from None
            yield from _log_id("action", action, ids.actions[action])
    return tuple(map(ids.subscription, specs))


def read_record(options: CallOptions, destination_id: str, ids: ResolvedIds) -> Flow[Destination]:
    """Return the record of a destination, reading it only once.

    :param destination_id: its id.
    :param ids: the ids found so far, to which the record is added.
    """
    if ids.record is None:
        ids.record = yield from get_destination(options, id=destination_id)
    return ids.record


def _actions(actions: Iterable[CatalogAction] | None) -> list[Slugged]:
    return [Slugged(one["id"], one.get("slug")) for one in actions or ()]


def _used_actions(subscriptions: Iterable[Subscription]) -> list[Slugged]:
    return [Slugged(one["actionId"], one.get("actionSlug")) for one in subscriptions]


def _log_id(what: str, value: str, found: str) -> Iterator[Log]:
    if found != value:
        yield Log(f"{what} {value!r} has the id {found}")
