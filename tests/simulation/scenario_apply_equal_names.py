"""Applying subscriptions of which several share action and name, some of them under a new name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import msgspec
from msgspec import structs

from airflow_provider_segment.protocol.provisioning.spec import SubscriptionSpec
from airflow_provider_segment.protocol.wire.messages import Request
from tests.simulation.drawing import draw_subscriptions
from tests.simulation.expectation import demand_subscription
from tests.simulation.model import Segment
from tests.simulation.model_responses import Record
from tests.simulation.scenario import Scenario
from tests.simulation.scenario_apply import Applying
from tests.simulation.world import ViolationError


class _EqualNames(Applying):
    """Siblings differ in their triggers, in their settings, or not at all."""

    def scenario(self) -> Scenario:
        plain = super().scenario()
        return replace(plain, name=plain.name.replace("apply", "apply_equal_names", 1), allowed=self._allowed)

    def _draw_subscriptions(self, dice: Random) -> list[SubscriptionSpec]:
        drawn = draw_subscriptions(dice, most=3)
        siblings = [_sibling(one, dice) for one in drawn for _ in range(dice.randint(0, 3))]
        subscriptions = [one if dice.random() < 0.7 else _renamed(one) for one in (*drawn, *siblings)]
        dice.shuffle(subscriptions)
        return subscriptions

    def _draw_existing(self, dice: Random) -> list[SubscriptionSpec]:
        kept = [one for one in self._subscriptions or () if dice.random() < 0.4]
        renamed = {one.previous_name for one in kept if dice.random() < 0.5}
        names = {one.name for one in self._subscriptions or ()} | {one.previous_name for one in kept}
        under_old_names = [
            structs.replace(one, name=one.previous_name) if one.previous_name in renamed and one.previous_name else one
            for one in kept
        ]
        return [*under_old_names, *(one for one in draw_subscriptions(dice, most=3) if one.name not in names)]

    def _allowed(self, request: Request) -> int:
        if request.path == "/destinations":
            return 1
        body = msgspec.json.decode(request.body or b"{}")
        names = [(one.name, one.action_id) for one in self._wanted(100) or ()]
        return max(1, names.count((body["name"], body["actionId"])))

    def _check_described(self, destination_id: str) -> set[str]:
        """Check that each description has a subscription of its own; undescribed ones are checked elsewhere."""
        records = self._segment.subscriptions_of(destination_id)
        named = self._assign(self._wanted(100) or (), records)
        if named is None:
            raise ViolationError(f"not every description has a subscription: {records}")
        if old := [one["id"] for one in records if one["name"].startswith("Old ")]:
            raise ViolationError(f"not renamed: {old}")
        return named

    def _assign(self, specs: Sequence[SubscriptionSpec], records: Sequence[Record]) -> set[str] | None:
        if not specs:
            return set()
        for record in records:
            if self._is_described(specs[0], record):
                rest = self._assign(specs[1:], [other for other in records if other is not record])
                if rest is not None:
                    return rest | {record["id"]}
        return None

    def _is_described(self, spec: SubscriptionSpec, record: Record) -> bool:
        if (record["name"], record["actionId"]) != (spec.name, spec.action_id):
            return False
        try:
            demand_subscription(self._segment, spec, record, self._before.subscriptions.get(record["id"]))
        except ViolationError:
            return False
        return True


def applying_equal_names(segment: Segment, dice: Random) -> Scenario:
    """Draw a description with equal names and what exists already."""
    return _EqualNames(segment, dice).scenario()


def _sibling(spec: SubscriptionSpec, dice: Random) -> SubscriptionSpec:
    changes: tuple[dict[str, Any], ...] = (
        {"trigger": 'type = "page"'},
        {"settings": {"event": str(dice.randint(0, 2))}},
        {},
    )
    return structs.replace(spec, **dice.choice(changes))


def _renamed(spec: SubscriptionSpec) -> SubscriptionSpec:
    return structs.replace(spec, name=f"New {spec.name}", previous_name=f"Old {spec.name}")
