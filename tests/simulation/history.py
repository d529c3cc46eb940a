"""One history: a task that fails, dies and is run again until it succeeds; then its result is checked."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from airflow_provider_segment.protocol.errors import SegmentAmbiguousWriteError, SegmentError
from airflow_provider_segment.protocol.flow.steps import CallOptions
from tests.simulation.actor import Actor
from tests.simulation.drawing import put_bystanders
from tests.simulation.faults import FAULTS, IN_SANDBOX, FaultDice
from tests.simulation.model import WINDOW, Segment
from tests.simulation.network import Network, Observer
from tests.simulation.scenario import Scenario, ensuring_destination, ensuring_subscription
from tests.simulation.scenario_apply import applying
from tests.simulation.scenario_apply_equal_names import applying_equal_names
from tests.simulation.scenario_apply_filters import applying_filters
from tests.simulation.scenario_changes import (
    changing_destination,
    changing_subscription,
    removing_destination,
    removing_subscription,
)
from tests.simulation.scenario_filters import changing_filter, ensuring_filter, removing_filter
from tests.simulation.scenario_fleet import applying_fleet
from tests.simulation.world import ViolationError, World

SCENARIOS: tuple[Callable[[Segment, Random], Scenario], ...] = (
    applying,
    applying,
    applying,
    applying_equal_names,
    applying_equal_names,
    ensuring_destination,
    ensuring_destination,
    ensuring_subscription,
    ensuring_subscription,
    changing_destination,
    changing_subscription,
    removing_destination,
    removing_subscription,
    ensuring_filter,
    ensuring_filter,
    changing_filter,
    removing_filter,
    applying_filters,
    applying_filters,
    applying_fleet,
    applying_fleet,
)
_HEARTBEAT_TIMEOUT = 300.0
_RUNS_WITH_FAULTS = 12
"""After these there are no more faults, so that the history ends."""


@dataclass
class Stage:
    """Everything that a history needs."""

    world: World
    segment: Segment
    network: Network
    options: CallOptions
    scenario: Scenario


def set_stage(
    seed: int,
    *,
    scenarios: tuple[Callable[[Segment, Random], Scenario], ...] = SCENARIOS,
    like_sandbox: bool = False,
    calm: bool = False,
    alone: bool = True,
) -> Stage:
    """Draw everything except for what happens during the history.

    :param seed: of the random numbers.
    :param scenarios: the scenarios to draw from.
    :param like_sandbox: draw only faults that the sandbox has too.
    :param calm: draw no faults.
    :param alone: whether runs never overlap.
    """
    random.seed(seed)  # the retries' jitter
    world = World(seed)
    dice = world.dice
    reconcile_timeout = dice.choice((1.0, 5.0, 10.0, 30.0))
    lag = dice.choice((0.0, 0.0, dice.uniform(0.0, 0.9 * reconcile_timeout)))
    segment = Segment(
        lag=lag,
        lists_lag_in_all=dice.random() < 0.5 and not like_sandbox,
        replace=dice.random() < 0.5,
        write_limit=dice.choice((5, 5, 2, None)),
        refuses_duplicates=dice.random() < 0.3 and not like_sandbox,
        refuses_triggers=not like_sandbox,
        hidden=frozenset({"threshold"}) if dice.random() < 0.2 and not like_sandbox else frozenset(),
    )
    put_bystanders(segment, dice)
    scenario = dice.choice(scenarios)(segment, dice)
    share = 0.0 if calm else dice.choice((0.0, 0.05, 0.2, 0.6))
    drawn = FaultDice(dice, share=share, most=dice.randint(1, 15), pool=IN_SANDBOX if like_sandbox else FAULTS)
    network = Network(
        world, segment, drawn, latest=0.95 * reconcile_timeout - lag, alone=alone, allowed=scenario.allowed
    )
    options = CallOptions(
        connection="the model",
        reconcile_timeout=reconcile_timeout,
        retry_budget=dice.choice((0.0, 3.0, 30.0, 300.0)),
        rate_limit_budget=dice.choice((20.0, 3600.0, 3600.0)),
        clocks=lambda: (world.now, world.now),
    )
    world.record(
        f"seed {seed}: {scenario.name}; reconcile_timeout {reconcile_timeout:g}, lists lag {lag:.2f}"
        f"{' in all' if segment.lists_lag_in_all else ''}, {'replace' if segment.replace else 'merge'},"
        f" {segment.write_limit} writes a minute, {options}"
    )
    return Stage(world, segment, network, options, scenario)


def play(stage: Stage, *, observe: Observer | None = None) -> int:
    """Run the task until it succeeds, and check the result.

    :param observe: called for each request.
    :return: the number of runs.
    """
    stage.network.observe = observe
    world, scenario = stage.world, stage.scenario
    crashes = world.dice.choice((0, 1, 6))
    freezes = world.dice.choice((0, 0, 1, 3)) if scenario.may_freeze and observe is None else 0
    frozen: list[Actor] = []
    for number in range(1, 100):
        if number > _RUNS_WITH_FAULTS:
            stage.network.faults.left = crashes = freezes = 0
            stage.options = replace(stage.options, retry_budget=300.0, rate_limit_budget=3600.0)
        dies_at = None
        if crashes and world.dice.random() < 0.7:
            crashes -= 1
            dies_at = world.dice.randint(0, world.dice.choice((3, 10, 40)))
        freezes_at = None
        if freezes and world.dice.random() < 0.7:
            freezes -= 1
            freezes_at = world.dice.randint(0, world.dice.choice((3, 10, 40)))
        actor = run_once(stage, number, dies_at, freezes_at)
        if actor.frozen:
            frozen.append(actor)
            # Airflow retries the task once heartbeats have been missing for this long.
            world.wait(_HEARTBEAT_TIMEOUT)
        if actor.died or actor.frozen:
            continue
        if actor.error is None or scenario.final(actor.error):
            _wake(stage, frozen)
            world.drain()
            scenario.check(actor.result)
            if scenario.quiet:
                _demand_no_writes(stage)
            return number
        if not (_is_caused_by_a_fault(actor.error) or scenario.tolerated(actor.error, number)):
            raise ViolationError(f"run {number} should not fail with this error") from actor.error
    raise ViolationError("the task never succeeds")


def _wake(stage: Stage, frozen: list[Actor]) -> None:
    """Resume runs that were suspended while the task was retried; Airflow ignores what they report."""
    for actor in frozen:
        actor.wake()
        stage.world.run(lambda actor=actor: actor.done)  # type: ignore[misc]


def run_once(stage: Stage, number: int, dies_at: int | None = None, freezes_at: int | None = None) -> Actor:
    """Start a run at a valid time and let it end."""
    world, network = stage.world, stage.network
    wait_for_pending = number > 1 and world.dice.random() < 0.6
    if number > 1 and not wait_for_pending:
        # Not a retry: wait until the requests of the last run are applied.
        world.wait(max(0.0, network.last_write + stage.options.reconcile_timeout + 1.0 - world.now))
    options = stage.options
    if wait_for_pending:
        age = world.dice.choice((0.0, 1.0, 2.0)) * world.dice.uniform(0.0, stage.options.reconcile_timeout)
        world.wait(age)
        options = replace(options, pending_age=world.dice.choice((0.0, age, age)))  # Airflow often knows it
    flow = stage.scenario.flow(options, wait_for_pending, number)
    actor = Actor(
        f"run {number}{' (a retry)' if wait_for_pending else ''}",
        flow,
        network,
        dies_at=dies_at,
        freezes_at=freezes_at,
        retry_budget=options.retry_budget,
    )
    actor.start()
    world.run(lambda: actor.done or actor.frozen)
    return actor


def _demand_no_writes(stage: Stage) -> None:
    """Raise if a further run writes something."""
    stage.world.wait(stage.options.reconcile_timeout + WINDOW)
    stage.network.faults.left = 0
    writes = stage.network.writes
    actor = run_once(stage, 101)
    if actor.error is not None:
        raise ViolationError("a further run fails") from actor.error
    stage.scenario.check(actor.result)
    if stage.network.writes != writes:
        raise ViolationError("a further run writes, though everything is as described")


def _is_caused_by_a_fault(error: Exception) -> bool:
    return isinstance(error, SegmentAmbiguousWriteError) or (isinstance(error, SegmentError) and error.transient)
