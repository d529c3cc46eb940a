"""Destinations. https://docs.segmentapis.com/tag/Destinations"""

from __future__ import annotations

from typing import Any, cast

from airflow_provider_segment.protocol.api import operations
from airflow_provider_segment.protocol.api.masks import drop_masked, mask_returned_secrets
from airflow_provider_segment.protocol.api.objects import Destination, ListedDestination
from airflow_provider_segment.protocol.api.requests import build_call, delete_call, drop_none
from airflow_provider_segment.protocol.arguments import (
    check_flag,
    check_id,
    check_name,
    check_new_settings,
    check_settings,
)
from airflow_provider_segment.protocol.errors import SegmentInvalidRequestError
from airflow_provider_segment.protocol.flow.exchange import exchange
from airflow_provider_segment.protocol.flow.pagination import paginate
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, PagedFlow
from airflow_provider_segment.protocol.wire.pagination import Listing, page_reader

_SECOND_INSTANCE = (
    "a source can have only one destination of this type, and it already has one; select the existing one by its id or"
    " name, or delete it"
)


def destinations_listing(
    *, source_id: str | None = None, full: bool = False, with_options: bool = False
) -> Listing[Destination]:
    """Return the paginated operation that lists destinations.

    :param source_id: list only this source's destinations, with a separate operation of the API; by default the whole
        workspace's.
    :param full: return whole records instead of the fields of ``Destination``.
    :param with_options: decode the options and actions of each destination's type. They are most of a record, so
        destinations of one type share them in memory.
    """
    if full:
        read = page_reader(_record(full=True), key="destinations")
    elif with_options:
        read = page_reader(Destination, key="destinations", free_key="settings", shared_key="metadata")
    else:
        read = page_reader(cast("type[Destination]", ListedDestination), key="destinations", free_key="settings")
    if source_id is None:
        return Listing(operations.LIST_DESTINATIONS, {}, read)
    ids = {"sourceId": check_id("source_id", source_id)}
    return Listing(operations.LIST_CONNECTED_DESTINATIONS, ids, read)


def list_destinations(
    options: CallOptions, *, source_id: str | None = None, full: bool = False
) -> PagedFlow[Destination]:
    """List destinations.

    :param source_id: list only this source's destinations; by default the whole workspace's.
    :param full: return whole records, with about 20 KB of catalog text each, instead of the fields of ``Destination``.
    :return: an iterator that fetches pages as it is consumed.
    """
    return paginate(destinations_listing(source_id=source_id, full=full), options)


def get_destination(options: CallOptions, *, id: str, full: bool = False) -> Flow[Destination]:
    """Get a destination.

    :param id: id of the destination.
    :param full: return the whole record, with its catalog text, instead of the fields of ``Destination``.
    :raises SegmentNotFoundError: it does not exist.
    """
    call = build_call(_record(full=full), operations.GET_DESTINATION, key="destination", ids=_ids(id))
    return (yield from exchange(call, options))


def post_destination(
    options: CallOptions, *, source_id: str, metadata_id: str, name: str, settings: dict[str, Any], enabled: bool = True
) -> Flow[Destination]:
    """Create a destination with a single POST, which is not repeated if its response is lost.

    :param source_id: source to connect it to; cannot be changed later.
    :param metadata_id: catalog id of its type; cannot be changed later.
    :param name: display name; must be unique among the destinations of one type on one source.
    :param settings: settings keyed by the option names of the catalog entry; may be empty.
    :param enabled: whether it receives data.
    :return: the destination, with the catalog's defaults filled in and secrets masked.
    :raises SegmentAmbiguousWriteError: the response was lost, so the destination may or may not exist.
    :raises SegmentInvalidRequestError: Segment rejected the request, for example because the type allows only one
        destination per source, and it exists.
    """
    body = {
        "sourceId": check_id("source_id", source_id),
        "metadataId": check_id("metadata_id", metadata_id),
        "name": check_name("name", name),
        "enabled": check_flag("enabled", enabled),
        "settings": check_new_settings("settings", settings),
    }
    call = build_call(Destination, operations.CREATE_DESTINATION, key="destination", body=body)
    try:
        created = yield from exchange(call, options)
    except SegmentInvalidRequestError as error:
        if "multiple configurations" in str(error).lower():
            error.explain(_SECOND_INSTANCE)
        raise
    yield from mask_returned_secrets(settings, created["settings"])
    return created


def update_destination(
    options: CallOptions,
    *,
    id: str,
    name: str | None = None,
    enabled: bool | None = None,
    settings: dict[str, Any] | None = None,
) -> Flow[Destination]:
    """Change a destination; fields whose argument is ``None`` stay unchanged.

    :param id: id of the destination.
    :param name: new display name.
    :param enabled: whether it receives data.
    :param settings: settings to change; masked values, as the API returns secrets, are skipped with a warning.
    :return: the destination after the change; if nothing is left to send, it is only read.
    :raises SegmentInvalidRequestError: Segment rejected the request, for example because all settings in it are
        read-only.
    """
    body = drop_none(
        name=None if name is None else check_name("name", name),
        enabled=None if enabled is None else check_flag("enabled", enabled),
        settings=None if settings is None else (yield from drop_masked(check_settings("settings", settings))),
    )
    if not body:
        return (yield from get_destination(options, id=id))
    call = build_call(Destination, operations.UPDATE_DESTINATION, key="destination", ids=_ids(id), body=body)
    changed = yield from exchange(call, options)
    yield from mask_returned_secrets(settings, changed["settings"])
    return changed


def delete_destination(options: CallOptions, *, id: str) -> Flow[None]:
    """Delete a destination and its subscriptions.

    :param id: id of the destination.
    :raises SegmentNotFoundError: it does not exist.
    """
    return (yield from exchange(delete_call(operations.DELETE_DESTINATION, ids=_ids(id)), options))


def _ids(destination_id: str) -> dict[str, str]:
    return {"destinationId": check_id("id", destination_id)}


def _record(*, full: bool) -> type[Destination]:
    return cast("type[Destination]", dict[str, Any]) if full else Destination
