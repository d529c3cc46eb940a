"""Applying a description."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

from msgspec import structs

from airflow_provider_segment.protocol.errors import SegmentInvalidRequestError, SegmentNotFoundError
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
from airflow_provider_segment.protocol.provisioning.apply import ApplyRequest, apply_destination
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec
from tests.simulation.catalog import ACTIONS, READ_ONLY, TRACK
from tests.simulation.drawing import draw_settings, draw_subscriptions, named, put_destination, put_subscription
from tests.simulation.expectation import (
    Before,
    demand_destination,
    demand_same,
    demand_subscription,
    destinations_like,
    never_confirmed,
    subscriptions_like,
    the_only,
)
from tests.simulation.memory import Memory
from tests.simulation.model import REFUSED_TRIGGER, Segment
from tests.simulation.model_responses import Record
from tests.simulation.scenario import Scenario, analytics
from tests.simulation.world import ViolationError

_RIGHT = SubscriptionSpec(name="wrong", action_id="track", trigger=TRACK)
_UNKNOWN_ACTION = structs.replace(_RIGHT, action_id="nonsense")
"""Refused by the catalog, before anything is written."""
_REFUSED = structs.replace(_RIGHT, trigger=REFUSED_TRIGGER)
"""Refused by Segment, between other writes."""


class Applying:
    """Apply the description of a destination with its subscriptions."""

    def __init__(self, segment: Segment, dice: Random) -> None:
        self._segment = segment
        self._spec = _with_read_only(analytics(dice), dice)
        self._rotate = dice.random() < 0.15
        self._subscriptions = self._draw_subscriptions(dice)
        self._prune = dice.random() < 0.5
        self._existing: Record | None = None
        by_id = False
        if dice.random() < 0.5:
            by_id = dice.random() < 0.3
            self._put_existing(dice, name="an earlier name" if by_id else self._spec.name)
        # The description is corrected after that many runs.
        self._mistaken = dice.randint(1, 2) if self._subscriptions is not None and dice.random() < 0.15 else 0
        self._wrong = _REFUSED if segment.refuses_triggers and dice.random() < 0.7 else _UNKNOWN_ACTION
        self._place = dice.randint(0, len(self._subscriptions or ()))
        self._request = ApplyRequest(
            spec=named(dice, self._spec),
            destination_id=self._existing["id"] if by_id and self._existing is not None else None,
            prune_subscriptions=self._prune,
            prune_all=True,
            rotate_secrets=self._rotate,
            if_missing="fail" if self._existing is None and dice.random() < 0.15 else "create",
        )
        self._actions_by_slug = {action for action in ACTIONS if dice.random() < 0.4}
        self._before = Before(segment)

    def scenario(self) -> Scenario:
        count = "no" if self._subscriptions is None else len(self._subscriptions)
        return Scenario(
            name=f"apply, {count} subscriptions, existing: {self._existing is not None}, prune: {self._prune}",
            flow=self._flow,
            resumable=self._flow,
            check=self._check,
            tolerated=lambda error, number: (
                isinstance(error, SegmentInvalidRequestError | ValueError)
                and number <= self._mistaken
                and "'wrong'" in str(error)
            ),
            final=self._is_refused,
            quiet=not (
                self._rotate or never_confirmed(self._segment, self._spec) or self._request.if_missing == "fail"
            ),
            may_freeze=not self._mistaken,
            groups=self._groups,
        )

    def _is_refused(self, error: Exception) -> bool:
        """Return whether an error is that of a destination that must exist, but does not."""
        return isinstance(error, SegmentNotFoundError) and self._request.if_missing == "fail"

    def _draw_subscriptions(self, dice: Random) -> list[SubscriptionSpec] | None:
        return None if dice.random() < 0.1 else draw_subscriptions(dice, most=7)

    def _put_existing(self, dice: Random, *, name: str) -> None:
        enabled = dice.random() < 0.5
        settings = self._spec.settings if dice.random() < 0.4 else draw_settings(dice)
        spec = structs.replace(self._spec, name=name, settings=settings, enabled=enabled)
        self._existing = put_destination(self._segment, spec)
        for one in self._draw_existing(dice):
            put_subscription(self._segment, self._existing, one)

    def _draw_existing(self, dice: Random) -> list[SubscriptionSpec]:
        kept = [one for one in self._subscriptions or () if dice.random() < 0.3]
        names = {one.name for one in kept}
        return [*kept, *(one for one in draw_subscriptions(dice, most=5) if one.name not in names)]

    def _flow(
        self, options: CallOptions, wait_for_pending: bool, number: int, memory: Memory | None = None
    ) -> Flow[Any]:
        wanted = self._wanted(number)
        subscriptions = None if wanted is None else list(map(self._named, wanted))
        request = replace(self._request, wait_for_pending=wait_for_pending, subscriptions=subscriptions)
        progress = None if memory is None else memory.progress
        return apply_destination(options, request=request, write=True, progress=progress)

    def _named(self, one: SubscriptionSpec) -> SubscriptionSpec:
        """Return the description as the user gives it, perhaps with its action named by a slug."""
        by_slug = one.action_id in self._actions_by_slug
        return structs.replace(one, action_id="", action=f"{one.action_id}-slug") if by_slug else one

    def _wanted(self, number: int) -> list[SubscriptionSpec] | None:
        """Return the described subscriptions of one run; a mistake is corrected later."""
        if self._subscriptions is None or not self._mistaken:
            return self._subscriptions
        expected = list(self._subscriptions)
        expected.insert(self._place, self._wrong if number <= self._mistaken else _RIGHT)
        return expected

    def _check(self, result: Any) -> None:
        if self._request.if_missing == "fail":
            self._before.demand(destinations=set(), subscriptions=set())
            return
        actual = the_only(destinations_like(self._segment, self._spec), "the destination")
        old = None if self._existing is None else self._before.destinations[self._existing["id"]]
        if old is not None:
            demand_same("the id", old["id"], actual["id"])
        demand_destination(self._segment, self._spec, actual, old, rotated=self._rotate)
        named = self._check_subscriptions(actual["id"])
        self._before.demand(destinations={actual["id"]}, subscriptions=named)
        _, summary = result
        demand_same("destination_id of the summary", actual["id"], summary["destination_id"])
        self._check_ignored(summary)
        for part in summary["subscriptions"]:
            if (part["id"] in self._segment.subscriptions) is (part["result"] == "removed"):
                raise ViolationError(f"the summary is wrong about {part}")

    def _check_ignored(self, summary: Any) -> None:
        ignored = {f"settings[{key!r}]" for key in never_confirmed(self._segment, self._spec)}
        if not ignored <= {*summary["ignored"]} or ignored & {*summary["changed"]}:
            raise ViolationError(f"{ignored} were not changed, but this is reported: {summary}")

    def _check_subscriptions(self, destination_id: str) -> set[str]:
        """Check the described subscriptions; return their ids and those that should be removed."""
        named = self._check_described(destination_id)
        if self._subscriptions is None or not self._prune:
            return named
        if surplus := [one["id"] for one in self._segment.subscriptions_of(destination_id) if one["id"] not in named]:
            raise ViolationError(f"not removed: {surplus}")
        pruned = {one["id"] for one in self._before.subscriptions.values() if one["destinationId"] == destination_id}
        return named | pruned

    def _check_described(self, destination_id: str) -> set[str]:
        """Check the described subscriptions and return their ids."""
        named = set()
        for spec in self._wanted(100) or ():
            found = subscriptions_like(self._segment, destination_id, spec)
            actual = the_only(found, f"subscription {spec.name}")
            demand_subscription(self._segment, spec, actual, self._before.subscriptions.get(actual["id"]))
            named.add(actual["id"])
        return named

    def _groups(self) -> Iterator[list[Record]]:
        found = destinations_like(self._segment, self._spec)
        yield found
        for destination in found:
            for spec in self._wanted(100) or ():
                yield subscriptions_like(self._segment, destination["id"], spec)


def _with_read_only(spec: DestinationSpec, dice: Random) -> DestinationSpec:
    """Return a description that perhaps has a read-only setting too, or that alone."""
    chosen = dice.random()
    settings = {} if chosen < 0.05 else spec.settings
    return structs.replace(spec, settings=settings | {READ_ONLY: "mine"}) if chosen < 0.15 else spec


def applying(segment: Segment, dice: Random) -> Scenario:
    """Draw a description and what exists already."""
    return Applying(segment, dice).scenario()
