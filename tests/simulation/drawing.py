"""Drawing what a user may describe, and what may exist already."""

from __future__ import annotations

from random import Random
from typing import Any

from airflow_provider_segment.protocol.provisioning.spec import DescribedDestination, DescribedSubscription
from tests.simulation.catalog import ACTIONS, ANALYTICS, OTHER_SOURCE, SINGLE, SOURCE, TRACK
from tests.simulation.model import Segment
from tests.simulation.model_responses import Record

NAME = "mine"
_SETTINGS: dict[str, tuple[Any, ...]] = {
    "apiKey": ("0123456789-aaaa", "0123456789-bbbb", "short"),
    "secretKey": ("secret-of-cccc", "abc", ""),
    "trackAllPages": (True, False, None),
    "region": ("us", "eu"),
    "threshold": (30, 30.0, 7),
    "ignoredEvents": ([], ["a"], ["a", "b"]),
    "eventNames": ({}, {"a": "b"}, {"a": {"@template": "{{x}}"}}),
}
_SCHEDULES = (None, None, {"strategy": "PERIODIC", "config": {"interval": "15m"}}, {"strategy": "MANUAL"})


def draw_settings(dice: Random) -> dict[str, Any]:
    """Some settings of the analytics type."""
    names = [name for name in _SETTINGS if dice.random() < 0.5]
    return {name: dice.choice(_SETTINGS[name]) for name in names}


def draw_destination(dice: Random) -> DescribedDestination:
    """What a destination is to be."""
    single = dice.random() < 0.1
    return DescribedDestination(
        source_id=SOURCE,
        metadata_id=SINGLE if single else ANALYTICS,
        name=NAME,
        settings={"account": dice.choice("ab")} if single else draw_settings(dice),
        enabled=dice.random() < 0.7,
    )


def draw_subscriptions(dice: Random, *, most: int) -> list[DescribedSubscription]:
    """What subscriptions are to be; none has another's identity. The action follows from the name."""
    numbers = dice.sample(range(12), dice.randint(0, most))
    return [_draw_subscription(dice, number) for number in numbers]


def put_destination(segment: Segment, described: DescribedDestination) -> Record:
    """Let a destination exist."""
    kind = segment.types[described.metadata_id]
    return segment.add_destination(
        {
            "sourceId": described.source_id,
            "metadataId": described.metadata_id,
            "name": described.name,
            "enabled": described.enabled,
            "settings": kind.created(described.settings),
        }
    )


def put_subscription(segment: Segment, destination: Record, described: DescribedSubscription) -> Record:
    """Let a subscription exist."""
    record = {
        "name": described.name,
        "actionId": described.action_id,
        "actionSlug": f"{described.action_id}-slug",
        "destinationId": destination["id"],
        "enabled": described.enabled,
        "settings": described.settings or {},
        "trigger": described.trigger,
        "modelId": described.model_id or "",
    }
    if described.reverse_etl_schedule is not None:
        record["reverseETLSchedule"] = described.reverse_etl_schedule
    return segment.add_subscription(record)


def put_bystanders(segment: Segment, dice: Random) -> None:
    """Let others exist that are alike but for one part of the identity, with subscriptions of the same names."""
    for source, name in ((OTHER_SOURCE, NAME), (SOURCE, "other")):
        if dice.random() < 0.3:
            settings = draw_settings(dice)
            described = DescribedDestination(source_id=source, metadata_id=ANALYTICS, name=name, settings=settings)
            record = put_destination(segment, described)
            for subscription in draw_subscriptions(dice, most=3):
                put_subscription(segment, record, subscription)


def _draw_subscription(dice: Random, number: int) -> DescribedSubscription:
    return DescribedSubscription(
        name=f"Sub {number}",
        action_id=ACTIONS[number % len(ACTIONS)],
        trigger=dice.choice((TRACK, 'type = "identify"')),
        enabled=dice.random() < 0.7,
        settings=dice.choice((None, {}, {"event": {"@path": "$.event"}}, {"event": "x", "more": [1, 2.5]})),
        model_id=dice.choice((None, None, "model-1")),
        reverse_etl_schedule=dice.choice(_SCHEDULES),
    )
