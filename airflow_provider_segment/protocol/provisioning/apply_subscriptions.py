"""Executing the part of a plan that Segment limits to 5 calls a minute: the subscriptions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from airflow_provider_segment.protocol.api.subscriptions import delete_subscription
from airflow_provider_segment.protocol.errors import SegmentError, SegmentNotFoundError
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log
from airflow_provider_segment.protocol.provisioning.plan import Plan, Result, SubscriptionPlan
from airflow_provider_segment.protocol.provisioning.subscription import (
    create_from_spec,
    ignored_on_create,
    write_subscription,
)

LIMIT_PER_MINUTE = 5
"""The limit for each of create, update and remove. https://docs.segmentapis.com/tag/Destinations"""

_VERBS = {Result.CREATED: "creating", Result.CHANGED: "changing", Result.REMOVED: "removing"}
"""The results that write something, in the order of execution."""


@dataclass(slots=True)
class SubscriptionResults:
    """The results for the subscriptions of a plan.

    :param ids: ids of created and changed subscriptions, by their position in the plan.
    :param ignored: settings that Segment rejected or ignored.
    :param may_leave_out: whether a rejected write may be repeated without the rejected settings, which is another
        rate-limited call.
    """

    ids: dict[int, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    may_leave_out: bool = True

    def note(self, ignored: Iterable[str], name: str) -> None:
        """Add settings that Segment ignored.

        :param ignored: their labels.
        :param name: of their subscription.
        """
        self.ignored += [f"subscriptions[{name!r}].{label}" for label in ignored]


def execute_subscriptions(options: CallOptions, plan: Plan, destination_id: str) -> Flow[SubscriptionResults]:
    """Create, change, then remove subscriptions.

    :param plan: the changes to make.
    :param destination_id: their destination.
    :return: what was done.
    :raises SegmentError: Segment rejected a change; the message names the subscription. Earlier changes stay.
    """
    results = SubscriptionResults()
    for result, verb in _VERBS.items():
        parts = list(plan.of(result))
        for number, (position, part) in enumerate(parts):
            yield from _log_remaining(verb, number, len(parts))
            try:
                results.ids[position] = yield from _execute(options, plan, part, destination_id, results)
            except SegmentError as error:
                error.explain(f"while {verb} subscription {part.name!r}, {number + 1} of {len(parts)}")
                raise
    return results


def _execute(
    options: CallOptions, plan: Plan, part: SubscriptionPlan, destination_id: str, results: SubscriptionResults
) -> Flow[str]:
    if part.id is None:
        if part.spec is None:
            raise TypeError("only a described subscription can be created")
        key = (part.name, part.action_id)
        created = yield from create_from_spec(
            options,
            destination_id,
            part.spec,
            known_ids=plan.known_ids | set(results.ids.values()),
            unique=[(other.name, other.action_id) for other in plan.subscriptions].count(key) == 1,
        )
        yield Log(f"created subscription {part.name!r}: {created['id']}")
        results.note((yield from ignored_on_create(part.spec, created)), part.name)
        return created["id"]
    if part.result is Result.CHANGED:
        yield from _change(options, part, part.id, destination_id, results)
    else:
        yield from _remove(options, part.id, destination_id)
    return part.id


def _change(
    options: CallOptions,
    part: SubscriptionPlan,
    subscription_id: str,
    destination_id: str,
    results: SubscriptionResults,
) -> Flow[None]:
    ignored, left_out = yield from write_subscription(
        options,
        part.diff.changes,
        destination_id=destination_id,
        id=subscription_id,
        name=part.name,
        may_leave_out=results.may_leave_out,
    )
    results.may_leave_out = results.may_leave_out and not left_out
    results.note(ignored, part.name)
    yield Log(f"changed subscription {part.name!r}: {subscription_id}")


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
