"""The table of a run, and the result of its checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Column, Table

from dev.cluster.evidence import Evidence, PhaseResult

_MOST_VIOLATIONS = 10


def print_report(evidence: Evidence, violations: Mapping[str, Sequence[str]], console: Console) -> None:
    """Print the tables, then each check with its violations.

    :param evidence: what is known of the run.
    :param violations: the violations by check.
    :param console: where to print.
    """
    console.print(_phases(evidence))
    console.print(_disturbances(evidence))
    peaks = ", ".join(f"{part} {_megabytes(peak)}" for part, peak in sorted(evidence.memory.items()))
    console.print(f"Peak memory in MB: {peaks}")
    console.print(f"{evidence.searched}\n")
    for promise, found in violations.items():
        console.print(f"[bold red]FAILED[/] {promise}" if found else f"[green]ok[/]     {promise}")
        for one in found[:_MOST_VIOLATIONS]:
            console.print(f"         {one}", markup=False)
        if len(found) > _MOST_VIOLATIONS:
            console.print(f"         and {len(found) - _MOST_VIOLATIONS} more")


def _phases(evidence: Evidence) -> Table:
    table = _table("part of the run")
    for name in ("tasks", "calls", "429s", "lost", "503s", "retries", "seconds", "peak MB"):
        table.add_column(name, justify="right", no_wrap=True)
    for phase in evidence.phases:
        table.add_row(phase.name, *_figures(phase))
    return table


def _figures(phase: PhaseResult) -> list[str]:
    statuses = [call["status"] for call in phase.calls]
    figures = {
        "tasks": len(phase.instances),
        "calls": len(statuses),
        "429s": statuses.count(429),
        "lost": sum(call["fault"] == "drop_after" for call in phase.calls),
        "503s": sum(call["fault"] == "status" for call in phase.calls),
        "retries": sum(max(0, one["try_number"] - 1) for one in phase.instances),
        "seconds": round(phase.seconds),
    }
    return [*map(str, figures.values()), _megabytes(phase.memory)]


def _disturbances(evidence: Evidence) -> Table:
    table = _table("part of the run", "action", "part of Airflow")
    for name in ("tasks lost", "seconds until taken over"):
        table.add_column(name, justify="right", no_wrap=True)
    for hit in evidence.hits:
        one = hit.disturbance
        taken_over = "never" if hit.taken_over is None else f"{hit.taken_over:.0f}"
        table.add_row(one.phase, one.action, hit.part, str(len(hit.lost)), taken_over)
    return table


def _table(*columns: str) -> Table:
    return Table(*(Column(name, no_wrap=True) for name in columns), box=SIMPLE)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f}"
