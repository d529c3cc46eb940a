"""The plan of an apply: what to create, change, keep and remove, computed from the description and the current state.

Its order makes it safe to stop anywhere: a destination is disabled first, and enabled last, when its subscriptions are
as described.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from airflow_provider_segment.protocol.api.objects import Destination, Subscription
from airflow_provider_segment.protocol.arguments import check_new_settings
from airflow_provider_segment.protocol.errors import SegmentPruneLimitError
from airflow_provider_segment.protocol.phrases import counted
from airflow_provider_segment.protocol.provisioning.ambiguity import check_changes_are_unambiguous
from airflow_provider_segment.protocol.provisioning.catalog_checks import (
    TypeRecord,
    check_action,
    check_new_name,
    options_of,
    setting_warnings,
)
from airflow_provider_segment.protocol.provisioning.declared_types import with_declared_types
from airflow_provider_segment.protocol.provisioning.diff import Diff, diff_destination, diff_subscription
from airflow_provider_segment.protocol.provisioning.filter_plan import FilterPlan, FilterStep
from airflow_provider_segment.protocol.provisioning.matching import (
    alike,
    match_subscriptions,
    subscription_label,
)
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec


class Result(StrEnum):
    """The possible results of a plan for one object."""

    CREATED = "created"
    CHANGED = "changed"
    KEPT = "kept"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class DestinationPlan:
    """The part of a plan that concerns the destination itself.

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
        """The destination's id; ``None`` if it does not exist yet."""
        return None if self.actual is None else self.actual["id"]


@dataclass(frozen=True, slots=True)
class SubscriptionPlan:
    """The part of a plan that concerns one subscription.

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


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes that bring Segment to the described state.

    :param destination: what to do to the destination.
    :param subscriptions: what to do to its subscriptions, in this order; empty if they are left alone.
    :param filters: what to do to its filters, in this order; empty if they are left alone.
    :param places: position of each subscription in the description; ``None`` for a removed one.
    :param filter_places: the same for the filters.
    :param known_ids: ids of all existing subscriptions of the destination.
    :param warnings: possible mistakes in the description.
    :param others: names and ids of other destinations of the same source and type, if the destination is created.
    """

    destination: DestinationPlan
    subscriptions: tuple[SubscriptionPlan, ...] = ()
    filters: tuple[FilterPlan, ...] = ()
    places: tuple[int | None, ...] = ()
    filter_places: tuple[int | None, ...] = ()
    known_ids: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        kept = self.destination.result is Result.KEPT and all(part.result is Result.KEPT for part in self.subscriptions)
        return kept and all(part.step is FilterStep.KEEP for part in self.filters)

    def of(self, result: Result) -> Iterator[tuple[int, SubscriptionPlan]]:
        """Return the subscriptions with this result, each with its position.

        :param result: created, changed, kept or removed.
        """
        return ((position, part) for position, part in enumerate(self.subscriptions) if part.result is result)


def make_plan(
    spec: DestinationSpec,
    subscriptions: Sequence[SubscriptionSpec] | None,
    *,
    actual: Destination | None,
    actual_subscriptions: Sequence[Subscription] = (),
    others: Sequence[str] = (),
    prune_subscriptions: bool = False,
    max_prune: int = 10,
    prune_all: bool = False,
    rotate_secrets: bool = False,
    rotated: Collection[str] = (),
    destination_type: TypeRecord | None = None,
) -> Plan:
    """Plan how to bring Segment to the described state.

    :param spec: the description of the destination.
    :param subscriptions: the descriptions of its subscriptions; ``None`` leaves them alone.
    :param actual: the destination in Segment; ``None`` if it does not exist.
    :param actual_subscriptions: its subscriptions in Segment.
    :param others: names and ids of other destinations of the same source and type.
    :param prune_subscriptions: remove subscriptions that are not described.
    :param max_prune: maximum number of subscriptions to remove.
    :param prune_all: whether an empty list of subscriptions may remove all of them.
    :param rotate_secrets: count secrets that can't be compared as changed.
    :param rotated: ids of objects whose secrets have been written.
    :param destination_type: the type of a new destination; the record of an existing one contains its type.
    :raises ValueError: something that can't be changed differs; a new object has an unknown action, a masked secret, or
        a name with whitespace around it.
    :raises SegmentSeveralMatchesError: several subscriptions have the identity of a described one.
    :raises SegmentPruneLimitError: more would be removed than ``max_prune``.
    """
    kind = destination_type if actual is None else actual["metadata"]
    spec = with_declared_types(spec, options_of(kind))
    rotation = _Rotation(rotate_secrets, rotated)
    destination = _plan_destination(spec, actual, rotation)
    doubts = _setting_warnings(destination, kind)
    if subscriptions is None:
        return Plan(destination=destination, warnings=doubts, others=tuple(others))
    matches = match_subscriptions(subscriptions, actual_subscriptions)
    matched = {match["id"] for match in matches if match is not None}
    undescribed = [one for one in actual_subscriptions if one["id"] not in matched]
    described = [_plan_one(one, match, rotation) for one, match in zip(subscriptions, matches, strict=True)]
    check_changes_are_unambiguous(described, matches, actual_subscriptions, alike=alike, label=subscription_label)
    if prune_subscriptions and undescribed and not subscriptions and not prune_all:
        raise SegmentPruneLimitError(
            f"the list of subscriptions is empty, so all {len(undescribed)} would be removed; pass prune_all=True if"
            " that is what you want"
        )
    if not prune_subscriptions:
        _check_actions(described, undescribed)
    _check_new_subscriptions(described, kind, used=[one["actionId"] for one in actual_subscriptions])
    double = () if prune_subscriptions else tuple(_double_delivery_warnings(described, undescribed))
    return Plan(
        destination=destination,
        subscriptions=(
            # Creates come before changes, and removals follow. `sorted` keeps the described order within each group.
            *sorted(described, key=lambda plan: plan.result is not Result.CREATED),
            *_plan_removals(undescribed, max_prune=max_prune if prune_subscriptions else None),
        ),
        known_ids=frozenset(one["id"] for one in actual_subscriptions),
        warnings=(*doubts, *double),
        others=tuple(others),
    )


