"""Executing the part of a plan that Segment limits to 5 calls a minute: the subscriptions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

from airflow_provider_segment.protocol.api.objects import Subscription
from airflow_provider_segment.protocol.api.operations import (
    CREATE_SUBSCRIPTION,
    REMOVE_SUBSCRIPTION,
    UPDATE_SUBSCRIPTION,
)
from airflow_provider_segment.protocol.api.subscriptions import delete_subscription, update_subscription
from airflow_provider_segment.protocol.errors import SegmentError, SegmentNotFoundError
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log, Upcoming
from airflow_provider_segment.protocol.provisioning.diff import diff_settings, setting_label
from airflow_provider_segment.protocol.provisioning.plan import Plan, Result, SubscriptionPlan
from airflow_provider_segment.protocol.provisioning.progress import Executed
from airflow_provider_segment.protocol.provisioning.settings_writes import (
    SettingsContext,
    ignored_settings,
    write_settings,
)
from airflow_provider_segment.protocol.provisioning.spec import SubscriptionSpec
from airflow_provider_segment.protocol.provisioning.subscription import create_from_spec
from airflow_provider_segment.protocol.wire.rate_limit import OWN_LIMIT

_VERBS = {Result.CREATED: "creating", Result.CHANGED: "changing", Result.REMOVED: "removing"}
"""In the order of execution."""


def execute_subscriptions(options: CallOptions, plan: Plan, destination_id: str, executed: Executed) -> Flow[None]:
    """Create, change, then remove subscriptions.

    :param plan: the changes to make.
    :param destination_id: their destination.
    :param executed: filled with what was done.
    :raises SegmentError: Segment refused; the message names the subscription. Earlier changes stay.
    """
    yield from _announce(plan)
    for result, verb in _VERBS.items():
        parts = list(plan.of(result))
        for number, (position, part) in enumerate(parts):
            yield from _log_remaining(verb, number, len(parts))
            try:
                executed.ids[position] = yield from _execute(options, plan, position, destination_id, executed)
            except SegmentError as error:
                error.explain(f"while {verb} subscription {part.name!r}, {number + 1} of {len(parts)}")
                raise


def _announce(plan: Plan) -> Flow[None]:
    """Announce the rate-limited calls; a schedule is set by an update after the create."""
    created = [part for _, part in plan.of(Result.CREATED)]
    schedules = sum(part.spec is not None and part.spec.reverse_etl_schedule is not None for part in created)
    for operation, count in (
        (CREATE_SUBSCRIPTION, len(created)),
        (UPDATE_SUBSCRIPTION, schedules + len(list(plan.of(Result.CHANGED)))),
        (REMOVE_SUBSCRIPTION, len(list(plan.of(Result.REMOVED)))),
    ):
        if count:
            yield Upcoming(operation.name, count)


def _execute(options: CallOptions, plan: Plan, position: int, destination_id: str, executed: Executed) -> Flow[str]:
    part = plan.subscriptions[position]
    if part.id is None:
        if part.spec is None:
            raise TypeError("only a described subscription can be created")
        key = (part.name, part.action_id)
        created = yield from create_from_spec(
            options,
            destination_id,
            part.spec,
            known_ids=plan.known_ids | set(executed.ids.values()),
            unique=[(other.name, other.action_id) for other in plan.subscriptions].count(key) == 1,
            on_created=partial(executed.ids.__setitem__, position),
        )
        executed.remaining[created["id"]] = differing_keys(part.spec, created)
        yield Log(f"created subscription {part.name!r}: {created['id']}")
        return created["id"]
    if part.result is Result.CHANGED:
        yield from _change(options, part, part.id, destination_id, executed)
    else:
        yield from _remove(options, part.id, destination_id)
    return part.id


def _change(
    options: CallOptions,
    part: SubscriptionPlan,
    subscription_id: str,
    destination_id: str,
    executed: Executed,
) -> Flow[None]:
    context = SettingsContext(label=f"subscription {part.name!r}", may_leave_out=executed.may_leave_out)
    changed, left_out = yield from write_settings(
        context,
        part.diff.changes,
        update=lambda sent: update_subscription(options, destination_id=destination_id, id=subscription_id, **sent),
    )
    executed.may_leave_out = executed.may_leave_out and not left_out
    if settings := part.diff.changes.get("settings"):
        ignored = yield from ignored_settings(context, settings, changed.get("settings") or {}, left_out)
        executed.remaining[subscription_id] = ignored
        executed.ignored += [f"subscriptions[{part.name!r}].{setting_label(key)}" for key in ignored]
    yield Log(f"changed subscription {part.name!r}: {subscription_id}")


def _remove(options: CallOptions, subscription_id: str, destination_id: str) -> Flow[None]:
    try:
        yield from delete_subscription(options, destination_id=destination_id, id=subscription_id)
        yield Log(f"removed subscription {subscription_id}")
    except SegmentNotFoundError as error:
        yield Log(f"already removed: {error}")


def differing_keys(spec: SubscriptionSpec, actual: Subscription) -> list[str]:
    """Return the keys of settings that differ after a create, since Segment did not store them as described.

    :param spec: the description.
    :param actual: the subscription as Segment returned it.
    """
    return list(diff_settings(spec.settings or {}, actual.get("settings") or {}).changed)


def _log_remaining(verb: str, number: int, count: int) -> Iterator[Log]:
    """Log the progress every few calls, if the rate limit makes it take minutes."""
    if count > OWN_LIMIT and number % OWN_LIMIT == 0:
        left = count - number
        minutes = math.ceil(left / OWN_LIMIT) - 1
        yield Log(
            f"{verb} subscriptions: {left} of {count} left, about {minutes} min at Segment's limit of"
            f" {OWN_LIMIT} a minute"
        )
