"""Creating, changing and removing a subscription by what describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from airflow_provider_segment.protocol.api.objects import Subscription
from airflow_provider_segment.protocol.api.subscriptions import (
    create_subscription,
    delete_subscription,
    subscriptions_listing,
    update_subscription,
)
from airflow_provider_segment.protocol.flow.pages import collect
from airflow_provider_segment.protocol.flow.steps import Flow, Log, Terms
from airflow_provider_segment.protocol.provisioning.differences import SettingsDifference, compare_settings, same
from airflow_provider_segment.protocol.provisioning.existing import decide_on_existing, only_match, remove, resolve
from airflow_provider_segment.protocol.provisioning.identity import SubscriptionIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionFields:
    """What a subscription is to be, beside its identity.

    :param trigger: an FQL statement.
    :param enabled: whether it does anything.
    :param settings: by the field keys of the action; ``None`` leaves them alone.
    :param model_id: the Reverse ETL model.
    :param reverse_etl_schedule: when that syncs.
    """

    trigger: str
    enabled: bool = True
    settings: dict[str, Any] | None = None
    model_id: str | None = None
    reverse_etl_schedule: dict[str, Any] | None = None


def find_subscription(terms: Terms, identity: SubscriptionIdentity) -> Flow[Subscription | None]:
    """Look for a subscription of a destination.

    :param identity: of the subscription.
    :return: the subscription, or ``None`` where there is none.
    :raises SegmentSeveralMatchesError: there are several.
    :raises SegmentNotFoundError: there is no such destination.
    """
    listed = yield from collect(subscriptions_listing(destination_id=identity.destination_id), terms)
    matches = [found for found in listed if found["actionId"] == identity.action_id and found["name"] == identity.name]
    return only_match(matches, identity)


def provide_subscription(
    terms: Terms, *, identity: SubscriptionIdentity, fields: SubscriptionFields, if_exists: str
) -> Flow[str]:
    """Create a subscription unless it exists already.

    One limited call, two with a Reverse ETL schedule, which only an update takes. A subscription found without any
    schedule though one is described is an earlier try that broke off in between: it gets its schedule, also with
    ``reuse``.

    :param identity: of the subscription.
    :param fields: what it is to be.
    :param if_exists: ``reuse``, ``update`` or ``fail``.
    :return: its id.
    """
    existing = yield from find_subscription(terms, identity)
    if existing is None:
        created = yield from _create(terms, identity, fields)
        yield Log(f"created {identity}: {created['id']}")
        return created["id"]
    difference = compare_settings(fields.settings or {}, existing.get("settings") or {})
    changes = _changes(existing, fields, difference)
    differing = [field for field in changes if field != "settings"]
    change = yield from decide_on_existing(
        existing["id"],
        identity,
        differing=differing + [f"settings[{key!r}]" for key in difference.changed],
        if_exists=if_exists,
        hidden=difference.hidden,
    )
    if not change:
        changes = _unfinished(existing, fields)
    if changes:
        yield from update_subscription(terms, destination_id=identity.destination_id, id=existing["id"], **changes)
    return existing["id"]


def change_subscription(
    terms: Terms,
    *,
    destination_id: str,
    target: str | SubscriptionIdentity,
    new_name: str | None = None,
    changes: Mapping[str, Any],
) -> Flow[str]:
    """Change a subscription, given by its id or its identity; exactly what is given is sent.

    :param destination_id: its destination.
    :param target: id or identity. Where nothing has the name of an identity any more but ``new_name`` is taken, an
        earlier try did the renaming.
    :param new_name: new display name.
    :param changes: further arguments of ``update_subscription``, by name.
    :return: its id.
    :raises SegmentNotFoundError: there is none.
    """
    subscription_id = yield from resolve(partial(find_subscription, terms), target, new_name=new_name)
    yield from update_subscription(terms, destination_id=destination_id, id=subscription_id, name=new_name, **changes)
    yield Log(f"changed subscription {subscription_id} of destination {destination_id}")
    return subscription_id


def remove_subscription(
    terms: Terms, *, destination_id: str, target: str | SubscriptionIdentity, if_missing: str
) -> Flow[str | None]:
    """Remove a subscription, given by its id or its identity.

    :param destination_id: its destination; that this is gone means that the subscription is.
    :param target: id or identity.
    :param if_missing: ``ignore`` or ``fail``.
    :return: its id; ``None`` where nothing has the identity.
    :raises SegmentNotFoundError: there is none, with ``fail``.
    """
    return (
        yield from remove(
            partial(find_subscription, terms),
            lambda subscription_id: delete_subscription(terms, destination_id=destination_id, id=subscription_id),
            target,
            if_missing=if_missing,
        )
    )


def _create(terms: Terms, identity: SubscriptionIdentity, fields: SubscriptionFields) -> Flow[Subscription]:
    created = yield from create_subscription(
        terms,
        destination_id=identity.destination_id,
        name=identity.name,
        action_id=identity.action_id,
        trigger=fields.trigger,
        enabled=fields.enabled,
        settings=fields.settings,
        model_id=fields.model_id,
    )
    if fields.reverse_etl_schedule is None:
        return created
    return (
        yield from update_subscription(
            terms,
            destination_id=identity.destination_id,
            id=created["id"],
            reverse_etl_schedule=fields.reverse_etl_schedule,
        )
    )


def _changes(existing: Subscription, fields: SubscriptionFields, difference: SettingsDifference) -> dict[str, Any]:
    """The arguments of ``update_subscription`` that bring it to the described state."""
    changes: dict[str, Any] = {}
    if existing["trigger"] != fields.trigger:
        changes["trigger"] = fields.trigger
    if existing["enabled"] != fields.enabled:
        changes["enabled"] = fields.enabled
    if difference.changed:
        changes["settings"] = fields.settings
    # `modelId` comes back as "" for a subscription without a model.
    if fields.model_id is not None and (existing.get("modelId") or None) != fields.model_id:
        changes["model_id"] = fields.model_id
    schedule = fields.reverse_etl_schedule
    if schedule is not None and not same(schedule, existing.get("reverseETLSchedule")):
        changes["reverse_etl_schedule"] = schedule
    return changes


def _unfinished(existing: Subscription, fields: SubscriptionFields) -> dict[str, Any]:
    if fields.reverse_etl_schedule is None or existing.get("reverseETLSchedule"):
        return {}
    return {"reverse_etl_schedule": fields.reverse_etl_schedule}
