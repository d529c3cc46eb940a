"""The options of the command."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_FEWEST = 4  # two in mapped tasks, and two fleets


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to run.

    :param quick: one kill and one freeze only.
    :param destinations: number of destinations.
    :param factor: the sandbox's limit of subscription writes, as a multiple of Segment's. Deferred tasks assume
        Segment's limit at first, and exceed it slowly.
    :param seed: of the plan and of the faults.
    :param concurrency: how many tasks each worker runs at once.
    :param heartbeat_timeout: seconds without a heartbeat after which a running task counts as lost.
    :param keep: a folder for all data, which is kept; None for one that is deleted.
    """

    quick: bool
    destinations: int
    factor: float
    seed: int
    concurrency: int
    heartbeat_timeout: int
    keep: Path | None


def parse_options(arguments: Sequence[str]) -> Options:
    """Return the options of a command line.

    :param arguments: the arguments without the program.
    """
    parser = argparse.ArgumentParser(
        prog="python -m dev.cluster", description="Run an Airflow cluster, disturb it, and check what it did."
    )
    parser.add_argument("--quick", action="store_true", help="10 destinations, one kill and one freeze")
    parser.add_argument("--destinations", type=int, help="number of destinations, at least 4 (default: 100)")
    parser.add_argument(
        "--factor",
        type=float,
        help="limit of subscription writes, as a multiple of Segment's 5 a minute (default: 6); 1 is the real pace."
        " Deferred tasks begin with 5 a minute whatever the limit",
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of kills, freezes and faults (default: %(default)s)")
    parser.add_argument(
        "--heartbeat-timeout",
        type=int,
        default=30,
        help="seconds after which a silent task counts as lost (default: %(default)s; Airflow's is 300)",
    )
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="put data and logs there, and keep them")
    given = parser.parse_args(arguments)
    if given.destinations is not None and given.destinations < _FEWEST:
        parser.error(f"argument --destinations: must be at least {_FEWEST}")
    if given.factor is not None and given.factor <= 0:
        parser.error("argument --factor: must be positive")
    return Options(
        quick=given.quick,
        destinations=given.destinations or (10 if given.quick else 100),
        factor=given.factor or (2 if given.quick else 6),
        seed=given.seed,
        concurrency=2 if given.quick else 4,
        heartbeat_timeout=given.heartbeat_timeout,
        keep=given.keep,
    )
