"""Draw what a user may describe, and what may exist already."""

from __future__ import annotations

from random import Random
from typing import Any

from msgspec import structs

from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec
from tests.simulation.catalog import ACTIONS, ANALYTICS, OTHER_SOURCE, SINGLE, SOURCE, TRACK
from tests.simulation.model import Segment
from tests.simulation.model_responses import Record

NAME = "mine"
_KEY_FILES = tuple(f"-----BEGIN KEY-----\n{number}\n-----END KEY-----" for number in range(2))
_SETTINGS: dict[str, tuple[Any, ...]] = {
    "apiKey": ("0123456789-aaaa", "0123456789-bbbb", "short"),
    "secretKey": ("secret-of-cccc", "abc", "", *_KEY_FILES),
    "trackAllPages": (True, False),
    "region": ("us", "eu"),
    "threshold": (30, 30.0, 7),
    "ignoredEvents": ([], ["a"], ["a", "b"]),
    "eventNames": ({}, {"a": "b"}, {"a": {"@template": "{{x}}"}}),
}
_ENABLED = (True, True, False, None)
_SCHEDULES = (None, None, {"strategy": "PERIODIC", "config": {"interval": "15m"}}, {"strategy": "MANUAL"})


def draw_settings(dice: Random) -> dict[str, Any]:
    """Draw some settings of the analytics type."""
    names = [name for name in _SETTINGS if dice.random() < 0.5]
    return {name: dice.choice(_SETTINGS[name]) for name in names}


def draw_destination(dice: Random) -> DestinationSpec:
    """Draw the description of a destination."""
    single = dice.random() < 0.1
    return DestinationSpec(
        source_id=SOURCE,
        metadata_id=SINGLE if single else ANALYTICS,
        name=NAME,
        settings={"account": dice.choice("ab")} if single else draw_settings(dice),
        enabled=dice.choice(_ENABLED),
    )


def draw_subscriptions(dice: Random, *, most: int) -> list[SubscriptionSpec]:
    """Draw descriptions of subscriptions with different identities; the name determines the action."""
    numbers = dice.sample(range(12), dice.randint(0, most))
    return [_draw_subscription(dice, number) for number in numbers]


def named(dice: Random, spec: DestinationSpec) -> DestinationSpec:
    """Return the description, with its source and its type perhaps named by slugs."""
    if dice.random() < 0.5:
        spec = structs.replace(spec, source_id="", source=f"{spec.source_id}-slug")
    if dice.random() < 0.5:
        spec = structs.replace(spec, metadata_id="", destination_type=f"{spec.metadata_id}-slug")
    return spec


def named_action(dice: Random, spec: SubscriptionSpec) -> SubscriptionSpec:
    """Return the description, with its action perhaps named by its slug."""
    return structs.replace(spec, action_id="", action=f"{spec.action_id}-slug") if dice.random() < 0.3 else spec


def put_destination(segment: Segment, spec: DestinationSpec) -> Record:
    """Add a destination to the model."""
    kind = segment.types[spec.metadata_id]
    return segment.add_destination(
        {
            "sourceId": spec.source_id,
            "metadataId": spec.metadata_id,
            "name": spec.name,
            "enabled": spec.enabled is not False,
            "settings": kind.created(spec.settings),
        }
    )


def put_subscription(segment: Segment, destination: Record, spec: SubscriptionSpec) -> Record:
    """Add a subscription to the model."""
    record = {
        "name": spec.name,
        "actionId": spec.action_id,
        "actionSlug": f"{spec.action_id}-slug",
        "destinationId": destination["id"],
        "enabled": spec.enabled is not False,
        "settings": spec.settings or {},
        "trigger": spec.trigger,
        "modelId": spec.model_id or "",
    }
    if spec.reverse_etl_schedule is not None:
        record["reverseETLSchedule"] = spec.reverse_etl_schedule
    return segment.add_subscription(record)


def put_bystanders(segment: Segment, dice: Random) -> None:
    """Add destinations that differ in one part of the identity, with subscriptions of the same names."""
    for source, name in ((OTHER_SOURCE, NAME), (SOURCE, "other")):
        if dice.random() < 0.3:
            settings = draw_settings(dice)
            spec = DestinationSpec(source_id=source, metadata_id=ANALYTICS, name=name, settings=settings)
            record = put_destination(segment, spec)
            for subscription in draw_subscriptions(dice, most=3):
                put_subscription(segment, record, subscription)


def _draw_subscription(dice: Random, number: int) -> SubscriptionSpec:
    return SubscriptionSpec(
        name=f"Sub {number}",
        action_id=ACTIONS[number % len(ACTIONS)],
        trigger=dice.choice((TRACK, 'type = "identify"')),
        enabled=dice.choice(_ENABLED),
        settings=dice.choice((None, {}, {"event": {"@path": "$.event"}}, {"event": "x", "more": [1, 2.5]})),
        model_id=dice.choice((None, None, "model-1")),
        reverse_etl_schedule=dice.choice(_SCHEDULES),
    )
