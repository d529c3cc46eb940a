"""Reading a workspace: its sources, destinations and subscriptions, in as few requests as possible."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_provider_segment.protocol.api.destinations import destinations_listing, get_destination
from airflow_provider_segment.protocol.api.objects import Destination, Source, Subscription
from airflow_provider_segment.protocol.api.subscriptions import subscriptions_listing
from airflow_provider_segment.protocol.api.workspace import sources_listing
from airflow_provider_segment.protocol.errors import SegmentNotFoundError
from airflow_provider_segment.protocol.flow.pagination import collect
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
from airflow_provider_segment.protocol.provisioning.catalog_checks import TypeRecord
from airflow_provider_segment.protocol.provisioning.slugs import Slugged


def read_sources(options: CallOptions, *, workspace_id: str | None = None) -> Flow[list[Source]]:
    """List the sources of the workspace.

    :param workspace_id: id of the workspace that the token must belong to; ``None`` for any.
    :raises ValueError: the token belongs to another workspace.
    """
    sources = yield from collect(sources_listing(), options)
    others = sorted({one["workspaceId"] for one in sources} - {workspace_id})
    if workspace_id is not None and others:
        raise ValueError(
            f"the token of {options.connection} belongs to the workspace {others[0]}, but workspace_id in the"
            f" environment is {workspace_id}"
        )
    return sources


def read_destinations(options: CallOptions, *, source_id: str | None = None) -> Flow[list[Destination]]:
    """List destinations with the options and actions of their types.

    :param source_id: list only this source's destinations; by default the whole workspace's.
    """
    return (yield from collect(destinations_listing(source_id=source_id, with_options=True), options))


def read_destination(options: CallOptions, destination_id: str) -> Flow[Destination | None]:
    """Get a destination with the options and actions of its type; ``None`` if it does not exist.

    :param destination_id: its id.
    """
    try:
        return (yield from get_destination(options, id=destination_id))
    except SegmentNotFoundError:
        return None


def read_subscriptions(options: CallOptions, destination: Destination) -> Flow[list[Subscription]]:
    """List the subscriptions of a destination; if its type has no actions, return none without a request.

    :param destination: the destination as read by this module.
    """
    if destination["metadata"].get("actions") == []:
        return []
    return (yield from collect(subscriptions_listing(destination_id=destination["id"]), options))


def source_slugs(sources: list[Source]) -> list[Slugged]:
    """Return the ids and slugs of sources.

    :param sources: the listed sources.
    """
    return [Slugged(one["id"], one["slug"]) for one in sources]


def action_slugs(destination_type: TypeRecord, subscriptions: list[Subscription]) -> list[Slugged]:
    """Return the id and slug of each action that a type has or that an existing subscription uses.

    :param destination_type: the type.
    :param subscriptions: the subscriptions of a destination of this type.
    """
    return list(dict.fromkeys(_actions(destination_type, subscriptions)))


def _actions(destination_type: TypeRecord, subscriptions: list[Subscription]) -> Iterator[Slugged]:
    known = {one["id"] for one in destination_type.get("actions") or []}
    for action in destination_type.get("actions") or []:
        yield Slugged(action["id"], action.get("slug"))
    for one in subscriptions:
        if one["actionId"] not in known:
            yield Slugged(one["actionId"], one.get("actionSlug"))
