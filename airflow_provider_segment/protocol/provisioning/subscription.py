"""Creating a subscription from its description, and changing or removing one selected by id or identity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from airflow_provider_segment.protocol.api.objects import Subscription
from airflow_provider_segment.protocol.api.subscriptions import (
    delete_subscription,
    get_subscription,
    post_subscription,
    subscriptions_listing,
    update_subscription,
)
from airflow_provider_segment.protocol.flow.pagination import collect
from airflow_provider_segment.protocol.flow.staleness import replan_when_stale
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log
from airflow_provider_segment.protocol.phrases import object_label
from airflow_provider_segment.protocol.provisioning.catalog_checks import check_action, check_new_name, fields_of
from airflow_provider_segment.protocol.provisioning.creating import (
    Ensured,
    check_created,
    create_idempotently,
    find_one,
)
from airflow_provider_segment.protocol.provisioning.diff import diff_subscription
from airflow_provider_segment.protocol.provisioning.identity import SubscriptionIdentity
from airflow_provider_segment.protocol.provisioning.literal_secrets import warn_about_literal_passwords
from airflow_provider_segment.protocol.provisioning.lookup import (
    Found,
    delete_resolved,
    handle_existing,
    resolve,
    with_created,
)
from airflow_provider_segment.protocol.provisioning.matching import as_described
from airflow_provider_segment.protocol.provisioning.references import ResolvedIds, read_record, resolve_action
from airflow_provider_segment.protocol.provisioning.settings_writes import (
    SettingsContext,
    ignored_settings,
    write_settings,
)
from airflow_provider_segment.protocol.provisioning.spec import SubscriptionSpec, without_none


def find_subscriptions(
    options: CallOptions, identity: SubscriptionIdentity, ids: ResolvedIds | None = None
) -> Flow[list[Subscription]]:
    """Return all subscriptions that match an identity.

    :param identity: the subscription's identity.
    :param ids: the known id of its action; it is added.
    :raises ValueError: its action is unknown or ambiguous.
    :raises SegmentNotFoundError: the destination does not exist.
    """
    listed = yield from collect(subscriptions_listing(destination_id=identity.destination_id), options)
    action_id = yield from resolve_action(options, identity, ids or ResolvedIds(), listed)
    return [
        subscription
        for subscription in listed
        if subscription["actionId"] == action_id
        and subscription["name"] == identity.name
        and identity.model_id in (None, subscription.get("modelId") or None)
    ]


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
    """Create a subscription; if the response is lost, check whether the subscription exists before retrying.

    Segment allows 5 a minute; the flow waits when it reaches the limit.

    :param destination_id: id of its destination.
    :param name: display name.
    :param action_id: id of its action, one of the destination's type; can't be changed later.
    :param trigger: an FQL statement that selects events, such as ``type = "track"``.
    :param enabled: whether it processes events.
    :param settings: keyed by the field names of the action.
    :param model_id: the Reverse ETL model its data comes from.
    :return: the subscription.
    :raises SegmentAmbiguousWriteError: responses were lost until the budget was spent.
    :raises SegmentSeveralMatchesError: several subscriptions have this identity now.
    """
    spec = SubscriptionSpec(
        name=name, action_id=action_id, trigger=trigger, enabled=enabled, settings=settings, model_id=model_id
    )
    return (yield from _create_once(options.redacting(settings), destination_id, spec, confirm=False))


def create_from_spec(
    options: CallOptions,
    destination_id: str,
    spec: SubscriptionSpec,
    *,
    known_ids: frozenset[str] = frozenset(),
    unique: bool = True,
    on_created: Callable[[str], None] = lambda _: None,
) -> Flow[Subscription]:
    """Create exactly one subscription and check afterwards that it is the only one.

    A Reverse ETL schedule requires a second rate-limited call.

    :param destination_id: its destination.
    :param spec: its description.
    :param known_ids: ids of existing subscriptions, which are not this one.
    :param unique: whether no other described subscription has this action and name.
    :param on_created: called with its id as soon as it is known.
    :return: the subscription.
    """
    created = yield from _create_once(
        options, destination_id, spec, confirm=True, known_ids=known_ids, unique=unique, on_created=on_created
    )
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
    options: CallOptions,
    *,
    destination_id: str,
    spec: SubscriptionSpec,
    if_exists: str,
    wait_for_pending: bool = False,
    created_before: bool = False,
    found: Found | None = None,
) -> Flow[Ensured]:
    """Create a subscription unless it already exists.

    If a schedule is described and an existing subscription has none, an earlier try stopped before setting it: the
    subscription gets its schedule even with ``reuse``.

    :param destination_id: its destination.
    :param spec: its description.
    :param if_exists: ``reuse``, ``update`` or ``fail``.
    :param wait_for_pending: before creating, poll for it for ``reconcile_timeout`` seconds, since an earlier try may
        have left a request in flight.
    :param created_before: whether this task sent the create before it waited for a rate limit, so that an existing one
        is its own.
    :param found: what this task knew of the subscription before it waited; updated by this call.
    :return: its id, and the settings that Segment ignored.
    """
    ids = ResolvedIds()
    return (
        yield from replan_when_stale(
            options,
            lambda fresh, pending: _ensure(
                fresh,
                destination_id=destination_id,
                spec=spec,
                if_exists=if_exists,
                wait_for_pending=pending,
                created_before=created_before,
                found=found or Found(),
                ids=ids,
            ),
            wait_for_pending=wait_for_pending,
        )
    )


def _ensure(
    options: CallOptions,
    *,
    destination_id: str,
    spec: SubscriptionSpec,
    if_exists: str,
    wait_for_pending: bool,
    created_before: bool,
    found: Found,
    ids: ResolvedIds,
) -> Flow[Ensured]:
    options = options.redacting(spec.settings)
    identity = spec.identity(destination_id)

    def find(options: CallOptions) -> Flow[list[Subscription]]:
        listed = yield from find_subscriptions(options, identity, ids)
        created = [] if found.id is None else [found.id]
        get = partial(get_subscription, options, destination_id=destination_id)
        return (yield from with_created(listed, created, lambda one: get(id=one)))

    existing = yield from find_one(options, identity, find, wait_for_pending=wait_for_pending)
    spec = ids.subscription(spec)
    if existing is None:
        destination = yield from read_record(options, destination_id, ids)
        check_new_name("subscription", spec.name)
        used = ids.actions.values()
        check_action(f"subscription {spec.name!r}", spec.action_id, destination["metadata"], used)
        if not found.warned:
            fields = fields_of(destination["metadata"], spec.action_id)
            yield from warn_about_literal_passwords(identity, spec.settings or {}, fields, templated=spec.templated)
            found.warned = True
        created = yield from create_from_spec(options, destination_id, spec, on_created=partial(setattr, found, "id"))
        yield Log(f"created {identity}: {created['id']}")
        return Ensured(created["id"], tuple((yield from ignored_on_create(spec, created))))
    if created_before or existing["id"] == found.id:  # after a wait, or a suspension
        yield Log(f"created {identity}: {existing['id']}")
        if schedule := _missing_schedule(existing, spec):
            existing = yield from update_subscription(
                options, destination_id=destination_id, id=existing["id"], **schedule
            )
        return Ensured(existing["id"], tuple((yield from ignored_on_create(spec, existing))))
    diff = diff_subscription(spec, existing)
    change = yield from handle_existing(existing["id"], identity, diff, if_exists=if_exists)
    changes = dict(diff.changes) if change else _missing_schedule(existing, spec)
    if not changes:
        return Ensured(existing["id"])
    ignored, _ = yield from write_subscription(
        options, changes, destination_id=destination_id, id=existing["id"], name=spec.name
    )
    return Ensured(existing["id"], tuple(ignored))


def ignored_on_create(spec: SubscriptionSpec, created: Subscription) -> Flow[list[str]]:
    """Return the labels of settings that Segment did not store in a new subscription, and warn about each.

    :param spec: its description.
    :param created: the subscription as Segment returned it.
    """
    context = SettingsContext(label=f"subscription {spec.name!r}")
    return (yield from ignored_settings(context, spec.settings or {}, created.get("settings") or {}))


def write_subscription(
    options: CallOptions,
    changes: Mapping[str, Any],
    *,
    destination_id: str,
    id: str,
    name: str,
    may_leave_out: bool = True,
) -> Flow[tuple[list[str], list[str]]]:
    """Bring an existing subscription to its described state.

    :param changes: arguments of ``update_subscription``, by name; all described keys of settings.
    :param destination_id: its destination.
    :param id: its id.
    :param name: its name, for messages.
    :param may_leave_out: whether a rejected write may be repeated without the rejected settings.
    :return: the labels of settings that Segment rejected or ignored, and the keys that were left out.
    """
    context = SettingsContext(label=f"subscription {name!r}", may_leave_out=may_leave_out)
    changed, left_out = yield from write_settings(
        context, changes, update=lambda sent: update_subscription(options, destination_id=destination_id, id=id, **sent)
    )
    settings = changes.get("settings") or {}
    return (yield from ignored_settings(context, settings, changed.get("settings") or {}, left_out)), left_out


def resolve_and_update_subscription(
    options: CallOptions,
    *,
    destination_id: str,
    target: str | SubscriptionIdentity,
    new_name: str | None = None,
    is_retry: bool = False,
    changes: Mapping[str, Any],
) -> Flow[str]:
    """Change a subscription, sending only the arguments that are set.

    :param destination_id: its destination.
    :param target: id or identity.
    :param new_name: new display name.
    :param is_retry: whether an earlier try of the same task may have renamed it already.
    :param changes: further arguments of ``update_subscription``, by name.
    :return: its id.
    :raises ValueError: its action is unknown or ambiguous.
    :raises SegmentNotFoundError: it does not exist.
    """
    options = options.redacting(changes.get("settings"))
    subscription_id = yield from resolve(
        partial(find_subscriptions, options, ids=ResolvedIds()), target, new_name=new_name, is_retry=is_retry
    )
    changed = yield from update_subscription(
        options, destination_id=destination_id, id=subscription_id, name=new_name, **changes
    )
    yield Log(f"changed subscription {object_label(changed['name'], subscription_id)} of destination {destination_id}")
    return subscription_id


def resolve_and_delete_subscription(
    options: CallOptions,
    *,
    destination_id: str,
    target: str | SubscriptionIdentity,
    if_missing: str,
    found: Found | None = None,
) -> Flow[str | None]:
    """Remove a subscription.

    :param destination_id: its destination; if that no longer exists, neither does the subscription.
    :param target: id or identity.
    :param if_missing: ``ignore`` or ``fail``.
    :param found: the id, if the task has resolved it before; set by this call.
    :return: its id; ``None`` if no subscription has the identity.
    :raises ValueError: its action is unknown or ambiguous.
    :raises SegmentNotFoundError: it does not exist and ``if_missing`` is ``fail``.
    """
    return (
        yield from delete_resolved(
            partial(find_subscriptions, options, ids=ResolvedIds()),
            lambda subscription_id: delete_subscription(options, destination_id=destination_id, id=subscription_id),
            target,
            if_missing=if_missing,
            parent_may_be_missing=True,
            found=found,
        )
    )


def _create_once(
    options: CallOptions,
    destination_id: str,
    spec: SubscriptionSpec,
    *,
    confirm: bool,
    known_ids: frozenset[str] = frozenset(),
    unique: bool = True,
    on_created: Callable[[str], None] = lambda _: None,
) -> Flow[Subscription]:
    identity = spec.identity(destination_id)

    def find(options: CallOptions) -> Flow[list[Subscription]]:
        listed = yield from find_subscriptions(options, identity)
        return [one for one in listed if one["id"] not in known_ids and (unique or as_described(spec, one))]

    enabled = spec.enabled is not False

    def create(options: CallOptions) -> Flow[Subscription]:
        created = yield from post_subscription(
            options,
            destination_id=destination_id,
            name=spec.name,
            action_id=spec.action_id,
            trigger=spec.trigger,
            enabled=enabled,
            settings=None if spec.settings is None else without_none(spec.settings),
            model_id=spec.model_id,
        )
        check_created(identity, created, enabled=enabled)
        return created

    return (
        yield from create_idempotently(
            options, identity, create=create, find=find, confirm=confirm, on_created=on_created
        )
    )


def _missing_schedule(existing: Subscription, spec: SubscriptionSpec) -> dict[str, Any]:
    if spec.reverse_etl_schedule is None or existing.get("reverseETLSchedule"):
        return {}
    return {"reverse_etl_schedule": spec.reverse_etl_schedule}
