"""Draw filters: what a user may describe, and what may exist already."""

from __future__ import annotations

from random import Random
from typing import Any

from airflow_provider_segment.protocol.provisioning.filter_spec import FilterSpec
from tests.simulation.catalog import TRACK
from tests.simulation.model import Segment
from tests.simulation.model_responses import Record

_ACTIONS: tuple[list[dict[str, Any]], ...] = (
    [{"type": "DROP"}],
    [{"type": "SAMPLE", "percent": 0.5, "path": "userId"}],
    [{"type": "DROP_PROPERTIES", "fields": {"properties": ["email"]}}],
    [{"type": "ALLOW_PROPERTIES", "fields": {"": ["type"]}}, {"type": "SAMPLE", "percent": 1}],
)


def draw_filters(dice: Random, *, most: int) -> list[FilterSpec]:
    """Draw descriptions of filters with different titles."""
    return [draw_filter(dice, f"Filter {number}") for number in dice.sample(range(6), dice.randint(0, most))]


def draw_filter(dice: Random, title: str) -> FilterSpec:
    """Draw the description of a filter."""
    return FilterSpec(
        title=title,
        condition=dice.choice(("all", TRACK)),
        actions=dice.choice(_ACTIONS),
        enabled=dice.choice((None, True, True, False)),
        description=dice.choice((None, None, "", "why")),
    )


def put_filter(segment: Segment, destination: Record, spec: FilterSpec) -> Record:
    """Add a filter to the model."""
    record = {
        "sourceId": destination["sourceId"],
        "destinationId": destination["id"],
        "title": spec.title,
        "if": spec.condition,
        "actions": spec.actions,
        "enabled": spec.enabled is not False,
    }
    return segment.add_filter(record | ({"description": spec.description} if spec.description else {}))
