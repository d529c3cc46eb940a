"""The tables: the figures of each contender, ratios, and goals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.table import Column, Table

from dev.benchmarks.waits.contenders import INTERVAL
from dev.benchmarks.waits.measure import Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Figures per poll and per wait, which can be compared.

    :param cpu: seconds of CPU per 1,000 polls; a shared poll counts once per wait.
    :param memory: KB per wait.
    :param connections: connections opened per poll.
    :param lag: milliseconds by which the loop was late, 99th percentile.
    :param busy: the part of it that the loop itself caused.
    :param polls: requests per interval.
    :param waits: waits that were still waiting at the end.
    """

    cpu: float
    memory: float
    connections: float
    lag: float
    busy: float
    polls: float
    waits: int


def costs(figures: Figures, *, waits: int, shared: bool) -> Costs:
    """Return the costs for some figures."""
    polls = max(figures.polls, 1)
    return Costs(
        cpu=figures.cpu / (polls * (waits if shared else 1)) * 1000,
        memory=figures.memory / waits,
        connections=figures.connections / polls,
        lag=figures.lag * 1000,
        busy=figures.busy * 1000,
        polls=figures.polls / figures.seconds * INTERVAL,
        waits=figures.waits,
    )


def best(rounds: list[Costs]) -> Costs:
    """Return the minimum of each figure over all rounds; anything above it is noise from other programs."""
    return Costs(
        cpu=min(cost.cpu for cost in rounds),
        memory=min(cost.memory for cost in rounds),
        connections=min(cost.connections for cost in rounds),
        lag=min(cost.lag for cost in rounds),
        busy=min(cost.busy for cost in rounds),
        polls=max(cost.polls for cost in rounds),
        waits=min(cost.waits for cost in rounds),
    )


_COLUMNS: dict[str, Callable[[Costs], str]] = {
    "CPU s /\n1,000": lambda cost: f"{cost.cpu:.3f}",
    "KB a\nwait": lambda cost: f"{cost.memory:.0f}",
    "opened\na poll": lambda cost: f"{cost.connections:.3f}",
    "lag\np99 ms": lambda cost: f"{cost.lag:.1f}",
    "own": lambda cost: f"{cost.busy:.1f}",
    "polls an\ninterval": lambda cost: f"{cost.polls:.1f}",
    "still\nwaiting": lambda cost: f"{cost.waits:,}",
}
_OURS = ("ours", "shared")
_BOUND = "floor"
"""Not a competitor but a lower bound: any client that polls with aiohttp costs as much."""


def figures_table(found: dict[str, Costs], titles: dict[str, str]) -> Table:
    """Return the table of the figures."""
    drawn = Table(Column(no_wrap=True), *_COLUMNS)
    for name, cost in found.items():
        drawn.add_row(titles[name], *(written(cost) for written in _COLUMNS.values()))
    return drawn


def ratios_table(found: dict[str, Costs], titles: dict[str, str]) -> Table:
    """Return the table of our figures divided by the others'."""
    drawn = Table(Column(no_wrap=True), "CPU", "memory", "lag", "own")
    for ours in (name for name in _OURS if name in found):
        for peer in (name for name in found if name not in _OURS):
            mine, theirs = found[ours], found[peer]
            pairs = (
                (mine.cpu, theirs.cpu),
                (mine.memory, theirs.memory),
                (mine.lag, theirs.lag),
                (mine.busy, theirs.busy),
            )
            drawn.add_row(f"{titles[ours]} / {titles[peer]}", *(f"{a / b:.3f}" if b else "" for a, b in pairs))
    return drawn


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound and a measured value.

    :param title: its title in the table.
    :param bound: at most this.
    :param value: the measured value.
    """

    title: str
    bound: float
    value: float


def goals(found: dict[str, Costs]) -> list[Goal]:
    """Return the goals whose contenders all ran."""
    ours, shared, census, dbt = (found.get(name) for name in ("ours", "shared", "census", "dbt"))
    leanest = min((cost.memory for name, cost in found.items() if name not in (*_OURS, _BOUND)), default=None)
    made = []
    if ours:
        made.append(Goal("connections opened per poll", 0.01, ours.connections))
    if ours and leanest:
        made.append(Goal("memory per wait / the leanest other's", 0.15, ours.memory / leanest))
    if ours and census:
        made += [Goal("CPU / Census", 0.7, ours.cpu / census.cpu), Goal("lag / Census", 0.1, ours.lag / census.lag)]
    if ours and dbt:
        made.append(Goal("CPU / dbt Cloud", 0.2, ours.cpu / dbt.cpu))
    if shared:
        made.append(Goal("one query: requests an interval", 1.0, shared.polls))
    if shared and census:
        made.append(Goal("one query: CPU / Census", 0.15, shared.cpu / census.cpu))
    return made


def goals_table(found: dict[str, Costs]) -> Table:
    """Return the table of the goals."""
    drawn = Table("", "ours", "goal, at most", "")
    for goal in goals(found):
        reached = "reached" if goal.value <= goal.bound else "not reached"
        drawn.add_row(goal.title, f"{goal.value:.3g}", f"{goal.bound:g}", reached)
    return drawn
