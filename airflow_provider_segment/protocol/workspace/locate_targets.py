"""Locating what a description refers to: the source, the destination type and any existing destination."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from airflow_provider_segment.protocol.api.catalog import catalog_listing
from airflow_provider_segment.protocol.api.objects import Source
from airflow_provider_segment.protocol.errors import SegmentAuthError, SegmentConnectionError, SegmentError
from airflow_provider_segment.protocol.flow.pagination import collect
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log
from airflow_provider_segment.protocol.provisioning.catalog_checks import TypeRecord
from airflow_provider_segment.protocol.provisioning.identity import DestinationIdentity
from airflow_provider_segment.protocol.provisioning.slugs import Slugged, find_slug, resolve_slug
from airflow_provider_segment.protocol.workspace.description import DestinationDescription
from airflow_provider_segment.protocol.workspace.listings import Listings
from airflow_provider_segment.protocol.workspace.plan_destination import Target, find_destination
from airflow_provider_segment.protocol.workspace.reading import source_slugs


def is_fatal(error: Exception) -> bool:
    """Return whether an error would make all other destinations fail too: a rejected token or a failed connection.

    A 403 may concern one source, or a feature that the workspace does not have.

    :param error: the error for one destination.
    """
    rejected = isinstance(error, SegmentAuthError) and error.status == 401
    return rejected or isinstance(error, SegmentConnectionError)


@dataclass
class Known:
    """The objects read from the workspace so far.

    :param sources: its sources.
    :param listings: the destinations of the described sources.
    :param types: the destination types by id: those of existing destinations, or of the whole catalog.
    :param whole_catalog: whether the catalog was read.
    """

    sources: list[Source]
    listings: Listings = field(default_factory=Listings)
    types: dict[str, TypeRecord] = field(default_factory=dict)
    whole_catalog: bool = False


def locate(options: CallOptions, description: DestinationDescription, known: Known) -> Flow[Target | Exception]:
    """Locate the target of a description, excluding subscriptions and filters; return an error if that fails.

    :param description: the destination's description.
    :param known: what was read so far; more is added.
    """
    try:
        source_id = resolve_slug("source", description.source, source_slugs(known.sources))
        is_new = source_id not in known.listings
        listed = yield from known.listings.read(options, source_id, max_age=math.inf)
        for one in listed if is_new else ():
            known.types.setdefault(one["metadata"]["id"], one["metadata"])
        metadata_id = yield from _resolve_type(options, description.type, known)
        actual = find_destination(description, source_id=source_id, metadata_id=metadata_id, destinations=listed)
    except (ValueError, SegmentError) as error:
        if is_fatal(error):
            raise
        return error
    return Target(source_id=source_id, metadata_id=metadata_id, actual=actual)


def _resolve_type(options: CallOptions, value: str, known: Known) -> Flow[str]:
    found = find_slug("type", value, _type_slugs(known))
    if found is not None:
        return found
    if not known.whole_catalog:
        yield Log("reading the catalog to find types that no destination uses yet")
        catalog = yield from collect(catalog_listing(with_options=True), options)
        for one in catalog:
            known.types.setdefault(one["id"], one)
        known.whole_catalog = True
    return resolve_slug("type", value, _type_slugs(known))


def _type_slugs(known: Known) -> list[Slugged]:
    return [Slugged(one["id"], one.get("slug")) for one in known.types.values()]


def claim_target(
    description: DestinationDescription, target: Target | Exception, described: set[str]
) -> Target | Exception:
    """Return the target, or an error if another description has the same target.

    :param description: the destination's description.
    :param target: what it refers to.
    :param described: ids of existing targets, and identities of new ones; this one is added.
    """
    if isinstance(target, Exception):
        return target
    identity = DestinationIdentity(
        source_id=target.source_id, metadata_id=target.metadata_id, name=description.name or ""
    )
    key = str(identity) if target.actual is None else target.actual["id"]
    if key in described:
        label = identity if target.actual is None else f"destination {key}"
        return ValueError(f"{label} is described twice; remove one of the two descriptions")
    described.add(key)
    return target
