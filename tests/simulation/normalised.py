"""A Segment that stores another name than it was asked for."""

from __future__ import annotations

from collections.abc import Iterable

from airflow_provider_segment.protocol.errors import SegmentUnexpectedResultError
from tests.simulation.actor import Actor
from tests.simulation.drawing import NAME
from tests.simulation.history import set_stage
from tests.simulation.scenario import ensuring_destination
from tests.simulation.scenario_apply import applying
from tests.simulation.world import ViolationError


def demand_that_a_normalised_name_fails(seeds: Iterable[int]) -> int:
    """Raise unless each run that creates a destination fails, after a single create.

    :return: how many runs created one.
    """
    created = 0
    for seed in seeds:
        stage = set_stage(seed, scenarios=(ensuring_destination, applying), calm=True)
        stage.segment.names = str.upper
        actor = Actor("run 1", stage.scenario.flow(stage.options, False, 100), stage.network)
        actor.start()
        stage.world.run(lambda actor=actor: actor.done)  # type: ignore[misc]
        made = [one for one in stage.segment.destinations.values() if one["name"] == NAME.upper()]
        created += len(made)
        if made and (len(made) > 1 or not isinstance(actor.error, SegmentUnexpectedResultError)):
            raise ViolationError(f"{len(made)} were created as {NAME.upper()!r}, and the task says {actor.error!r}")
    return created
