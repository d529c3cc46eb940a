"""Subscriptions of a destination; the Segment app calls them mappings. Alpha operations.

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
    """Say which subscriptions to list.

    :param destination_id: of this destination.
    """
    ids = {"destinationId": check_id("destination_id", destination_id)}
    return Listing(operations.LIST_SUBSCRIPTIONS, ids, page_reader(Subscription, key="subscriptions"))


def list_subscriptions(options: CallOptions, *, destination_id: str) -> PagedFlow[Subscription]:
    """List a destination's subscriptions.

    :param destination_id: of this destination.
    :return: an iterator that fetches pages as it is consumed.
    """
    return paginate(subscriptions_listing(destination_id=destination_id), options)


def get_subscription(options: CallOptions, *, destination_id: str, id: str) -> Flow[Subscription]:
    """Get a subscription.

    :param destination_id: of this destination.
    :param id: its id.
    :raises SegmentNotFoundError: there is none.
    """
    ids = _ids(destination_id, id)
    return (
        yield from exchange(build_call(Subscription, operations.GET_SUBSCRIPTION, key="subscription", ids=ids), options)
    )


def create_subscription(
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
    """Create a subscription. Segment allows 5 a minute; the flow waits for its turn.

    :param destination_id: of this destination.
    :param name: display name.
    :param action_id: what it does, for life; an action of the destination's type.
    :param trigger: an FQL statement saying for which events, as ``type = "track"``.
    :param enabled: whether it does anything.
    :param settings: by the field keys of the action.
    :param model_id: the Reverse ETL model its data comes from.
    :return: the subscription.
    :raises SegmentAmbiguousWriteError: the answer was lost, so it may exist or not.
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
    # The one operation that does not call it `subscription`.
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
    """Change a subscription; ``None`` means "leave alone". Segment allows 5 a minute; the flow waits for its turn.

    :param destination_id: of this destination.
    :param id: its id.
    :param name: new display name.
    :param trigger: new FQL statement.
    :param enabled: whether it does anything.
    :param settings: the field keys to set; a masked value is left out with a warning.
    :param model_id: the Reverse ETL model its data comes from.
    :param reverse_etl_schedule: when that syncs: ``{"strategy": …, "config": …}``.
    :return: the subscription as it is then; where nothing is left to send, as it is.
    """
    changes = drop_none(
        name=None if name is None else check_name("name", name),
        trigger=None if trigger is None else check_name("trigger", trigger),
        enabled=None if enabled is None else check_flag("enabled", enabled),
        settings=None if settings is None else (yield from drop_masked(check_settings("settings", settings))),
        # Called `modelId` on create and in the answers, and this on update.
        reverseETLModelId=None if model_id is None else check_id("model_id", model_id),
        reverseETLSchedule=None
        if reverse_etl_schedule is None
        else check_schedule("reverse_etl_schedule", reverse_etl_schedule),
    )
    if not changes:
        return (yield from get_subscription(options, destination_id=destination_id, id=id))
    ids = _ids(destination_id, id)
    body = {"input": changes}  # a bare body is refused
    call = build_call(Subscription, operations.UPDATE_SUBSCRIPTION, key="subscription", ids=ids, body=body)
    changed = yield from exchange(call, options)
    yield from mask_returned_secrets(settings, changed.get("settings"))
    return changed


def delete_subscription(options: CallOptions, *, destination_id: str, id: str) -> Flow[None]:
    """Remove a subscription. Segment allows 5 a minute; the flow waits for its turn.

    :param destination_id: of this destination.
    :param id: its id.
    :raises SegmentNotFoundError: there is none.
    """
    return (yield from exchange(delete_call(operations.REMOVE_SUBSCRIPTION, ids=_ids(destination_id, id)), options))


def _ids(destination_id: str, subscription_id: str) -> dict[str, str]:
    return {"destinationId": check_id("destination_id", destination_id), "id": check_id("id", subscription_id)}
