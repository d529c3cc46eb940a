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
    Diff,
    FieldChange,
    diff_destination,
    diff_subscription,
)
from airflow_provider_segment.protocol.provisioning.lookup import one_or_none
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec


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
    :param spec: what it is to be.
    :param id: its id; ``None`` where it is to be created.
    :param diff: from what there is.
    """

    result: Result
    spec: DestinationSpec
    id: str | None = None
    diff: Diff = field(default_factory=Diff)


@dataclass(frozen=True, slots=True)
class SubscriptionPlan:
    """What becomes of a subscription.

    :param result: created, changed, kept or removed.
    :param name: its name.
    :param action_id: its action.
    :param id: its id; ``None`` where it is to be created.
    :param spec: what it is to be; ``None`` where it is to be removed.
    :param diff: from what there is.
    """

    result: Result
    name: str
    action_id: str
    id: str | None = None
    spec: SubscriptionSpec | None = None
    diff: Diff = field(default_factory=Diff)


class SubscriptionSummary(TypedDict):
    """What became of a subscription."""

    name: str
    id: str | None
    action_id: str
    result: str


class ApplySummary(TypedDict):
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
    ) -> ApplySummary:
        """Sum up.

        :param destination_id: once it is known.
        :param ids: of created subscriptions, by name and action.
        :param ignored: settings that did not take.
        """
        known = ids or {}
        return ApplySummary(
            destination_id=destination_id or self.destination.id,
            created=self.destination.result is Result.CREATED,
            changed=self.destination.diff.names,
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
    spec: DestinationSpec,
    subscriptions: Sequence[SubscriptionSpec] | None,
    *,
    actual: Destination | None,
    actual_subscriptions: Sequence[Subscription] = (),
    others: Sequence[str] = (),
    prune_subscriptions: bool = False,
    max_prune: int = 10,
    rotate_secrets: bool = False,
) -> Plan:
    """Plan how to bring Segment to the described state.

    :param spec: what the destination is to be.
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
        destination=_plan_destination(spec, actual, rotate_secrets=rotate_secrets),
        subscriptions=()
        if subscriptions is None
        else (
            *_plan_described(subscriptions, actual_subscriptions, rotate_secrets=rotate_secrets),
            *_plan_removals(subscriptions, actual_subscriptions, max_prune=max_prune if prune_subscriptions else None),
        ),
        others=tuple(others),
    )


def _plan_destination(spec: DestinationSpec, actual: Destination | None, *, rotate_secrets: bool) -> DestinationPlan:
    if actual is None:
        check_new_settings("settings", spec.settings)
        return DestinationPlan(Result.CREATED, spec)
    fixed = {"source_id": actual["sourceId"], "metadata_id": actual["metadata"]["id"]}
    for argument, value in fixed.items():
        if getattr(spec, argument) != value:
            raise ValueError(
                f"{argument} is {getattr(spec, argument)!r}, but destination {actual['id']} has {value!r} for life"
            )
    diff = diff_destination(spec, actual, rotate_secrets=rotate_secrets)
    return DestinationPlan(_result(diff), spec, actual["id"], diff)


def _plan_described(
    spec: Sequence[SubscriptionSpec], actual: Sequence[Subscription], *, rotate_secrets: bool
) -> list[SubscriptionPlan]:
    plans = [_plan_one(one, spec, actual, rotate_secrets=rotate_secrets) for one in spec]
    # Created before any is changed; removals follow. `sorted` keeps the user's order within each.
    return sorted(plans, key=lambda plan: plan.result is not Result.CREATED)


def _plan_one(
    one: SubscriptionSpec,
    spec: Sequence[SubscriptionSpec],
    actual: Sequence[Subscription],
    *,
    rotate_secrets: bool,
) -> SubscriptionPlan:
    found = one_or_none(
        [there for there in actual if _key(there) == (one.name, one.action_id)],
        f"subscription {one.name!r} to action {one.action_id}",
    )
    if found is None:
        _refuse_another_action(one, spec, actual)
        check_new_settings(f"settings of subscription {one.name!r}", one.settings or {})
        return SubscriptionPlan(Result.CREATED, one.name, one.action_id, spec=one)
    diff = diff_subscription(one, found, rotate_secrets=rotate_secrets)
    return SubscriptionPlan(_result(diff), one.name, one.action_id, found["id"], one, diff)


def _refuse_another_action(
    one: SubscriptionSpec, spec: Sequence[SubscriptionSpec], actual: Sequence[Subscription]
) -> None:
    """A subscription left over under the same name would be doubled, not changed."""
    kept = {(other.name, other.action_id) for other in spec}
    for there in actual:
        if there["name"] == one.name and _key(there) not in kept:
            raise ValueError(
                f"subscription {one.name!r}: its action can't change from {there['actionId']!r} to {one.action_id!r};"
                f" give the new one another name, or remove {there['id']} first"
            )


def _plan_removals(
    spec: Sequence[SubscriptionSpec], actual: Sequence[Subscription], *, max_prune: int | None
) -> list[SubscriptionPlan]:
    if max_prune is None:
        return []
    wanted = {(one.name, one.action_id) for one in spec}
    surplus = [there for there in actual if _key(there) not in wanted]
    if len(surplus) > max_prune:
        raise SegmentPruneLimitError(
            f"{len(surplus)} subscriptions are not described and would be removed; max_prune allows {max_prune}:"
            f" {', '.join(there['id'] for there in surplus)}"
        )
    return [SubscriptionPlan(Result.REMOVED, there["name"], there["actionId"], there["id"]) for there in surplus]


def _key(subscription: Subscription) -> tuple[str, str]:
    return subscription["name"], subscription["actionId"]


def _result(diff: Diff) -> Result:
    return Result.CHANGED if diff.fields else Result.KEPT


def plan_rows(plan: Plan) -> Iterator[tuple[str, str, FieldChange | None]]:
    """Give the plan row by row: object, result, and each field that differs.

    :param plan: to be shown.
    """
    rows: list[tuple[str, DestinationPlan | SubscriptionPlan]] = [
        (f"destination {plan.destination.spec.name}", plan.destination),
        *((f"subscription {part.name} ({part.action_id})", part) for part in plan.subscriptions),
    ]
    words: dict[Result, Any] = dict(zip(Result, ("create", "change", "keep", "remove"), strict=True))
    for name, part in rows:
        for change in part.diff.fields or (None,):
            yield name, words[part.result], change
