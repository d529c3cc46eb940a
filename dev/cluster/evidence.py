"""What a run of the cluster leaves for the checks and the table; plain values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dev.cluster.described import Described
from dev.cluster.disturbances import Hit
from dev.cluster.plan import Disturbance

PHASES = ("apply_by_mapping", "apply_by_fleet", "wait", "disable", "delete")
"""The phases in order; each runs the DAG of this name."""


@dataclass(frozen=True, kw_only=True)
class PhaseResult:
    """One finished DAG run.

    :param name: name of the phase, which is its DAG's.
    :param instances: the task instances, as Airflow's API returns them.
    :param calls: the requests that Segment received meanwhile.
    :param seconds: how long it took.
    :param memory: peak memory of all parts together, in bytes.
    """

    name: str
    instances: Sequence[Mapping[str, Any]]
    calls: Sequence[Mapping[str, Any]]
    seconds: float
    memory: int


@dataclass(kw_only=True)
class Evidence:
    """Everything that is known after a run.

    :param described: the described destinations.
    :param key: the secret in their settings.
    :param phases: the phases, in order.
    :param hits: the disturbances that were carried out.
    :param missed: those that were not.
    :param height: Segment's destinations when all had been provisioned.
    :param disabled: the same after they had been disabled.
    :param rest: the same after they had been deleted.
    :param deadlines: the stored deadline of each wait at different times, by the id of its task instance.
    :param logs: all logs, to find what was reported.
    :param secrets: name and place of each secret that was found.
    :param searched: what was searched for secrets, in one line.
    :param memory: peak memory of each part, in bytes.
    """

    described: Described
    key: str
    phases: list[PhaseResult] = field(default_factory=list)
    hits: Sequence[Hit] = ()
    missed: Sequence[Disturbance] = ()
    height: Sequence[Mapping[str, Any]] = ()
    disabled: Sequence[Mapping[str, Any]] = ()
    rest: Sequence[Mapping[str, Any]] = ()
    deadlines: list[Mapping[str, str]] = field(default_factory=list)
    logs: str = ""
    secrets: Sequence[tuple[str, str]] = ()
    searched: str = ""
    memory: Mapping[str, int] = field(default_factory=dict)
