"""Creating, changing and removing a subscription by what describes it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from airflow_provider_segment.protocol.api.objects import Subscription
from airflow_provider_segment.protocol.api.subscriptions import (
    delete_subscription,
    post_subscription,
    subscriptions_listing,
    update_subscription,
)
from airflow_provider_segment.protocol.flow.pagination import collect
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log
from airflow_provider_segment.protocol.provisioning.creating import create_idempotently, find_one
from airflow_provider_segment.protocol.provisioning.diff import diff_subscription
from airflow_provider_segment.protocol.provisioning.identity import SubscriptionIdentity
from airflow_provider_segment.protocol.provisioning.lookup import delete_resolved, handle_existing, resolve
from airflow_provider_segment.protocol.provisioning.spec import SubscriptionSpec


def find_subscriptions(options: CallOptions, identity: SubscriptionIdentity) -> Flow[list[Subscription]]:
    """Look for a subscription of a destination.

    :param identity: of the subscription.
    :return: all that match.
    :raises SegmentNotFoundError: there is no such destination.
    """
    listed = yield from collect(subscriptions_listing(destination_id=identity.destination_id), options)
    return [found for found in listed if found["actionId"] == identity.action_id and found["name"] == identity.name]


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
    """Create a subscription; where the answer is lost, look whether it was created before it is sent again.

    Segment allows 5 a minute; the flow waits for its turn.

    :param destination_id: of this destination.
    :param name: display name.
    :param action_id: what it does, for life; an action of the destination's type.
    :param trigger: an FQL statement saying for which events, as ``type = "track"``.
    :param enabled: whether it does anything.
    :param settings: by the field keys of the action.
    :param model_id: the Reverse ETL model its data comes from.
    :return: the subscription.
    :raises SegmentAmbiguousWriteError: answers were lost until the budget was spent.
    :raises SegmentSeveralMatchesError: there are several now.
    """
    spec = SubscriptionSpec(
        name=name, action_id=action_id, trigger=trigger, enabled=enabled, settings=settings, model_id=model_id
    )
    return (yield from _create_once(options.redacting(settings), destination_id, spec, confirm=False))


def create_from_spec(options: CallOptions, destination_id: str, spec: SubscriptionSpec) -> Flow[Subscription]:
    """Create a subscription surely, and look afterwards; a Reverse ETL schedule takes a second limited call.

    :param destination_id: its destination.
    :param spec: what it is to be.
    :return: the subscription.
    """
    created = yield from _create_once(options, destination_id, spec, confirm=True)
    if spec.reverse_etl_schedule is None:
        return created
    return (
        yield from update_subscription(
            options,
            destination_id=destination_id,
            id=created["id"],
            reverse_etl_schedule=spec.reverse_etl_schedule,
        )
    )


def ensure_subscription(
    options: CallOptions, *, destination_id: str, spec: SubscriptionSpec, if_exists: str, wait_for_pending: bool = False
) -> Flow[str]:
    """Create a subscription unless it exists already.

    One found without any schedule though one is described is an earlier try that broke off in between: it gets its
    schedule, also with ``reuse``.

    :param destination_id: its destination.
    :param spec: what it is to be.
    :param if_exists: ``reuse``, ``update`` or ``fail``.
    :param wait_for_pending: before creating, keep looking for ``reconcile_timeout`` seconds, since an earlier try may
        have left a request in flight.
    :return: its id.
    """
    options = options.redacting(spec.settings)
    identity = spec.identity(destination_id)
    existing = yield from find_one(
        options, identity, lambda: find_subscriptions(options, identity), wait_for_pending=wait_for_pending
    )
    if existing is None:
        created = yield from create_from_spec(options, destination_id, spec)
        yield Log(f"created {identity}: {created['id']}")
        return created["id"]
    diff = diff_subscription(spec, existing)
    change = yield from handle_existing(existing["id"], identity, diff, if_exists=if_exists)
    changes = dict(diff.changes) if change else _unfinished(existing, spec)
    if changes:
        yield from update_subscription(options, destination_id=destination_id, id=existing["id"], **changes)
    return existing["id"]


def resolve_and_update_subscription(
    options: CallOptions,
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
    options = options.redacting(changes.get("settings"))
    subscription_id = yield from resolve(partial(find_subscriptions, options), target, new_name=new_name)
    yield from update_subscription(options, destination_id=destination_id, id=subscription_id, name=new_name, **changes)
    yield Log(f"changed subscription {subscription_id} of destination {destination_id}")
    return subscription_id


def resolve_and_delete_subscription(
    options: CallOptions, *, destination_id: str, target: str | SubscriptionIdentity, if_missing: str
) -> Flow[str | None]:
    """Remove a subscription, given by its id or its identity.

    :param destination_id: its destination; that this is gone means that the subscription is.
    :param target: id or identity.
    :param if_missing: ``ignore`` or ``fail``.
    :return: its id; ``None`` where nothing has the identity.
    :raises SegmentNotFoundError: there is none, with ``fail``.
    """
    return (
        yield from delete_resolved(
            partial(find_subscriptions, options),
            lambda subscription_id: delete_subscription(options, destination_id=destination_id, id=subscription_id),
            target,
            if_missing=if_missing,
        )
    )


def _create_once(
    options: CallOptions, destination_id: str, spec: SubscriptionSpec, *, confirm: bool
) -> Flow[Subscription]:
    identity = spec.identity(destination_id)
    return (
        yield from create_idempotently(
            options,
            identity,
            create=lambda: post_subscription(
                options,
                destination_id=destination_id,
                name=spec.name,
                action_id=spec.action_id,
                trigger=spec.trigger,
                enabled=spec.enabled,
                settings=spec.settings,
                model_id=spec.model_id,
            ),
            find=lambda: find_subscriptions(options, identity),
            confirm=confirm,
        )
    )


def _unfinished(existing: Subscription, spec: SubscriptionSpec) -> dict[str, Any]:
    if spec.reverse_etl_schedule is None or existing.get("reverseETLSchedule"):
        return {}
    return {"reverse_etl_schedule": spec.reverse_etl_schedule}
