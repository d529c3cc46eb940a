"""Applying the descriptions of several destinations in one task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from msgspec import structs

from airflow_provider_segment.protocol.errors import (
    SegmentAmbiguousWriteError,
    SegmentError,
    SegmentSeveralMatchesError,
)
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
from airflow_provider_segment.protocol.provisioning.filter_spec import FilterSpec
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec
from airflow_provider_segment.protocol.workspace.apply_descriptions import apply_descriptions
from airflow_provider_segment.protocol.workspace.description import (
    DestinationDescription,
    FilterDescription,
    SubscriptionDescription,
)
from airflow_provider_segment.protocol.workspace.plan_workspace import PlanOptions
from tests.simulation.catalog import OTHER_SOURCE, SOURCE
from tests.simulation.drawing import draw_settings, draw_subscriptions, put_destination, put_subscription
from tests.simulation.drawing_filters import draw_filters, put_filter
from tests.simulation.expectation import (
    Before,
    demand_destination,
    demand_filter,
    demand_same,
    demand_subscription,
    destinations_like,
    filters_like,
    never_confirmed,
    subscriptions_like,
    the_only,
)
from tests.simulation.memory import Memory
from tests.simulation.model import Segment
from tests.simulation.model_responses import Record
from tests.simulation.scenario import Scenario, analytics

_NAMES = ("fleet a", "fleet b", "fleet c", "fleet d")


@dataclass(frozen=True, kw_only=True)
class _Member:
    """One described destination."""

    spec: DestinationSpec
    subscriptions: Sequence[SubscriptionSpec] | None
    filters: Sequence[FilterSpec] | None
    removed: bool

    def description(self, number: int) -> DestinationDescription:
        return DestinationDescription(
            path=f"{number}.yaml",
            source=self.spec.source_id,
            type=self.spec.metadata_id,
            name=self.spec.name,
            enabled=self.spec.enabled,
            settings=self.spec.settings,
            subscriptions=None if self.subscriptions is None else tuple(map(_subscription, self.subscriptions)),
            filters=None if self.filters is None else tuple(map(_filter, self.filters)),
            removed=self.removed,
        )


class _ApplyingFleet:
    """Apply several descriptions; nothing that is not described changes."""

    def __init__(self, segment: Segment, dice: Random) -> None:
        self._segment = segment
        names = dice.sample(_NAMES, dice.randint(1, 4))
        self._members = [_draw_member(dice, name) for name in names]
        self._existing = sum(dice.random() < 0.5 and self._put_existing(dice, one) for one in self._members)
        self._before = Before(segment)

    def scenario(self) -> Scenario:
        return Scenario(
            name=f"apply_fleet, {len(self._members)} descriptions, {self._existing} of them exist",
            flow=self._flow,
            resumable=self._flow,
            check=self._check,
            quiet=not any(never_confirmed(self._segment, one.spec) for one in self._members if not one.removed),
            groups=self._groups,
        )

    def _put_existing(self, dice: Random, member: _Member) -> bool:
        settings = member.spec.settings if dice.random() < 0.4 else draw_settings(dice)
        existing = put_destination(
            self._segment, structs.replace(member.spec, settings=settings, enabled=dice.random() < 0.5)
        )
        kept = [one for one in member.subscriptions or () if dice.random() < 0.4]
        names = {one.name for one in kept}
        for one in [*kept, *(one for one in draw_subscriptions(dice, most=2) if one.name not in names)]:
            put_subscription(self._segment, existing, one)
        for block in draw_filters(dice, most=2):
            put_filter(self._segment, existing, block)
        return True

    def _flow(
        self, options: CallOptions, wait_for_pending: bool, _number: int, memory: Memory | None = None
    ) -> Flow[Any]:
        descriptions = [one.description(number) for number, one in enumerate(self._members)]
        _, applied = yield from apply_descriptions(
            options,
            descriptions=descriptions,
            how=PlanOptions(),
            write=True,
            is_retry=wait_for_pending,
            progress=None if memory is None else memory.fleet,
        )
        if errors := [one.error for one in applied if one.error is not None]:
            raise min(errors, key=_severity)
        return applied

    def _check(self, result: Any) -> None:
        named: dict[str, set[str]] = {"destinations": set(), "subscriptions": set(), "filters": set()}
        for member, applied in zip(self._members, result, strict=True):
            self._check_member(member, applied, named)
        self._before.demand(**named)

    def _check_member(self, member: _Member, applied: Any, named: dict[str, set[str]]) -> None:
        before = [
            one
            for one in self._before.destinations.values()
            if (one["sourceId"], one["name"]) == (member.spec.source_id, member.spec.name)
        ]
        if member.removed:
            demand_same("what was removed", [], destinations_like(self._segment, member.spec))
            ids = {one["id"] for one in before}
            named["destinations"] |= ids
            for kind, records in (
                ("subscriptions", self._before.subscriptions),
                ("filters", self._before.filters),
            ):
                named[kind] |= {one["id"] for one in records.values() if one["destinationId"] in ids}
            return
        actual = the_only(destinations_like(self._segment, member.spec), member.spec.name)
        demand_same("the id in the result", actual["id"], applied.destination_id)
        demand_destination(self._segment, member.spec, actual, before[0] if before else None)
        named["destinations"].add(actual["id"])
        for one in member.subscriptions or ():
            found = the_only(subscriptions_like(self._segment, actual["id"], one), one.name)
            demand_subscription(self._segment, one, found, self._before.subscriptions.get(found["id"]))
            named["subscriptions"].add(found["id"])
        for block in member.filters or ():
            found = the_only(filters_like(self._segment, actual["id"], block), block.title)
            demand_filter(block, found, self._before.filters.get(found["id"]))
            named["filters"].add(found["id"])

    def _groups(self) -> Iterator[list[Record]]:
        for member in self._members:
            found = destinations_like(self._segment, member.spec)
            yield found
            for destination in found:
                for one in member.subscriptions or ():
                    yield subscriptions_like(self._segment, destination["id"], one)
                for block in member.filters or ():
                    yield filters_like(self._segment, destination["id"], block)


def applying_fleet(segment: Segment, dice: Random) -> Scenario:
    """Draw several descriptions and what exists already."""
    return _ApplyingFleet(segment, dice).scenario()


def _draw_member(dice: Random, name: str) -> _Member:
    return _Member(
        spec=structs.replace(analytics(dice), name=name, source_id=dice.choice((SOURCE, SOURCE, OTHER_SOURCE))),
        subscriptions=None if dice.random() < 0.2 else draw_subscriptions(dice, most=3),
        filters=None if dice.random() < 0.4 else draw_filters(dice, most=2),
        removed=dice.random() < 0.1,
    )


def _severity(error: Exception) -> int:
    """Return how little a fault explains an error; the least explained one is reported."""
    if isinstance(error, SegmentSeveralMatchesError):
        return 0
    by_fault = isinstance(error, SegmentAmbiguousWriteError) or (isinstance(error, SegmentError) and error.transient)
    return 2 if by_fault else 1


def _subscription(one: SubscriptionSpec) -> SubscriptionDescription:
    return SubscriptionDescription(
        action=one.action_id,
        name=one.name,
        trigger=one.trigger,
        enabled=one.enabled,
        settings=one.settings,
        model_id=one.model_id,
        reverse_etl_schedule=one.reverse_etl_schedule,
    )


def _filter(one: FilterSpec) -> FilterDescription:
    return FilterDescription(
        title=one.title,
        condition=one.condition,
        actions=one.actions,
        enabled=one.enabled,
        description=one.description,
    )
