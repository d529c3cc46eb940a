"""Changing and deleting existing objects."""

from __future__ import annotations

from random import Random
from typing import Any

from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
from airflow_provider_segment.protocol.provisioning.destination import (
    resolve_and_delete_destination,
    resolve_and_update_destination,
)
from airflow_provider_segment.protocol.provisioning.identity import SubscriptionIdentity
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec
from airflow_provider_segment.protocol.provisioning.subscription import (
    resolve_and_delete_subscription,
    resolve_and_update_subscription,
)
from tests.simulation.drawing import (
    NAME,
    draw_settings,
    draw_subscriptions,
    named,
    named_action,
    put_destination,
    put_subscription,
)
from tests.simulation.expectation import (
    Before,
    demand_destination,
    demand_same,
    demand_settings,
)
from tests.simulation.memory import FRESH, Memory
from tests.simulation.model import Segment
from tests.simulation.model_responses import Record
from tests.simulation.scenario import Scenario, analytics, not_found_after, some_subscriptions
from tests.simulation.world import ViolationError


def changing_destination(segment: Segment, dice: Random) -> Scenario:
    """Change only the arguments that are set, perhaps including the name."""
    old = put_destination(segment, analytics(dice))
    new_name = dice.choice((None, "renamed"))
    enabled = dice.choice((None, True, False))
    settings = draw_settings(dice) if enabled is None and new_name is None else dice.choice((None, draw_settings(dice)))
    target = _target(old, dice)
    before = Before(segment)

    def check(result: Any) -> None:
        was = before.destinations[old["id"]]
        actual = segment.destinations[old["id"]]
        expected = DestinationSpec(
            source_id=was["sourceId"],
            metadata_id=was["metadataId"],
            name=new_name or was["name"],
            settings=settings or {},
            enabled=was["enabled"] if enabled is None else enabled,
        )
        demand_same("the result", old["id"], result)
        demand_destination(segment, expected, actual, was)
        before.demand(destinations={old["id"]}, subscriptions=set())

    return Scenario(
        name=f"resolve_and_update_destination, new_name={new_name}",
        flow=lambda options, _wait_for_pending, number: resolve_and_update_destination(
            options, target=target, is_retry=number > 1, new_name=new_name, enabled=enabled, settings=settings
        ),
        check=check,
        quiet=False,
    )


def changing_subscription(segment: Segment, dice: Random) -> Scenario:
    """Change only the arguments that are set."""
    destination = put_destination(segment, analytics(dice))
    old = put_subscription(segment, destination, some_subscriptions(dice)[0])
    new_name = dice.choice((None, "renamed"))
    drawn = some_subscriptions(dice)[0]
    offered: dict[str, Any] = {
        "trigger": drawn.trigger,
        "enabled": drawn.enabled,
        "settings": drawn.settings,
        "model_id": drawn.model_id,
        "reverse_etl_schedule": drawn.reverse_etl_schedule,
    }
    changes = {name: value for name, value in offered.items() if value is not None and dice.random() < 0.5}
    target = _target_subscription(old, dice)
    before = Before(segment)

    def check(result: Any) -> None:
        was, actual = before.subscriptions[old["id"]], segment.subscriptions[old["id"]]
        demand_same("the result", old["id"], result)
        expected = {
            "name": new_name or was["name"],
            "trigger": changes.get("trigger", was["trigger"]),
            "enabled": changes.get("enabled", was["enabled"]),
            "modelId": changes.get("model_id", was["modelId"]),
            "reverseETLSchedule": changes.get("reverse_etl_schedule", was.get("reverseETLSchedule")),
        }
        for key, value in expected.items():
            demand_same(key, value, actual.get(key))
        demand_settings(
            changes.get("settings", {}),
            actual["settings"],
            before=was["settings"],
            defaults={},
            may_reset=segment.replace,
        )
        before.demand(destinations=set(), subscriptions={old["id"]})

    def flow(options: CallOptions, _wait_for_pending: bool, number: int, memory: Memory = FRESH) -> Flow[Any]:
        return resolve_and_update_subscription(
            options,
            destination_id=destination["id"],
            target=target,
            is_retry=number > 1 or memory.wrote,
            new_name=new_name,
            changes=changes,
        )

    return Scenario(
        name=f"resolve_and_update_subscription {sorted(changes)}, new_name={new_name}",
        flow=flow,
        resumable=flow,
        check=check,
        quiet=False,
    )


def removing_destination(segment: Segment, dice: Random) -> Scenario:
    """Delete a destination with its subscriptions, and nothing else."""
    old = put_destination(segment, analytics(dice))
    gone = {put_subscription(segment, old, subscription)["id"] for subscription in draw_subscriptions(dice, most=3)}
    if_missing = dice.choice(("ignore", "ignore", "fail"))
    target = _target(old, dice)
    before = Before(segment)

    def check(result: Any) -> None:
        if old["id"] in segment.destinations or gone & segment.subscriptions.keys():
            raise ViolationError("it still exists")
        if result is not None:
            demand_same("the result", old["id"], result)
        before.demand(destinations={old["id"]}, subscriptions=gone)

    return Scenario(
        name=f"resolve_and_delete_destination, if_missing={if_missing}",
        flow=lambda options, _wait_for_pending, _number: resolve_and_delete_destination(
            options, target=target, if_missing=if_missing
        ),
        check=check,
        final=not_found_after(lambda: old["id"] not in segment.destinations, if_missing),
        quiet=False,
    )


def removing_subscription(segment: Segment, dice: Random) -> Scenario:
    """Delete a subscription, and nothing else."""
    destination = put_destination(segment, analytics(dice))
    old, *_ = [put_subscription(segment, destination, spec) for spec in some_subscriptions(dice)]
    if_missing = dice.choice(("ignore", "ignore", "fail"))
    target = _target_subscription(old, dice)
    before = Before(segment)

    def check(result: Any) -> None:
        if old["id"] in segment.subscriptions:
            raise ViolationError("it still exists")
        if result is not None:
            demand_same("the result", old["id"], result)
        before.demand(destinations=set(), subscriptions={old["id"]})

    def flow(options: CallOptions, _wait_for_pending: bool, _number: int, memory: Memory | None = None) -> Flow[Any]:
        found = None if memory is None else memory.found
        return resolve_and_delete_subscription(
            options, destination_id=destination["id"], target=target, if_missing=if_missing, found=found
        )

    return Scenario(
        name=f"resolve_and_delete_subscription, if_missing={if_missing}",
        flow=flow,
        resumable=flow,
        check=check,
        final=not_found_after(lambda: old["id"] not in segment.subscriptions, if_missing),
        quiet=False,
    )


def _target_subscription(subscription: Record, dice: Random) -> str | SubscriptionIdentity:
    spec = SubscriptionSpec(name=subscription["name"], action_id=subscription["actionId"], trigger="all")
    identity = named_action(dice, spec).identity(subscription["destinationId"])
    return dice.choice((str(subscription["id"]), identity))


def _target(destination: Record, dice: Random) -> Any:
    spec = DestinationSpec(
        source_id=destination["sourceId"], metadata_id=destination["metadataId"], name=NAME, settings={}
    )
    return dice.choice((destination["id"], named(dice, spec).identity))
