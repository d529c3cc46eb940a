"""Applying a destination with filters: what is blocked before and after is blocked all the time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from random import Random
from typing import Any

from msgspec import structs

from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
from airflow_provider_segment.protocol.provisioning.apply import ApplyRequest, apply_destination
from airflow_provider_segment.protocol.provisioning.filter_spec import FilterSpec
from tests.simulation.catalog import TRACK
from tests.simulation.drawing import put_destination
from tests.simulation.drawing_filters import draw_filters, put_filter
from tests.simulation.expectation import (
    Before,
    demand_destination,
    demand_filter,
    demand_same,
    destinations_like,
    filters_like,
    never_confirmed,
    the_only,
)
from tests.simulation.memory import Memory
from tests.simulation.model import Segment
from tests.simulation.model_responses import Record
from tests.simulation.scenario import Scenario, analytics
from tests.simulation.world import ViolationError

_EVENTS = frozenset(product(("track", "identify"), ("type", "email", "userId")))
"""A type of event and one of its keys: what may reach the destination."""


class _ApplyingFilters:
    """Apply the description of a destination with its filters, of which at most one enabled one changes in place."""

    def __init__(self, segment: Segment, dice: Random) -> None:
        self._segment = segment
        self._spec = structs.replace(analytics(dice), enabled=dice.choice((True, True, False)))
        self._filters = draw_filters(dice, most=5)
        self._prune = dice.random() < 0.5
        self._existing: Record | None = None
        if dice.random() < 0.8:
            self._put_existing(dice)
        self._before = Before(segment)
        self._blocked = self._blocked_now() & self._blocked_afterwards()
        segment.after_each = self._demand_blocked

    def scenario(self) -> Scenario:
        return Scenario(
            name=f"apply_filters, {len(self._filters)}, existing: {self._existing is not None}, prune: {self._prune}",
            flow=self._flow,
            resumable=self._flow,
            check=self._check,
            quiet=not never_confirmed(self._segment, self._spec),
            groups=self._groups,
        )

    def _put_existing(self, dice: Random) -> None:
        self._existing = put_destination(self._segment, structs.replace(self._spec, enabled=dice.random() < 0.7))
        described = {one.title: one for one in self._filters}
        changes = 1
        for drawn in draw_filters(dice, most=5):
            spec = described.get(drawn.title)
            was_enabled = drawn.enabled is not False
            if spec is not None and was_enabled and spec.enabled is not False:
                # It stays enabled: only one such filter changes in place.
                if not changes:
                    drawn = structs.replace(drawn, condition=spec.condition, actions=spec.actions)
                changes -= (drawn.condition, drawn.actions) != (spec.condition, spec.actions)
            put_filter(self._segment, self._existing, drawn)

    def _flow(
        self, options: CallOptions, wait_for_pending: bool, _number: int, memory: Memory | None = None
    ) -> Flow[Any]:
        request = ApplyRequest(
            spec=self._spec,
            filters=self._filters,
            prune_filters=self._prune,
            prune_all=True,
            wait_for_pending=wait_for_pending,
        )
        progress = None if memory is None else memory.progress
        return apply_destination(options, request=request, write=True, progress=progress)

    def _blocked_now(self) -> frozenset[tuple[str, str]]:
        """Return what does not reach the destination."""
        found = destinations_like(self._segment, self._spec)
        if not any(one["enabled"] for one in found):
            return _EVENTS
        return _blocked_by(one for one in self._segment.filters_of(found[0]["id"]) if one["enabled"])

    def _blocked_afterwards(self) -> frozenset[tuple[str, str]]:
        if self._spec.enabled is False:
            return _EVENTS
        existing = [] if self._existing is None else self._segment.filters_of(self._existing["id"])
        old = {one["title"]: one for one in existing}
        after = [_described(spec, old.get(spec.title)) for spec in self._filters]
        if not self._prune:
            after += [one for title, one in old.items() if title not in {spec.title for spec in self._filters}]
        return _blocked_by(one for one in after if one["enabled"])

    def _demand_blocked(self) -> None:
        if passed := self._blocked - self._blocked_now():
            raise ViolationError(f"let through although it is blocked before and after: {sorted(passed)}")

    def _check(self, result: Any) -> None:
        actual = the_only(destinations_like(self._segment, self._spec), "the destination")
        old = None if self._existing is None else self._before.destinations[self._existing["id"]]
        demand_destination(self._segment, self._spec, actual, old)
        named = set()
        for spec in self._filters:
            found = the_only(filters_like(self._segment, actual["id"], spec), f"filter {spec.title}")
            demand_filter(spec, found, self._before.filters.get(found["id"]))
            named.add(found["id"])
        if self._prune:
            demand_same("the filters", named, {one["id"] for one in self._segment.filters_of(actual["id"])})
            named |= {one["id"] for one in self._before.filters.values() if one["destinationId"] == actual["id"]}
        self._before.demand(destinations={actual["id"]}, subscriptions=set(), filters=named)
        _, summary = result
        for part in summary["filters"]:
            if (part["id"] in self._segment.filters) is (part["result"] == "removed"):
                raise ViolationError(f"the summary is wrong about {part}")

    def _groups(self) -> Iterator[list[Record]]:
        found = destinations_like(self._segment, self._spec)
        yield found
        for destination in found:
            for spec in self._filters:
                yield filters_like(self._segment, destination["id"], spec)


def applying_filters(segment: Segment, dice: Random) -> Scenario:
    """Draw a description with filters and what exists already."""
    return _ApplyingFilters(segment, dice).scenario()


def _described(spec: FilterSpec, old: Record | None) -> Record:
    enabled = (old is None or old["enabled"]) if spec.enabled is None else spec.enabled
    return {"if": spec.condition, "actions": spec.actions, "enabled": enabled}


def _blocked_by(filters: Iterable[Record]) -> frozenset[tuple[str, str]]:
    return frozenset().union(*(_blocked_by_one(one) for one in filters))


def _blocked_by_one(one: Record) -> frozenset[tuple[str, str]]:
    types = {"track"} if one["if"] == TRACK else {"track", "identify"}
    blocked: set[str] = set()
    for action in one["actions"]:
        keys = {key for keys in action.get("fields", {}).values() for key in keys}
        if action["type"] == "DROP":
            blocked |= {"type", "email", "userId"}
        elif action["type"] == "DROP_PROPERTIES":
            blocked |= keys
        elif action["type"] == "ALLOW_PROPERTIES":
            blocked |= {"type", "email", "userId"} - keys
    return frozenset(product(types, blocked))
