"""Reading a workspace: its sources, destinations and subscriptions, in as few requests as possible."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict, cast

from airflow_provider_segment.protocol.api import operations
from airflow_provider_segment.protocol.api.objects import CatalogAction, Destination, Source, Subscription
from airflow_provider_segment.protocol.api.requests import build_call
from airflow_provider_segment.protocol.api.subscriptions import subscriptions_listing
from airflow_provider_segment.protocol.api.workspace import sources_listing
from airflow_provider_segment.protocol.errors import SegmentNotFoundError
from airflow_provider_segment.protocol.flow.exchange import exchange
from airflow_provider_segment.protocol.flow.pagination import collect
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
from airflow_provider_segment.protocol.provisioning.slugs import Slugged
from airflow_provider_segment.protocol.wire.pagination import Listing, page_reader


class TypeOption(TypedDict):
    """A setting that a destination type knows."""

    name: str
    defaultValue: NotRequired[Any]
    label: NotRequired[str | None]
    description: NotRequired[str | None]


class DestinationType(TypedDict):
    """The type of a destination with its options and actions, as it appears in every record of a destination."""

    id: str
    slug: NotRequired[str]
    name: NotRequired[str]
    options: NotRequired[list[TypeOption]]
    actions: NotRequired[list[CatalogAction]]


class _Record(TypedDict):
    id: str
    enabled: bool
    sourceId: str
    settings: dict[str, Any]
    metadata: DestinationType
    name: NotRequired[str | None]


def read_sources(options: CallOptions, *, workspace_id: str | None = None) -> Flow[list[Source]]:
    """List the sources of the workspace.

    :param workspace_id: id of the workspace that the token must belong to; ``None`` for any.
    :raises ValueError: the token belongs to another workspace.
    """
    sources = yield from collect(sources_listing(), options)
    others = sorted({one["workspaceId"] for one in sources} - {workspace_id})
    if workspace_id is not None and others:
        raise ValueError(
            f"the token of {options.connection} belongs to the workspace {others[0]}, but the environment is for"
            f" workspace_id {workspace_id}"
        )
    return sources


def read_destinations(options: CallOptions, *, source_id: str | None = None) -> Flow[list[Destination]]:
    """List destinations with the options and actions of their types; equal types share these in memory.

    :param source_id: list only this source's destinations; by default the whole workspace's.
    """
    read = page_reader(_Record, key="destinations")
    if source_id is None:
        listing = Listing(operations.LIST_DESTINATIONS, {}, read)
    else:
        listing = Listing(operations.LIST_CONNECTED_DESTINATIONS, {"sourceId": source_id}, read)
    types: dict[str, DestinationType] = {}
    destinations = yield from collect(listing, options)
    for one in destinations:
        one["metadata"] = types.setdefault(one["metadata"]["id"], one["metadata"])
    return cast("list[Destination]", destinations)


def read_destination(options: CallOptions, destination_id: str) -> Flow[Destination | None]:
    """Get a destination with the options and actions of its type; ``None`` if it does not exist.

    :param destination_id: its id.
    """
    ids = {"destinationId": destination_id}
    try:
        record = yield from exchange(
            build_call(_Record, operations.GET_DESTINATION, key="destination", ids=ids), options
        )
    except SegmentNotFoundError:
        return None
    return cast("Destination", record)


def read_subscriptions(options: CallOptions, destination: Destination) -> Flow[list[Subscription]]:
    """List the subscriptions of a destination; if its type has no actions, return none without a request.

    :param destination: the destination as read by this module.
    """
    if cast("DestinationType", destination["metadata"]).get("actions") == []:
        return []
    return (yield from collect(subscriptions_listing(destination_id=destination["id"]), options))


def read_catalog(options: CallOptions) -> Flow[list[DestinationType]]:
    """List the destination types of the catalog."""
    read = page_reader(DestinationType, key="destinationsCatalog")
    return (yield from collect(Listing(operations.GET_DESTINATIONS_CATALOG, {}, read), options))


def type_of(destination: Destination) -> DestinationType:
    """Return the type of a destination with the known ones of its options and actions.

    :param destination: the destination as read by this module.
    """
    return cast("DestinationType", destination["metadata"])


def source_slugs(sources: list[Source]) -> list[Slugged]:
    """Return the ids and slugs of sources.

    :param sources: the listed sources.
    """
    return [Slugged(one["id"], one["slug"]) for one in sources]


def action_slugs(destination_type: DestinationType, subscriptions: list[Subscription]) -> list[Slugged]:
    """Return the ids and slugs of the actions of a type, and of those that existing subscriptions use.

    :param destination_type: the type.
    :param subscriptions: the subscriptions of a destination of this type.
    """
    return list(dict.fromkeys(_actions(destination_type, subscriptions)))


def _actions(destination_type: DestinationType, subscriptions: list[Subscription]) -> Iterator[Slugged]:
    known = {one["id"] for one in destination_type.get("actions") or []}
    for action in destination_type.get("actions") or []:
        yield Slugged(action["id"], action.get("slug"))
    for one in subscriptions:
        if one["actionId"] not in known:
            yield Slugged(one["actionId"], one.get("actionSlug"))
