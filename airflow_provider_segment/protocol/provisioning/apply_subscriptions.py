"""Executing a plan's changes to subscriptions; Segment limits each operation to 5 calls a minute."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import partial

from airflow_provider_segment.protocol.api.operations import (
    CREATE_SUBSCRIPTION,
    REMOVE_SUBSCRIPTION,
    UPDATE_SUBSCRIPTION,
)
from airflow_provider_segment.protocol.api.subscriptions import delete_subscription
from airflow_provider_segment.protocol.errors import SegmentError, SegmentNotFoundError
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log, Upcoming
from airflow_provider_segment.protocol.provisioning.plan import Plan, Result, SubscriptionPlan
from airflow_provider_segment.protocol.provisioning.progress import Executed
from airflow_provider_segment.protocol.provisioning.subscription import (
    create_from_spec,
    ignored_on_create,
    write_subscription,
)
from airflow_provider_segment.protocol.wire.rate_limit import OWN_LIMIT

_VERBS = {Result.CREATED: "creating", Result.CHANGED: "changing", Result.REMOVED: "removing"}
"""The results that write something, in the order of execution."""


def execute_subscriptions(options: CallOptions, plan: Plan, destination_id: str, executed: Executed) -> Flow[None]:
    """Create, change, then remove subscriptions.

    :param plan: the changes to make.
    :param destination_id: their destination.
    :param executed: filled with what was done.
    :raises SegmentError: Segment rejected a change; the message names the subscription. Earlier changes stay.
    """
    yield from _announce(plan)
    for result, verb in _VERBS.items():
        parts = list(plan.of(result))
        for number, (position, part) in enumerate(parts):
            yield from _log_remaining(verb, number, len(parts))
            try:
                executed.ids[position] = yield from _execute(options, plan, position, destination_id, executed)
            except SegmentError as error:
                error.explain(f"while {verb} subscription {part.name!r} ({number + 1} of {len(parts)})")
                raise


def _announce(plan: Plan) -> Flow[None]:
    """Announce how many rate-limited calls follow, including one update for each new subscription with a schedule."""
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
        yield Log(f"created subscription {part.name!r}: {created['id']}")
        _note(executed, created["id"], (yield from ignored_on_create(part.spec, created)), part.name)
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
    ignored, left_out = yield from write_subscription(
        options,
        part.diff.changes,
        destination_id=destination_id,
        id=subscription_id,
        name=part.name,
        may_leave_out=executed.may_leave_out,
    )
    executed.may_leave_out = executed.may_leave_out and not left_out
    _note(executed, subscription_id, ignored, part.name)
    yield Log(f"changed subscription {part.name!r}: {subscription_id}")


def _remove(options: CallOptions, subscription_id: str, destination_id: str) -> Flow[None]:
    try:
        yield from delete_subscription(options, destination_id=destination_id, id=subscription_id)
        yield Log(f"removed subscription {subscription_id}")
    except SegmentNotFoundError as error:
        yield Log(f"already removed: {error}")


def _note(executed: Executed, subscription_id: str, ignored: Iterable[str], name: str) -> None:
    """Record the labels of settings that Segment ignored."""
    executed.remaining[subscription_id] = list(ignored)
    executed.ignored += [f"subscriptions[{name!r}].{label}" for label in ignored]


def _log_remaining(verb: str, number: int, count: int) -> Iterator[Log]:
    """Log progress every few calls if the rate limit does not allow all of them within a minute."""
    if count > OWN_LIMIT and number % OWN_LIMIT == 0:
        left = count - number
        minutes = math.ceil(left / OWN_LIMIT) - 1
        yield Log(
            f"{verb} subscriptions: {left} of {count} left, about {minutes} min at Segment's limit of"
            f" {OWN_LIMIT} a minute"
        )
