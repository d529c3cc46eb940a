"""The plan of an apply: what to create, change, keep and remove; a pure function of description and current state.

The order makes it safe to stop anywhere: a destination is disabled first and enabled last, once its subscriptions are
as described.
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
    setting_label,
)
from airflow_provider_segment.protocol.provisioning.lookup import one_or_none
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec


class Result(StrEnum):
    """What a plan does to an object."""

    CREATED = "created"
    CHANGED = "changed"
    KEPT = "kept"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class DestinationPlan:
    """What a plan does to the destination.

    :param result: created, changed or kept.
    :param spec: its description.
    :param actual: the destination in Segment; ``None`` if it is created.
    :param diff: how it differs from its description.
    """

    result: Result
    spec: DestinationSpec
    actual: Destination | None = field(default=None, repr=False)
    diff: Diff = field(default_factory=Diff)

    @property
    def id(self) -> str | None:
        """Its id; ``None`` if it is created."""
        return None if self.actual is None else self.actual["id"]


@dataclass(frozen=True, slots=True)
class SubscriptionPlan:
    """What a plan does to a subscription.

    :param result: created, changed, kept or removed.
    :param name: its name.
    :param action_id: its action.
    :param id: its id; ``None`` if it is created.
    :param spec: its description; ``None`` if it is removed.
    :param diff: how it differs from its description.
    """

    result: Result
    name: str
    action_id: str
    id: str | None = None
    spec: SubscriptionSpec | None = None
    diff: Diff = field(default_factory=Diff)


class SubscriptionSummary(TypedDict):
    """What an apply did, or would do, to a subscription."""

    name: str
    id: str | None
    action_id: str
    result: str


class ApplySummary(TypedDict):
    """What an apply did, or would do; holds no values of settings."""

    destination_id: str | None
    created: bool
    changed: list[str]
    subscriptions: list[SubscriptionSummary]
    ignored: list[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes that bring Segment to the described state.

    :param destination: what to do to the destination.
    :param subscriptions: what to do to its subscriptions, in this order; empty if they are left alone.
    :param others: ids of other destinations of the same source and type.
    """

    destination: DestinationPlan
    subscriptions: tuple[SubscriptionPlan, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return self.destination.result is Result.KEPT and all(part.result is Result.KEPT for part in self.subscriptions)

    def of(self, result: Result) -> Iterator[SubscriptionPlan]:
        """Return the subscriptions with this result.

        :param result: created, changed, kept or removed.
        """
        return (subscription for subscription in self.subscriptions if subscription.result is result)

    def summary(
        self,
        *,
        destination_id: str | None = None,
        ids: Mapping[tuple[str, str], str] | None = None,
        ignored: Sequence[str] = (),
    ) -> ApplySummary:
        """Return the summary of an apply.

        :param destination_id: of the destination, once known.
        :param ids: of created subscriptions, by name and action.
        :param ignored: settings that Segment did not take.
        """
        known = ids or {}
        return ApplySummary(
            destination_id=destination_id or self.destination.id,
            created=self.destination.result is Result.CREATED,
            changed=[name for name in self.destination.diff.names if name not in map(setting_label, ignored)],
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

    :param spec: the description of the destination.
    :param subscriptions: the descriptions of its subscriptions; ``None`` leaves them alone.
    :param actual: the destination in Segment; ``None`` if it does not exist.
    :param actual_subscriptions: its subscriptions in Segment.
    :param others: ids of other destinations of the same source and type.
    :param prune_subscriptions: remove subscriptions that are not described.
    :param max_prune: how many may be removed.
    :param rotate_secrets: count secrets that can't be compared as changed.
    :raises ValueError: something that can't be changed differs, or a new object is described with a masked secret.
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
                f"{argument} is {getattr(spec, argument)!r}, but destination {actual['id']} has {value!r}, which"
                " can't be changed; describe a new destination instead"
            )
    diff = diff_destination(spec, actual, rotate_secrets=rotate_secrets)
    return DestinationPlan(_result(diff), spec, actual, diff)


def _plan_described(
    spec: Sequence[SubscriptionSpec], actual: Sequence[Subscription], *, rotate_secrets: bool
) -> list[SubscriptionPlan]:
    plans = [_plan_one(one, spec, actual, rotate_secrets=rotate_secrets) for one in spec]
    # Creates come before changes; removals follow. `sorted` keeps the described order within each.
    return sorted(plans, key=lambda plan: plan.result is not Result.CREATED)


def _plan_one(
    one: SubscriptionSpec,
    spec: Sequence[SubscriptionSpec],
    actual: Sequence[Subscription],
    *,
    rotate_secrets: bool,
) -> SubscriptionPlan:
    match = one_or_none(
        [existing for existing in actual if _key(existing) == (one.name, one.action_id)],
        f"subscription {one.name!r} to action {one.action_id}",
    )
    if match is None:
        _reject_changed_action(one, spec, actual)
        check_new_settings(f"settings of subscription {one.name!r}", one.settings or {})
        return SubscriptionPlan(Result.CREATED, one.name, one.action_id, spec=one)
    diff = diff_subscription(one, match, rotate_secrets=rotate_secrets)
    return SubscriptionPlan(_result(diff), one.name, one.action_id, match["id"], one, diff)


def _reject_changed_action(
    one: SubscriptionSpec, spec: Sequence[SubscriptionSpec], actual: Sequence[Subscription]
) -> None:
    """Raise if a subscription would be created beside an undescribed one of the same name."""
    described = {(other.name, other.action_id) for other in spec}
    for existing in actual:
        if existing["name"] == one.name and _key(existing) not in described:
            raise ValueError(
                f"subscription {one.name!r}: its action can't be changed from {existing['actionId']!r} to"
                f" {one.action_id!r}; give the new one another name, or remove {existing['id']} first"
            )


def _plan_removals(
    spec: Sequence[SubscriptionSpec], actual: Sequence[Subscription], *, max_prune: int | None
) -> list[SubscriptionPlan]:
    if max_prune is None:
        return []
    described = {(one.name, one.action_id) for one in spec}
    surplus = [existing for existing in actual if _key(existing) not in described]
    if len(surplus) > max_prune:
        raise SegmentPruneLimitError(
            f"{len(surplus)} subscriptions are not described and would be removed; max_prune allows {max_prune}:"
            f" {', '.join(existing['id'] for existing in surplus)}"
        )
    return [SubscriptionPlan(Result.REMOVED, one["name"], one["actionId"], one["id"]) for one in surplus]


def _key(subscription: Subscription) -> tuple[str, str]:
    return subscription["name"], subscription["actionId"]


def _result(diff: Diff) -> Result:
    return Result.CHANGED if diff.fields else Result.KEPT


def plan_rows(plan: Plan) -> Iterator[tuple[str, str, FieldChange | None]]:
    """Yield the plan row by row: object, action, and each field that differs.

    :param plan: the plan to show.
    """
    rows: list[tuple[str, DestinationPlan | SubscriptionPlan]] = [
        (f"destination {plan.destination.spec.name}", plan.destination),
        *((f"subscription {part.name} ({part.action_id})", part) for part in plan.subscriptions),
    ]
    words: dict[Result, Any] = dict(zip(Result, ("create", "change", "keep", "remove"), strict=True))
    for name, part in rows:
        for change in part.diff.fields or (None,):
            yield name, words[part.result], change
