"""Executing the part of a plan that Segment limits to 5 calls a minute: the subscriptions."""

from __future__ import annotations

import math
from collections.abc import Iterator

from airflow_provider_segment.protocol.api.subscriptions import delete_subscription, update_subscription
from airflow_provider_segment.protocol.errors import SegmentError, SegmentNotFoundError
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log
from airflow_provider_segment.protocol.provisioning.plan import Plan, Result, SubscriptionPlan
from airflow_provider_segment.protocol.provisioning.subscription import create_from_spec

LIMIT_PER_MINUTE = 5
"""For each of create, update and remove. https://docs.segmentapis.com/tag/Destinations"""

_VERBS = {Result.CREATED: "creating", Result.CHANGED: "changing", Result.REMOVED: "removing"}
"""In the order of execution."""


def execute_subscriptions(options: CallOptions, plan: Plan, destination_id: str) -> Flow[dict[int, str]]:
    """Create, change, then remove subscriptions.

    :param plan: the changes to make.
    :param destination_id: their destination.
    :return: the ids of created and changed subscriptions, by their position in the plan.
    :raises SegmentError: Segment refused; the message names the subscription. Earlier changes stay.
    """
    ids: dict[int, str] = {}
    for result, verb in _VERBS.items():
        parts = list(plan.of(result))
        for number, (position, part) in enumerate(parts):
            yield from _log_remaining(verb, number, len(parts))
            try:
                known = plan.known_ids | set(ids.values())
                ids[position] = yield from _execute(options, plan, part, destination_id, known)
            except SegmentError as error:
                error.explain(f"while {verb} subscription {part.name!r}, {number + 1} of {len(parts)}")
                raise
    return ids


def _execute(
    options: CallOptions, plan: Plan, part: SubscriptionPlan, destination_id: str, known_ids: frozenset[str]
) -> Flow[str]:
    if part.id is None:
        if part.spec is None:
            raise TypeError("only a described subscription can be created")
        key = (part.name, part.action_id)
        created = yield from create_from_spec(
            options,
            destination_id,
            part.spec,
            known_ids=known_ids,
            unique=[(other.name, other.action_id) for other in plan.subscriptions].count(key) == 1,
        )
        yield Log(f"created subscription {part.name!r}: {created['id']}")
        return created["id"]
    if part.result is Result.CHANGED:
        yield from update_subscription(options, destination_id=destination_id, id=part.id, **part.diff.changes)
        yield Log(f"changed subscription {part.name!r}: {part.id}")
    else:
        yield from _remove(options, part.id, destination_id)
    return part.id


def _remove(options: CallOptions, subscription_id: str, destination_id: str) -> Flow[None]:
    try:
        yield from delete_subscription(options, destination_id=destination_id, id=subscription_id)
        yield Log(f"removed subscription {subscription_id}")
    except SegmentNotFoundError as error:
        yield Log(f"already removed: {error}")


def _log_remaining(verb: str, number: int, count: int) -> Iterator[Log]:
    """Log the progress every few calls, if the rate limit makes it take minutes."""
    if count > LIMIT_PER_MINUTE and number % LIMIT_PER_MINUTE == 0:
        left = count - number
        minutes = math.ceil(left / LIMIT_PER_MINUTE) - 1
        yield Log(
            f"{verb} subscriptions: {left} of {count} left, about {minutes} min at Segment's limit of"
            f" {LIMIT_PER_MINUTE} a minute"
        )
