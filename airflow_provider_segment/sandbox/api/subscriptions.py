"""Operations on subscriptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from airflow_provider_segment.sandbox import decisions
from airflow_provider_segment.sandbox.api.destinations import find_destination
from airflow_provider_segment.sandbox.api.operation_request import OperationRequest
from airflow_provider_segment.sandbox.api.pagination import paginate
from airflow_provider_segment.sandbox.api.reverse_etl import SCHEDULE_FIELDS, check_dbt_cloud_limit, validate_schedule
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import not_found
from airflow_provider_segment.sandbox.state.objects import Subscription, new_child_id
from airflow_provider_segment.sandbox.validation import Field

CREATE_FIELDS = (
    Field(name="name", kind="string", required=True),
    Field(name="actionId", kind="string", required=True, not_empty=True),
    Field(name="trigger", kind="string", required=True, not_empty=True),
    Field(name="enabled", kind="boolean", required=True),
    Field(name="settings", kind="object"),
    Field(name="modelId", kind="string"),
)
_INPUT_FIELDS = (
    Field(name="name", kind="string"),
    Field(name="trigger", kind="string", not_empty=True),
    Field(name="enabled", kind="boolean"),
    Field(name="settings", kind="object"),
    Field(name="reverseETLModelId", kind="string"),
    Field(name="reverseETLSchedule", kind="object", fields=SCHEDULE_FIELDS),
)
UPDATE_FIELDS = (Field(name="input", kind="object", required=True, fields=_INPUT_FIELDS),)


def list_subscriptions(sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle listSubscriptionsFromDestination."""
    subscriptions = sandbox.listed(sandbox.workspace.subscriptions.of(find_destination(sandbox, request).id))
    items, pagination = paginate(subscriptions, request.page(), subscription_json)
    return {"subscriptions": items, "pagination": pagination}


def create_subscription(sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle createDestinationSubscription, the only operation that calls its result ``destinationSubscription``."""
    destination = find_destination(sandbox, request)
    body = request.body(CREATE_FIELDS)
    action = sandbox.workspace.catalog[destination.metadata_id].actions.get(body["actionId"])
    if action is None:
        raise not_found("Action not found", field="actionId")
    subscription = Subscription(
        id=new_child_id(),
        name=body["name"],
        action_id=action.id,
        action_slug=action.slug,
        destination_id=destination.id,
        enabled=body["enabled"],
        trigger=body["trigger"],
        settings=body.get("settings", {}),
        model_id=body.get("modelId", decisions.NO_MODEL_ID),
        created_at=sandbox.clock.now(),
    )
    return {"destinationSubscription": _put(sandbox, subscription)}


def get_subscription(sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle getSubscriptionFromDestination."""
    return {"subscription": subscription_json(_find(sandbox, request))}


def update_subscription(sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle updateSubscriptionForDestination."""
    current = _find(sandbox, request)
    changes = request.body(UPDATE_FIELDS)["input"]
    schedule = current.schedule
    if "reverseETLSchedule" in changes:
        schedule = validate_schedule(changes["reverseETLSchedule"], path="input.reverseETLSchedule")
    changed = replace(
        current,
        name=changes.get("name", current.name),
        trigger=changes.get("trigger", current.trigger),
        enabled=changes.get("enabled", current.enabled),
        settings=_updated_settings(sandbox, current.settings, changes.get("settings")),
        model_id=changes.get("reverseETLModelId", current.model_id),
        schedule=schedule,
    )
    check_dbt_cloud_limit(sandbox, changed)
    return {"subscription": _put(sandbox, changed)}


def remove_subscription(sandbox: Sandbox, request: OperationRequest) -> dict[str, Any]:
    """Handle removeSubscriptionFromDestination."""
    subscription = _find(sandbox, request)
    sandbox.workspace.subscriptions.remove(subscription)
    sandbox.update_delivery_rate(subscription.destination_id)
    return {"status": "SUCCESS"}


def subscription_json(subscription: Subscription) -> dict[str, Any]:
    """Return a subscription as JSON."""
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


def _find(sandbox: Sandbox, request: OperationRequest) -> Subscription:
    destination = find_destination(sandbox, request)
    subscription = sandbox.workspace.subscriptions.get(destination.id, request.id("id"))
    if subscription is None:
        raise not_found()
    return subscription


def _put(sandbox: Sandbox, subscription: Subscription) -> dict[str, Any]:
    sandbox.workspace.subscriptions.put(subscription)
    sandbox.update_delivery_rate(subscription.destination_id)
    return subscription_json(subscription)


def _updated_settings(
    sandbox: Sandbox, current: Mapping[str, Any], sent: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    if sent is None:
        return current
    not_null = {name: value for name, value in sent.items() if value is not None}
    return {**current, **not_null} if sandbox.settings.settings_update == "merge" else not_null
