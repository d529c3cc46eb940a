"""The five operations on subscriptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from airflow_provider_segment.sandbox import decisions
from airflow_provider_segment.sandbox.api.asked import Asked
from airflow_provider_segment.sandbox.api.destinations import find_destination
from airflow_provider_segment.sandbox.api.pagination import page_of
from airflow_provider_segment.sandbox.api.reverse_etl import checked_schedule, refuse_too_many_dbt_cloud
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import not_found
from airflow_provider_segment.sandbox.state.ids import new_subscription_id
from airflow_provider_segment.sandbox.state.objects import Subscription
from airflow_provider_segment.sandbox.validation import Field, validate_object

_CREATE = (
    Field(name="name", kind="string", required=True),
    Field(name="actionId", kind="string", required=True, not_empty=True),
    Field(name="trigger", kind="string", required=True, not_empty=True),
    Field(name="enabled", kind="boolean", required=True),
    Field(name="settings", kind="object"),
    Field(name="modelId", kind="string"),
)
_UPDATE = (Field(name="input", kind="object", required=True),)
_INPUT = (
    Field(name="name", kind="string"),
    Field(name="trigger", kind="string", not_empty=True),
    Field(name="enabled", kind="boolean"),
    Field(name="settings", kind="object"),
    Field(name="reverseETLModelId", kind="string"),
    Field(name="reverseETLSchedule", kind="object"),
)


def list_subscriptions(sandbox: Sandbox, asked: Asked) -> dict[str, Any]:
    """Carry out listSubscriptionsFromDestination."""
    subscriptions = sandbox.listed_subscriptions(find_destination(sandbox, asked).id)
    items, pagination = page_of(subscriptions, asked.page(), subscription_json)
    return {"subscriptions": items, "pagination": pagination}


def create_subscription(sandbox: Sandbox, asked: Asked) -> dict[str, Any]:
    """Carry out createDestinationSubscription, whose answer alone says ``destinationSubscription``."""
    destination = find_destination(sandbox, asked)
    body = asked.body(_CREATE)
    action = sandbox.workspace.catalog[destination.metadata_id].actions.get(body["actionId"])
    if action is None:
        raise not_found("Action not found", field="actionId")
    subscription = Subscription(
        id=new_subscription_id(),
        name=body["name"],
        action_id=action.id,
        action_slug=action.slug,
        destination_id=destination.id,
        enabled=body["enabled"],
        trigger=body["trigger"],
        settings=body.get("settings", {}),
        model_id=body.get("modelId", decisions.PLAIN_MODEL_ID),
        created_at=sandbox.clock.now(),
    )
    return {"destinationSubscription": _stored(sandbox, subscription)}


def get_subscription(sandbox: Sandbox, asked: Asked) -> dict[str, Any]:
    """Carry out getSubscriptionFromDestination."""
    return {"subscription": subscription_json(_find(sandbox, asked))}


def update_subscription(sandbox: Sandbox, asked: Asked) -> dict[str, Any]:
    """Carry out updateSubscriptionForDestination."""
    current = _find(sandbox, asked)
    given = validate_object(asked.body(_UPDATE)["input"], _INPUT, prefix="input.", name="input")
    schedule = current.schedule
    if "reverseETLSchedule" in given:
        schedule = checked_schedule(given["reverseETLSchedule"], prefix="input.reverseETLSchedule")
        refuse_too_many_dbt_cloud(sandbox, current, schedule)
    changed = replace(
        current,
        name=given.get("name", current.name),
        trigger=given.get("trigger", current.trigger),
        enabled=given.get("enabled", current.enabled),
        settings=_updated(sandbox, current.settings, given.get("settings")),
        model_id=given.get("reverseETLModelId", current.model_id),
        schedule=schedule,
    )
    return {"subscription": _stored(sandbox, changed)}


def remove_subscription(sandbox: Sandbox, asked: Asked) -> dict[str, Any]:
    """Carry out removeSubscriptionFromDestination."""
    subscription = _find(sandbox, asked)
    sandbox.workspace.remove_subscription(subscription)
    sandbox.update_delivery_rate(subscription.destination_id)
    return {"status": "SUCCESS"}


def subscription_json(subscription: Subscription) -> dict[str, Any]:
    """Write a subscription."""
    record: dict[str, Any] = {
        "id": subscription.id,
        "name": subscription.name,
        "actionId": subscription.action_id,
        "actionSlug": subscription.action_slug,
        "destinationId": subscription.destination_id,
        "enabled": subscription.enabled,
        "settings": subscription.settings,
        "trigger": subscription.trigger,
        "modelId": subscription.model_id,
    }
    if subscription.schedule is not None:
        record["reverseETLSchedule"] = subscription.schedule
    return record


def _find(sandbox: Sandbox, asked: Asked) -> Subscription:
    destination = find_destination(sandbox, asked)
    subscription = sandbox.workspace.subscription(destination.id, asked.id("id"))
    if subscription is None:
        raise not_found()
    return subscription


def _stored(sandbox: Sandbox, subscription: Subscription) -> dict[str, Any]:
    sandbox.workspace.put_subscription(subscription)
    sandbox.update_delivery_rate(subscription.destination_id)
    return subscription_json(subscription)


def _updated(sandbox: Sandbox, current: Mapping[str, Any], sent: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if sent is None:
        return current
    given = {name: value for name, value in sent.items() if value is not None}
    return {**current, **given} if sandbox.settings.settings_update == "merge" else given
