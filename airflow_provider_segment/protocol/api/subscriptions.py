"""Subscriptions of a destination; the Segment app calls them mappings. The operations are in alpha.

https://docs.segmentapis.com/tag/Destinations
"""

from __future__ import annotations

from typing import Any

from airflow_provider_segment.protocol.api import operations
from airflow_provider_segment.protocol.api.masks import drop_masked, mask_returned_secrets
from airflow_provider_segment.protocol.api.objects import Subscription
from airflow_provider_segment.protocol.api.requests import build_call, delete_call, drop_none
from airflow_provider_segment.protocol.arguments import (
    check_flag,
    check_id,
    check_name,
    check_new_settings,
    check_schedule,
    check_settings,
)
from airflow_provider_segment.protocol.flow.exchange import exchange
from airflow_provider_segment.protocol.flow.pagination import paginate
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, PagedFlow
from airflow_provider_segment.protocol.wire.pagination import Listing, page_reader


def subscriptions_listing(*, destination_id: str) -> Listing[Subscription]:
    """Return the paginated operation that lists a destination's subscriptions.

    :param destination_id: id of the destination.
    """
    ids = {"destinationId": check_id("destination_id", destination_id)}
    return Listing(operations.LIST_SUBSCRIPTIONS, ids, page_reader(Subscription, key="subscriptions"))


def list_subscriptions(options: CallOptions, *, destination_id: str) -> PagedFlow[Subscription]:
    """List a destination's subscriptions.

    :param destination_id: id of the destination.
    :return: an iterator that fetches pages as it is consumed.
    """
    return paginate(subscriptions_listing(destination_id=destination_id), options)


def get_subscription(options: CallOptions, *, destination_id: str, id: str) -> Flow[Subscription]:
    """Get a subscription.

    :param destination_id: id of its destination.
    :param id: id of the subscription.
    :raises SegmentNotFoundError: it does not exist.
    """
    ids = _ids(destination_id, id)
    return (
        yield from exchange(build_call(Subscription, operations.GET_SUBSCRIPTION, key="subscription", ids=ids), options)
    )


def post_subscription(
    options: CallOptions,
    *,
    destination_id: str,
    name: str,
    action_id: str,
    trigger: str,
    enabled: bool = True,
    settings: dict[str, Any] | None = None,
    model_id: str | None = None,
) -> Flow[Subscription]:
    """Create a subscription with a single POST, which is not repeated if its response is lost.

    Segment allows 5 a minute; beyond that the flow waits.

    :param destination_id: id of the destination.
    :param name: display name.
    :param action_id: id of an action of the destination's type; cannot be changed later.
    :param trigger: FQL statement that selects events, such as ``type = "track"``.
    :param enabled: whether it processes events.
    :param settings: settings keyed by the field names of the action.
    :param model_id: Reverse ETL model that its data comes from.
    :return: the subscription.
    :raises SegmentAmbiguousWriteError: the response was lost, so the subscription may or may not exist.
    """
    ids = {"destinationId": check_id("destination_id", destination_id)}
    body = {
        "name": check_name("name", name),
        "actionId": check_id("action_id", action_id),
        "trigger": check_name("trigger", trigger),
        "enabled": check_flag("enabled", enabled),
    } | drop_none(
        settings=None if settings is None else check_new_settings("settings", settings),
        modelId=None if model_id is None else check_id("model_id", model_id),
    )
    # This is the only operation that does not use the key `subscription`.
    key = "destinationSubscription"
    call = build_call(Subscription, operations.CREATE_SUBSCRIPTION, key=key, ids=ids, body=body)
    created = yield from exchange(call, options)
    yield from mask_returned_secrets(settings, created.get("settings"))
    return created


def update_subscription(
    options: CallOptions,
    *,
    destination_id: str,
    id: str,
    name: str | None = None,
    trigger: str | None = None,
    enabled: bool | None = None,
    settings: dict[str, Any] | None = None,
    model_id: str | None = None,
    reverse_etl_schedule: dict[str, Any] | None = None,
) -> Flow[Subscription]:
    """Change a subscription; fields whose argument is ``None`` stay unchanged.

    Segment allows 5 a minute; beyond that the flow waits.

    :param destination_id: id of its destination.
    :param id: id of the subscription.
    :param name: new display name.
    :param trigger: new FQL statement.
    :param enabled: whether it processes events.
    :param settings: settings to change; masked values are skipped with a warning.
    :param model_id: Reverse ETL model that its data comes from.
    :param reverse_etl_schedule: when the model syncs: ``{"strategy": …, "config": …}``.
    :return: the subscription after the change; if nothing is left to send, it is only read.
    """
    changes = drop_none(
        name=None if name is None else check_name("name", name),
        trigger=None if trigger is None else check_name("trigger", trigger),
        enabled=None if enabled is None else check_flag("enabled", enabled),
        settings=None if settings is None else (yield from drop_masked(check_settings("settings", settings))),
        # The key is `modelId` on create and in responses, but this on update.
        reverseETLModelId=None if model_id is None else check_id("model_id", model_id),
        reverseETLSchedule=None
        if reverse_etl_schedule is None
        else check_schedule("reverse_etl_schedule", reverse_etl_schedule),
    )
    if not changes:
        return (yield from get_subscription(options, destination_id=destination_id, id=id))
    ids = _ids(destination_id, id)
    body = {"input": changes}  # the API rejects the fields without this wrapper
    call = build_call(Subscription, operations.UPDATE_SUBSCRIPTION, key="subscription", ids=ids, body=body)
    changed = yield from exchange(call, options)
    yield from mask_returned_secrets(settings, changed.get("settings"))
    return changed


def delete_subscription(options: CallOptions, *, destination_id: str, id: str) -> Flow[None]:
    """Delete a subscription. Segment allows 5 a minute; beyond that the flow waits.

    :param destination_id: id of its destination.
    :param id: id of the subscription.
    :raises SegmentNotFoundError: it does not exist.
    """
    return (yield from exchange(delete_call(operations.REMOVE_SUBSCRIPTION, ids=_ids(destination_id, id)), options))


def _ids(destination_id: str, subscription_id: str) -> dict[str, str]:
    return {"destinationId": check_id("destination_id", destination_id), "id": check_id("id", subscription_id)}
