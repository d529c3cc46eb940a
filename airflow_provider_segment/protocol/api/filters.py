"""Filters of a destination. https://docs.segmentapis.com/tag/Destination-Filters"""

from __future__ import annotations

from typing import Any

from airflow_provider_segment.protocol.api import operations
from airflow_provider_segment.protocol.api.objects import Filter, FilterPreview
from airflow_provider_segment.protocol.api.requests import build_call, delete_call, drop_none
from airflow_provider_segment.protocol.arguments import check_flag, check_id, check_name, check_settings
from airflow_provider_segment.protocol.filter_arguments import check_actions, check_description
from airflow_provider_segment.protocol.flow.exchange import exchange
from airflow_provider_segment.protocol.flow.pagination import paginate
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, PagedFlow
from airflow_provider_segment.protocol.wire.envelope import data_reader
from airflow_provider_segment.protocol.wire.operation import Call
from airflow_provider_segment.protocol.wire.pagination import Listing, page_reader


def filters_listing(*, destination_id: str) -> Listing[Filter]:
    """Return the paginated operation that lists a destination's filters.

    :param destination_id: id of the destination.
    """
    ids = {"destinationId": check_id("destination_id", destination_id)}
    return Listing(operations.LIST_FILTERS, ids, page_reader(Filter, key="filters"))


def list_filters(options: CallOptions, *, destination_id: str) -> PagedFlow[Filter]:
    """List a destination's filters.

    :param destination_id: id of the destination.
    :return: an iterator that fetches pages as it is consumed.
    """
    return paginate(filters_listing(destination_id=destination_id), options)


def get_filter(options: CallOptions, *, destination_id: str, id: str) -> Flow[Filter]:
    """Get a filter.

    :param destination_id: id of its destination.
    :param id: id of the filter.
    :raises SegmentNotFoundError: it does not exist.
    """
    ids = _ids(destination_id, id)
    return (yield from exchange(build_call(Filter, operations.GET_FILTER, key="filter", ids=ids), options))


def post_filter(
    options: CallOptions,
    *,
    destination_id: str,
    source_id: str,
    title: str,
    condition: str,
    actions: list[dict[str, Any]],
    enabled: bool = True,
    description: str | None = None,
) -> Flow[Filter]:
    """Create a filter with a single POST, which is not repeated if its response is lost.

    :param destination_id: id of the destination.
    :param source_id: id of the destination's source.
    :param title: display name.
    :param condition: FQL statement that selects events, such as ``type = "identify"``, or ``all``; the API calls it
        ``if``.
    :param actions: what happens to these events, such as ``[{"type": "DROP"}]``.
    :param enabled: whether it filters events.
    :param description: what it is for.
    :return: the filter.
    :raises SegmentAmbiguousWriteError: the response was lost, so the filter may or may not exist.
    """
    body = {
        "sourceId": check_id("source_id", source_id),
        "title": check_name("title", title),
        "if": check_name("condition", condition),
        "actions": check_actions("actions", actions),
        "enabled": check_flag("enabled", enabled),
    }
    if description is not None and check_description("description", description):
        body["description"] = description
    ids = {"destinationId": check_id("destination_id", destination_id)}
    call = build_call(Filter, operations.CREATE_FILTER, key="filter", ids=ids, body=body)
    return (yield from exchange(call, options))


def update_filter(
    options: CallOptions,
    *,
    destination_id: str,
    id: str,
    title: str | None = None,
    condition: str | None = None,
    actions: list[dict[str, Any]] | None = None,
    enabled: bool | None = None,
    description: str | None = None,
) -> Flow[Filter]:
    """Change a filter; fields whose argument is ``None`` stay unchanged.

    :param destination_id: id of its destination.
    :param id: id of the filter.
    :param title: new display name.
    :param condition: new FQL statement, or ``all``.
    :param actions: new actions, which replace all of its actions.
    :param enabled: whether it filters events.
    :param description: new description; an empty one removes it.
    :return: the filter after the change; if nothing is left to send, it is only read.
    """
    body = drop_none(
        title=None if title is None else check_name("title", title),
        actions=None if actions is None else check_actions("actions", actions),
        enabled=None if enabled is None else check_flag("enabled", enabled),
    )
    if condition is not None:
        body["if"] = check_name("condition", condition)
    if description is not None:
        body["description"] = check_description("description", description) or None
    if not body:
        return (yield from get_filter(options, destination_id=destination_id, id=id))
    call = build_call(Filter, operations.UPDATE_FILTER, key="filter", ids=_ids(destination_id, id), body=body)
    return (yield from exchange(call, options))


def delete_filter(options: CallOptions, *, destination_id: str, id: str) -> Flow[None]:
    """Delete a filter.

    :param destination_id: id of its destination.
    :param id: id of the filter.
    :raises SegmentNotFoundError: it does not exist.
    """
    return (yield from exchange(delete_call(operations.REMOVE_FILTER, ids=_ids(destination_id, id)), options))


def preview_filter(
    options: CallOptions, *, condition: str, actions: list[dict[str, Any]], payload: dict[str, Any]
) -> Flow[FilterPreview]:
    """Return what a filter would do to a sample event; nothing is changed.

    :param condition: FQL statement, or ``all``.
    :param actions: what happens to events that meet the condition.
    :param payload: the sample event.
    :return: ``inputPayload``, and ``result``: the event after the filter, or ``None`` if it is dropped.
    :raises SegmentInvalidRequestError: Segment rejected the condition or the actions.
    """
    rules = {"if": check_name("condition", condition), "actions": check_actions("actions", actions)}
    body = {"filter": rules, "payload": check_settings("payload", payload)}
    read_data = data_reader(("inputPayload", dict[str, Any]), ("result", dict[str, Any] | None))

    def read(response: bytes) -> FilterPreview:
        data = read_data(response)
        return {"inputPayload": data.inputPayload, "result": data.result}

    call = Call(operations.PREVIEW_FILTER, operations.PREVIEW_FILTER.request(body=body), read)
    return (yield from exchange(call, options))


def _ids(destination_id: str, filter_id: str) -> dict[str, str]:
    return {"destinationId": check_id("destination_id", destination_id), "filterId": check_id("id", filter_id)}
