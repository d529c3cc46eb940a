"""The plan of an apply: what to create, change, keep and remove. A pure function of what is described and what is.

Its steps are in an order that is safe to break off anywhere: a destination that is to be disabled is disabled first,
and one that is to be enabled is enabled last, when its subscriptions are right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypedDict

from airflow_provider_segment.protocol.api.objects import Destination, Subscription
from airflow_provider_segment.protocol.arguments import check_new_settings
from airflow_provider_segment.protocol.errors import SegmentPruneLimitError
from airflow_provider_segment.protocol.provisioning.diff import (
    Difference,
    FieldChange,
    compare_destination,
    compare_subscription,
)
from airflow_provider_segment.protocol.provisioning.lookup import only_match
from airflow_provider_segment.protocol.provisioning.spec import DescribedDestination, DescribedSubscription


class Result(StrEnum):
    """What becomes of an object."""

    CREATED = "created"
    CHANGED = "changed"
    KEPT = "kept"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class DestinationPlan:
    """What becomes of the destination.

    :param result: created, changed or kept.
    :param described: what it is to be.
    :param id: its id; ``None`` where it is to be created.
    :param difference: from what there is.
    """

    result: Result
    described: DescribedDestination
    id: str | None = None
    difference: Difference = field(default_factory=Difference)


@dataclass(frozen=True, slots=True)
class SubscriptionPlan:
    """What becomes of a subscription.

    :param result: created, changed, kept or removed.
    :param name: its name.
    :param action_id: its action.
    :param id: its id; ``None`` where it is to be created.
    :param described: what it is to be; ``None`` where it is to be removed.
    :param difference: from what there is.
    """

    result: Result
    name: str
    action_id: str
    id: str | None = None
    described: DescribedSubscription | None = None
    difference: Difference = field(default_factory=Difference)


class SubscriptionSummary(TypedDict):
    """What became of a subscription."""

    name: str
    id: str | None
    action_id: str
    result: str


class Summary(TypedDict):
    """What an apply did, or would do; small, and without settings."""

    destination_id: str | None
    created: bool
    changed: list[str]
    subscriptions: list[SubscriptionSummary]
    ignored: list[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do.

    :param destination: what becomes of the destination.
    :param subscriptions: what becomes of its subscriptions, in the order in which it is done; empty where they are
        left alone.
    :param others: ids of other destinations of the same source and type.
    """

    destination: DestinationPlan
    subscriptions: tuple[SubscriptionPlan, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be written."""
        return self.destination.result is Result.KEPT and all(part.result is Result.KEPT for part in self.subscriptions)

    def of(self, result: Result) -> Iterator[SubscriptionPlan]:
        """The subscriptions of which something becomes.

        :param result: what.
        """
        return (subscription for subscription in self.subscriptions if subscription.result is result)

    def summary(
        self,
        *,
        destination_id: str | None = None,
        ids: Mapping[tuple[str, str], str] | None = None,
        ignored: Sequence[str] = (),
    ) -> Summary:
        """Sum up.

        :param destination_id: once it is known.
        :param ids: of created subscriptions, by name and action.
        :param ignored: settings that did not take.
        """
        known = ids or {}
        return Summary(
            destination_id=destination_id or self.destination.id,
            created=self.destination.result is Result.CREATED,
            changed=self.destination.difference.names,
            subscriptions=[
                SubscriptionSummary(
                    name=part.name,
                    id=part.id or known.get((part.name, part.action_id)),
                    action_id=part.action_id,
                    result=part.result.value,
                )
                for part in self.subscriptions
            ],
            ignored=list(ignored),
        )


def make_plan(
    described: DescribedDestination,
    subscriptions: Sequence[DescribedSubscription] | None,
    *,
    actual: Destination | None,
    actual_subscriptions: Sequence[Subscription] = (),
    others: Sequence[str] = (),
    prune_subscriptions: bool = False,
    max_prune: int = 10,
    rotate_secrets: bool = False,
) -> Plan:
    """Plan how to bring Segment to the described state.

    :param described: what the destination is to be.
    :param subscriptions: what its subscriptions are to be; ``None`` leaves them alone.
    :param actual: the destination there is.
    :param actual_subscriptions: the subscriptions there are.
    :param others: ids of other destinations of the same source and type.
    :param prune_subscriptions: remove subscriptions that are not described.
    :param max_prune: at most so many.
    :param rotate_secrets: count secrets that can't be compared as changed.
    :raises ValueError: what can't change would have to, or a mask stands where a secret is needed.
    :raises SegmentSeveralMatchesError: several subscriptions have the identity of a described one.
    :raises SegmentPruneLimitError: more would be removed than ``max_prune``.
    """
    return Plan(
        destination=_plan_destination(described, actual, rotate_secrets=rotate_secrets),
        subscriptions=()
        if subscriptions is None
        else (
            *_plan_described(subscriptions, actual_subscriptions, rotate_secrets=rotate_secrets),
            *_plan_removals(subscriptions, actual_subscriptions, max_prune=max_prune if prune_subscriptions else None),
        ),
        others=tuple(others),
    )


def _plan_destination(
    described: DescribedDestination, actual: Destination | None, *, rotate_secrets: bool
) -> DestinationPlan:
    if actual is None:
        check_new_settings("settings", described.settings)
        return DestinationPlan(Result.CREATED, described)
    fixed = {"source_id": actual["sourceId"], "metadata_id": actual["metadata"]["id"]}
    for argument, value in fixed.items():
        if getattr(described, argument) != value:
            raise ValueError(
                f"{argument} is {getattr(described, argument)!r}, but destination {actual['id']} has {value!r} for life"
            )
    difference = compare_destination(described, actual, rotate_secrets=rotate_secrets)
    return DestinationPlan(_result(difference), described, actual["id"], difference)


def _plan_described(
    described: Sequence[DescribedSubscription], actual: Sequence[Subscription], *, rotate_secrets: bool
) -> list[SubscriptionPlan]:
    plans = [_plan_one(one, described, actual, rotate_secrets=rotate_secrets) for one in described]
    # Created before any is changed; removals follow. `sorted` keeps the user's order within each.
    return sorted(plans, key=lambda plan: plan.result is not Result.CREATED)


def _plan_one(
    one: DescribedSubscription,
    described: Sequence[DescribedSubscription],
    actual: Sequence[Subscription],
    *,
    rotate_secrets: bool,
) -> SubscriptionPlan:
    found = only_match(
        [there for there in actual if _key(there) == (one.name, one.action_id)],
        f"subscription {one.name!r} to action {one.action_id}",
    )
    if found is None:
        _refuse_another_action(one, described, actual)
        check_new_settings(f"settings of subscription {one.name!r}", one.settings or {})
        return SubscriptionPlan(Result.CREATED, one.name, one.action_id, described=one)
    difference = compare_subscription(one, found, rotate_secrets=rotate_secrets)
    return SubscriptionPlan(_result(difference), one.name, one.action_id, found["id"], one, difference)


def _refuse_another_action(
    one: DescribedSubscription, described: Sequence[DescribedSubscription], actual: Sequence[Subscription]
) -> None:
    """A subscription left over under the same name would be doubled, not changed."""
    kept = {(other.name, other.action_id) for other in described}
    for there in actual:
        if there["name"] == one.name and _key(there) not in kept:
            raise ValueError(
                f"subscription {one.name!r}: its action can't change from {there['actionId']!r} to {one.action_id!r};"
                f" give the new one another name, or remove {there['id']} first"
            )


def _plan_removals(
    described: Sequence[DescribedSubscription], actual: Sequence[Subscription], *, max_prune: int | None
) -> list[SubscriptionPlan]:
    if max_prune is None:
        return []
    wanted = {(one.name, one.action_id) for one in described}
    surplus = [there for there in actual if _key(there) not in wanted]
    if len(surplus) > max_prune:
        raise SegmentPruneLimitError(
            f"{len(surplus)} subscriptions are not described and would be removed; max_prune allows {max_prune}:"
            f" {', '.join(there['id'] for there in surplus)}"
        )
    return [SubscriptionPlan(Result.REMOVED, there["name"], there["actionId"], there["id"]) for there in surplus]


def _key(subscription: Subscription) -> tuple[str, str]:
    return subscription["name"], subscription["actionId"]


def _result(difference: Difference) -> Result:
    return Result.CHANGED if difference.fields else Result.KEPT


def field_changes(plan: Plan) -> Iterator[tuple[str, str, FieldChange | None]]:
    """Give the plan row by row: object, result, and each field that differs.

    :param plan: to be shown.
    """
    rows: list[tuple[str, DestinationPlan | SubscriptionPlan]] = [
        (f"destination {plan.destination.described.name}", plan.destination),
        *((f"subscription {part.name} ({part.action_id})", part) for part in plan.subscriptions),
    ]
    words: dict[Result, Any] = dict(zip(Result, ("create", "change", "keep", "remove"), strict=True))
    for name, part in rows:
        for change in part.difference.fields or (None,):
            yield name, words[part.result], change
