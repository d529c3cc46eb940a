"""Ensuring, changing and deleting a filter."""

from __future__ import annotations

from random import Random
from typing import Any

from msgspec import structs

from airflow_provider_segment.protocol.errors import SegmentAlreadyExistsError
from airflow_provider_segment.protocol.provisioning.filter import (
    ensure_filter,
    resolve_and_delete_filter,
    resolve_and_update_filter,
)
from airflow_provider_segment.protocol.provisioning.filter_spec import FilterSpec
from airflow_provider_segment.protocol.provisioning.identity import FilterIdentity
from tests.simulation.drawing import put_destination
from tests.simulation.drawing_filters import draw_filter, draw_filters, put_filter
from tests.simulation.expectation import Before, demand_filter, demand_same, filters_like, the_only
from tests.simulation.model import Segment
from tests.simulation.model_responses import Record
from tests.simulation.scenario import Scenario, analytics, not_found_after
from tests.simulation.world import ViolationError

_TITLE = "the filter"


def ensuring_filter(segment: Segment, dice: Random) -> Scenario:
    """Ensure a filter, which may exist already."""
    destination = _destination_with_filters(segment, dice)
    spec = draw_filter(dice, _TITLE)
    if_exists = dice.choice(("reuse", "update", "update", "fail"))
    existing = None
    if dice.random() < 0.4:
        existing = put_filter(segment, destination, spec if dice.random() < 0.3 else draw_filter(dice, _TITLE))
    source_id = dice.choice((None, destination["sourceId"]))
    before = Before(segment)

    def check(result: Any) -> None:
        actual = the_only(filters_like(segment, destination["id"], spec), "the filter")
        demand_same("the result", actual["id"], result or actual["id"])
        old = None if existing is None else before.filters[existing["id"]]
        if old is not None and if_exists != "update":
            demand_same("what is reused", old, actual)
        else:
            demand_filter(spec, actual, old)
        before.demand(destinations=set(), subscriptions=set(), filters={actual["id"]})

    return Scenario(
        name=f"ensure_filter, if_exists={if_exists}, existing: {existing is not None}",
        flow=lambda options, wait_for_pending, _number: ensure_filter(
            options,
            destination_id=destination["id"],
            spec=spec,
            if_exists=if_exists,
            source_id=source_id,
            wait_for_pending=wait_for_pending,
        ),
        check=check,
        final=lambda error: isinstance(error, SegmentAlreadyExistsError) and if_exists == "fail",
        quiet=if_exists != "fail",
        groups=lambda: iter([filters_like(segment, destination["id"], spec)]),
    )


def changing_filter(segment: Segment, dice: Random) -> Scenario:
    """Change only the arguments that are set."""
    destination = _destination_with_filters(segment, dice)
    old = put_filter(segment, destination, draw_filter(dice, _TITLE))
    new_title = dice.choice((None, "renamed"))
    drawn = draw_filter(dice, _TITLE)
    offered = {name: getattr(drawn, name) for name in ("condition", "actions", "enabled", "description")}
    changes = {name: value for name, value in offered.items() if value is not None and dice.random() < 0.5}
    target = _target(old, dice)
    before = Before(segment)

    def check(result: Any) -> None:
        was, actual = before.filters[old["id"]], segment.filters[old["id"]]
        demand_same("the result", old["id"], result)
        demand_same("title", new_title or was["title"], actual["title"])
        unchanged = FilterSpec(title=was["title"], condition=was["if"], actions=was["actions"])
        demand_filter(structs.replace(unchanged, **changes), actual, was)
        before.demand(destinations=set(), subscriptions=set(), filters={old["id"]})

    return Scenario(
        name=f"resolve_and_update_filter {sorted(changes)}, new_title={new_title}",
        flow=lambda options, _wait_for_pending, number: resolve_and_update_filter(
            options,
            destination_id=destination["id"],
            target=target,
            new_title=new_title,
            is_retry=number > 1,
            changes=changes,
        ),
        check=check,
        quiet=False,
    )


def removing_filter(segment: Segment, dice: Random) -> Scenario:
    """Delete a filter, and nothing else."""
    destination = _destination_with_filters(segment, dice)
    old = put_filter(segment, destination, draw_filter(dice, _TITLE))
    if_missing = dice.choice(("ignore", "ignore", "fail"))
    target = _target(old, dice)
    before = Before(segment)

    def check(result: Any) -> None:
        if old["id"] in segment.filters:
            raise ViolationError("it still exists")
        if result is not None:
            demand_same("the result", old["id"], result)
        before.demand(destinations=set(), subscriptions=set(), filters={old["id"]})

    return Scenario(
        name=f"resolve_and_delete_filter, if_missing={if_missing}",
        flow=lambda options, _wait_for_pending, _number: resolve_and_delete_filter(
            options, destination_id=destination["id"], target=target, if_missing=if_missing
        ),
        check=check,
        final=not_found_after(lambda: old["id"] not in segment.filters, if_missing),
        quiet=False,
    )


def _destination_with_filters(segment: Segment, dice: Random) -> Record:
    destination = put_destination(segment, analytics(dice))
    for spec in draw_filters(dice, most=3):
        put_filter(segment, destination, spec)
    return destination


def _target(record: Record, dice: Random) -> str | FilterIdentity:
    identity = FilterIdentity(destination_id=record["destinationId"], name=record["title"])
    return dice.choice((str(record["id"]), identity))