@dataclass(frozen=True, slots=True)
class _Rotation:
    """The state of ``rotate_secrets``: whether it is set, and which objects have had their secrets rotated."""

    wanted: bool
    rotated: Collection[str]

    def of(self, object_id: str) -> bool:
        return self.wanted and object_id not in self.rotated

    def done(self, object_id: str, diff: Diff) -> Diff:
        """Return the diff; if the object's secrets were just rotated, omit the settings that can't be compared."""
        return replace(diff, hidden=()) if self.wanted and object_id in self.rotated else diff


def _plan_destination(spec: DestinationSpec, actual: Destination | None, rotation: _Rotation) -> DestinationPlan:
    if actual is None:
        check_new_name("destination", spec.name)
        check_new_settings("settings", spec.settings)
        return DestinationPlan(Result.CREATED, spec)
    fixed = [
        ("source", spec.source, "source_id", spec.source_id, actual["sourceId"]),
        ("destination_type", spec.destination_type, "metadata_id", spec.metadata_id, actual["metadata"]["id"]),
    ]
    for slug_argument, slug, id_argument, described, value in fixed:
        if described != value:
            named = f"{id_argument} is" if slug is None else f"{slug_argument} {slug!r} is"
            raise ValueError(
                f"{named} {described!r}, but destination {actual['id']} has {value!r}; Segment can't change this, so"
                " describe a new destination instead"
            )
    diff = rotation.done(actual["id"], diff_destination(spec, actual, rotate_secrets=rotation.of(actual["id"])))
    if "name" in diff.changes:
        check_new_name("destination", spec.name)
    return DestinationPlan(_result(diff), spec, actual, diff)


def _plan_one(one: SubscriptionSpec, match: Subscription | None, rotation: _Rotation) -> SubscriptionPlan:
    if match is None:
        check_new_settings(f"settings of subscription {one.name!r}", one.settings or {})
        return SubscriptionPlan(Result.CREATED, one.name, one.action_id, spec=one)
    diff = rotation.done(match["id"], diff_subscription(one, match, rotate_secrets=rotation.of(match["id"])))
    if "name" in diff.changes:
        check_new_name("subscription", one.name)
    return SubscriptionPlan(_result(diff), one.name, one.action_id, match["id"], one, diff)


def _setting_warnings(part: DestinationPlan, kind: TypeRecord | None) -> tuple[str, ...]:
    """Return the warnings from checking the settings of a new or changed destination against the catalog."""
    if part.result is Result.KEPT:
        return ()
    actual = None if part.actual is None else part.actual["settings"]
    return tuple(setting_warnings(str(part.spec.identity), part.spec.settings, options_of(kind), actual=actual))


def _check_new_subscriptions(plans: Sequence[SubscriptionPlan], kind: TypeRecord | None, *, used: list[str]) -> None:
    for plan in plans:
        if plan.result is Result.CREATED:
            check_new_name("subscription", plan.name)
            check_action(f"subscription {plan.name!r}", plan.action_id, kind, used)


def _check_actions(plans: Sequence[SubscriptionPlan], undescribed: Sequence[Subscription]) -> None:
    """Raise if a new subscription has the same name as an undescribed existing one but a different action."""
    for plan in plans:
        for existing in undescribed:
            names = existing["name"] == plan.name and existing["actionId"] != plan.action_id
            if plan.result is Result.CREATED and names:
                raise ValueError(
                    f"subscription {plan.name!r}: its action can't be changed from {existing['actionId']!r} to"
                    f" {plan.action_id!r}; choose another name for the new subscription, or remove"
                    f" {existing['id']} first"
                )


def _double_delivery_warnings(plans: Sequence[SubscriptionPlan], undescribed: Sequence[Subscription]) -> Iterator[str]:
    for plan in plans:
        if plan.result is not Result.CREATED or plan.spec is None:
            continue
        for existing in undescribed:
            same = (existing["actionId"], existing["trigger"]) == (plan.action_id, plan.spec.trigger)
            if same and existing["enabled"]:
                yield (
                    f"subscription {plan.name!r} is new, but {existing['name']!r} ({existing['id']}) is enabled and"
                    " has the same action and trigger, so events may be sent twice; to rename the existing one"
                    " instead, set its id or previous_name"
                )


def _plan_removals(surplus: Sequence[Subscription], *, max_prune: int | None) -> list[SubscriptionPlan]:
    if max_prune is None:
        return []
    if len(surplus) > max_prune:
        raise SegmentPruneLimitError(
            f"{counted(len(surplus), 'subscription is', 'subscriptions are')} not described and would be removed"
            f" ({', '.join(existing['id'] for existing in surplus)}), but max_prune is {max_prune}"
        )
    return [SubscriptionPlan(Result.REMOVED, one["name"], one["actionId"], one["id"]) for one in surplus]


def _result(diff: Diff) -> Result:
    return Result.CHANGED if diff.fields else Result.KEPT
