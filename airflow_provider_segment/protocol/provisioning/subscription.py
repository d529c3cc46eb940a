"""Creating, changing and removing a subscription by what describes it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from airflow_provider_segment.protocol.api.objects import Subscription
from airflow_provider_segment.protocol.api.subscriptions import create_subscription as send_create
from airflow_provider_segment.protocol.api.subscriptions import (
    delete_subscription,
    subscriptions_listing,
    update_subscription,
)
from airflow_provider_segment.protocol.flow.pagination import collect
from airflow_provider_segment.protocol.flow.steps import Flow, Log, Terms
from airflow_provider_segment.protocol.provisioning.creating import create_surely, look
from airflow_provider_segment.protocol.provisioning.diff import compare_subscription
from airflow_provider_segment.protocol.provisioning.identity import SubscriptionIdentity
from airflow_provider_segment.protocol.provisioning.lookup import decide_on_existing, remove, resolve
from airflow_provider_segment.protocol.provisioning.spec import DescribedSubscription


def find_subscriptions(terms: Terms, identity: SubscriptionIdentity) -> Flow[list[Subscription]]:
    """Look for a subscription of a destination.

    :param identity: of the subscription.
    :return: all that match.
    :raises SegmentNotFoundError: there is no such destination.
    """
    listed = yield from collect(subscriptions_listing(destination_id=identity.destination_id), terms)
    return [found for found in listed if found["actionId"] == identity.action_id and found["name"] == identity.name]


def create_subscription(
    terms: Terms,
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
    described = DescribedSubscription(
        name=name, action_id=action_id, trigger=trigger, enabled=enabled, settings=settings, model_id=model_id
    )
    return (yield from _create_once(terms.hiding(settings), destination_id, described, confirm=False))


def create_described(terms: Terms, destination_id: str, described: DescribedSubscription) -> Flow[Subscription]:
    """Create a subscription surely, and look afterwards; a Reverse ETL schedule takes a second limited call.

    :param destination_id: its destination.
    :param described: what it is to be.
    :return: the subscription.
    """
    created = yield from _create_once(terms, destination_id, described, confirm=True)
    if described.reverse_etl_schedule is None:
        return created
    return (
        yield from update_subscription(
            terms,
            destination_id=destination_id,
            id=created["id"],
            reverse_etl_schedule=described.reverse_etl_schedule,
        )
    )


def provide_subscription(
    terms: Terms, *, destination_id: str, described: DescribedSubscription, if_exists: str, patient: bool = False
) -> Flow[str]:
    """Create a subscription unless it exists already.

    One found without any schedule though one is described is an earlier try that broke off in between: it gets its
    schedule, also with ``reuse``.

    :param destination_id: its destination.
    :param described: what it is to be.
    :param if_exists: ``reuse``, ``update`` or ``fail``.
    :param patient: look over ``settle`` seconds before creating, as when an earlier try may have died on the way.
    :return: its id.
    """
    terms = terms.hiding(described.settings)
    identity = described.identity(destination_id)
    existing = yield from look(terms, identity, lambda: find_subscriptions(terms, identity), patient=patient)
    if existing is None:
        created = yield from create_described(terms, destination_id, described)
        yield Log(f"created {identity}: {created['id']}")
        return created["id"]
    difference = compare_subscription(described, existing)
    change = yield from decide_on_existing(existing["id"], identity, difference, if_exists=if_exists)
    changes = dict(difference.changes) if change else _unfinished(existing, described)
    if changes:
        yield from update_subscription(terms, destination_id=destination_id, id=existing["id"], **changes)
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
    terms = terms.hiding(changes.get("settings"))
    subscription_id = yield from resolve(partial(find_subscriptions, terms), target, new_name=new_name)
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
            partial(find_subscriptions, terms),
            lambda subscription_id: delete_subscription(terms, destination_id=destination_id, id=subscription_id),
            target,
            if_missing=if_missing,
        )
    )


def _create_once(
    terms: Terms, destination_id: str, described: DescribedSubscription, *, confirm: bool
) -> Flow[Subscription]:
    identity = described.identity(destination_id)
    return (
        yield from create_surely(
            terms,
            identity,
            create=lambda: send_create(
                terms,
                destination_id=destination_id,
                name=described.name,
                action_id=described.action_id,
                trigger=described.trigger,
                enabled=described.enabled,
                settings=described.settings,
                model_id=described.model_id,
            ),
            find=lambda: find_subscriptions(terms, identity),
            confirm=confirm,
        )
    )


def _unfinished(existing: Subscription, described: DescribedSubscription) -> dict[str, Any]:
    if described.reverse_etl_schedule is None or existing.get("reverseETLSchedule"):
        return {}
    return {"reverse_etl_schedule": described.reverse_etl_schedule}
