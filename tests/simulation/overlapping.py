"""Several runs of one task at the same time: a duplicate may be created, but is always reported."""

from __future__ import annotations

from airflow_provider_segment.protocol.errors import SegmentConflictError, SegmentSeveralMatchesError
from tests.simulation.actor import Actor
from tests.simulation.history import Stage, set_stage
from tests.simulation.model import DUPLICATE_NAME, WINDOW
from tests.simulation.scenario import ensuring_destination, ensuring_subscription
from tests.simulation.scenario_apply import applying
from tests.simulation.scenario_fleet import applying_fleet
from tests.simulation.world import ViolationError


def set_overlapping_stage(seed: int) -> Stage:
    """Draw everything; every second history has no faults other than the overlap."""
    scenarios = (applying, ensuring_destination, ensuring_subscription, applying_fleet)
    return set_stage(seed, scenarios=scenarios, calm=seed % 2 == 0, alone=False)


def play_overlapping(stage: Stage) -> bool:
    """Play overlapping runs, then one more.

    :return: whether duplicates were created.
    """
    world, dice = stage.world, stage.world.dice
    calm = stage.network.faults.left == 0 or not stage.network.faults.share
    actors = [_actor(stage, number, calm=calm) for number in range(1, dice.choice((2, 2, 3)) + 1)]
    for actor in actors:
        actor.start()
        world.wait(dice.choice((0.0, dice.uniform(0.0, 1.0), dice.uniform(0.0, stage.options.reconcile_timeout))))
    world.run(lambda: all(actor.done for actor in actors))
    world.drain()
    duplicates = [{record["id"] for record in group} for group in stage.scenario.groups() if len(group) > 1]
    reported = [actor.error for actor in actors if isinstance(actor.error, SegmentSeveralMatchesError)]
    if calm and duplicates and not reported:
        raise ViolationError(f"{duplicates} were created and no run reported it")
    if calm and not stage.segment.lag:
        _demand_that_refusals_are_explained(actors)
    _demand_report_of_next_run(stage, duplicates)
    return bool(duplicates)


def _demand_that_refusals_are_explained(actors: list[Actor]) -> None:
    """Raise if a run failed because another one was faster, although it could see the other's object."""
    for actor in actors:
        if isinstance(actor.error, SegmentConflictError) and DUPLICATE_NAME in str(actor.error):
            raise ViolationError(f"{actor.label} did not look again after it was refused") from actor.error


def _actor(stage: Stage, number: int, *, calm: bool) -> Actor:
    dice = stage.world.dice
    dies_at = None if calm or dice.random() < 0.7 else dice.randint(0, 15)
    flow = stage.scenario.flow(stage.options, dice.random() < 0.3, 100)
    return Actor(f"run {number}", flow, stage.network, dies_at=dies_at)


def _demand_report_of_next_run(stage: Stage, duplicates: list[set[str]]) -> None:
    """Raise unless a later run reports exactly the duplicates there are."""
    stage.network.faults.left = 0
    stage.world.wait(stage.options.reconcile_timeout + WINDOW)
    actor = Actor("the next run", stage.scenario.flow(stage.options, False, 101), stage.network)
    actor.start()
    stage.world.run(lambda: actor.done)
    several = actor.error if isinstance(actor.error, SegmentSeveralMatchesError) else None
    if duplicates and (several is None or set(several.ids) not in duplicates):
        raise ViolationError(f"the next run does not report {duplicates}") from actor.error
    if not duplicates and several is not None:
        raise ViolationError("the next run reports duplicates that do not exist") from several
