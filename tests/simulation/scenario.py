"""What is described and what exists already, for each of the flows that provision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from airflow_provider_segment.protocol.errors import SegmentAlreadyExistsError, SegmentNotFoundError
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
from airflow_provider_segment.protocol.provisioning.destination import ensure_destination
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec
from airflow_provider_segment.protocol.provisioning.subscription import ensure_subscription
from airflow_provider_segment.protocol.wire.messages import Request
from tests.simulation.catalog import ANALYTICS
from tests.simulation.drawing import (
    draw_destination,
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
    demand_subscription,
    destinations_like,
    subscriptions_like,
    the_only,
)
from tests.simulation.memory import Memory
from tests.simulation.model import Segment
from tests.simulation.model_responses import Record


@dataclass(kw_only=True)
class Scenario:
    """One task.

    :param name: its name in the story.
    :param flow: returns the flow of one run, from the options, whether it is a retry, and its number.
    :param check: raises if the end state is wrong; called with the result of the successful run.
    :param final: returns whether an error is the expected end of the task.
    :param tolerated: returns whether an error that no fault caused is expected, and the task is run again.
    :param quiet: whether a further run of a finished task writes nothing.
    :param allowed: returns how many objects may have the identity of what a request creates.
    :param may_freeze: whether a run may wake up after later ones: not if those were described otherwise.
    :param resumable: returns the flow of one run with its memory of what it did before it was stopped; ``None`` if the
        operator is never deferred.
    :param groups: yields the objects of each described identity, among which duplicates would be.
    """

    name: str
    flow: Callable[[CallOptions, bool, int], Flow[Any]]
    check: Callable[[Any], None]
    final: Callable[[Exception], bool] = lambda _error: False
    tolerated: Callable[[Exception, int], bool] = lambda _error, _number: False
    quiet: bool = True
    allowed: Callable[[Request], int] = lambda _request: 1
    may_freeze: bool = True
    resumable: Callable[[CallOptions, bool, int, Memory], Flow[Any]] | None = None
    groups: Callable[[], Iterator[list[Record]]] = field(default=lambda: iter(()))


def ensuring_destination(segment: Segment, dice: Random) -> Scenario:
    """Ensure a destination, which may exist already, as described or not."""
    spec = draw_destination(dice)
    if_exists = dice.choice(("reuse", "update", "update", "fail"))
    existing = None
    if dice.random() < 0.4:
        same = dice.random() < 0.3
        settings = spec.settings if same or spec.metadata_id != ANALYTICS else draw_settings(dice)
        existing = put_destination(segment, _destination_like(spec, settings, enabled=same or dice.random() < 0.5))
    described = named(dice, spec)
    before = Before(segment)

    def check(result: Any) -> None:
        actual = the_only(destinations_like(segment, spec), "the destination")
        demand_same("the result", actual["id"], actual["id"] if result is None else result.id)
        old = None if existing is None else before.destinations[existing["id"]]
        if old is not None:
            demand_same("the id", old["id"], actual["id"])
        if old is not None and if_exists != "update":
            demand_same("what is reused", old, actual)
        else:
            demand_destination(segment, spec, actual, old)
        before.demand(destinations={actual["id"]}, subscriptions=set())

    return Scenario(
        name=f"ensure_destination, if_exists={if_exists}, existing: {existing is not None}",
        flow=lambda options, wait_for_pending, _number: ensure_destination(
            options, spec=described, if_exists=if_exists, wait_for_pending=wait_for_pending
        ),
        check=check,
        final=lambda error: isinstance(error, SegmentAlreadyExistsError) and if_exists == "fail",
        quiet=if_exists != "fail",
        groups=lambda: iter([destinations_like(segment, spec)]),
    )


def ensuring_subscription(segment: Segment, dice: Random) -> Scenario:
    """Ensure a subscription, which may exist already."""
    destination = put_destination(segment, analytics(dice))
    (spec, *others) = some_subscriptions(dice)
    for other in others:
        put_subscription(segment, destination, other)
    if_exists = dice.choice(("reuse", "update", "update", "fail"))
    existing = put_subscription(segment, destination, _another(spec, dice)) if dice.random() < 0.4 else None
    described = named_action(dice, spec)
    before = Before(segment)

    def check(result: Any) -> None:
        actual = the_only(subscriptions_like(segment, destination["id"], spec), "the subscription")
        demand_same("the result", actual["id"], actual["id"] if result is None else result.id)
        old = None if existing is None else before.subscriptions[existing["id"]]
        if old is not None and if_exists != "update":
            # One without a schedule may come from an earlier try, so it gets one.
            schedule = old.get("reverseETLSchedule") or spec.reverse_etl_schedule
            expected = old if schedule is None or if_exists == "fail" else old | {"reverseETLSchedule": schedule}
            demand_same("what is reused", expected, actual)
        elif if_exists == "fail" and result is None:
            without = _without_schedule(spec) if "reverseETLSchedule" not in actual else spec
            demand_subscription(segment, without, actual, old)
        else:
            demand_subscription(segment, spec, actual, old)
        before.demand(destinations=set(), subscriptions={actual["id"]})

    def flow(options: CallOptions, wait_for_pending: bool, _number: int, memory: Memory | None = None) -> Flow[Any]:
        return ensure_subscription(
            options,
            destination_id=destination["id"],
            spec=described,
            if_exists=if_exists,
            wait_for_pending=wait_for_pending,
            created_before=memory is not None and memory.created,
            found=None if memory is None else memory.found,
        )

    return Scenario(
        name=f"ensure_subscription, if_exists={if_exists}, existing: {existing is not None}",
        flow=flow,
        resumable=flow,
        check=check,
        final=lambda error: isinstance(error, SegmentAlreadyExistsError) and if_exists == "fail",
        quiet=if_exists != "fail",
        groups=lambda: iter([subscriptions_like(segment, destination["id"], spec)]),
    )


def not_found_after(done: Callable[[], bool], if_missing: str) -> Callable[[Exception], bool]:
    """Return whether an error is the expected one of a delete after an earlier run deleted the object."""
    return lambda error: isinstance(error, SegmentNotFoundError) and if_missing == "fail" and done()


def some_subscriptions(dice: Random) -> list[SubscriptionSpec]:
    while not (drawn := draw_subscriptions(dice, most=4)):
        pass
    return drawn


def analytics(dice: Random) -> DestinationSpec:
    while (drawn := draw_destination(dice)).metadata_id != ANALYTICS:
        pass
    return drawn


def _destination_like(spec: DestinationSpec, settings: dict[str, Any], *, enabled: bool) -> DestinationSpec:
    return DestinationSpec(
        source_id=spec.source_id,
        metadata_id=spec.metadata_id,
        name=spec.name,
        settings=settings,
        enabled=(spec.enabled is not False) is enabled,
    )


def _another(spec: SubscriptionSpec, dice: Random) -> SubscriptionSpec:
    """Draw a description with the same identity, perhaps equal in everything."""
    drawn = some_subscriptions(dice)[0] if dice.random() < 0.7 else spec
    return SubscriptionSpec(
        name=spec.name,
        action_id=spec.action_id,
        trigger=drawn.trigger,
        enabled=drawn.enabled,
        settings=drawn.settings,
        model_id=spec.model_id or drawn.model_id,
        reverse_etl_schedule=drawn.reverse_etl_schedule,
    )


def _without_schedule(spec: SubscriptionSpec) -> SubscriptionSpec:
    return SubscriptionSpec(
        name=spec.name,
        action_id=spec.action_id,
        trigger=spec.trigger,
        enabled=spec.enabled,
        settings=spec.settings,
        model_id=spec.model_id,
    )
