"""A thousand waits in one event loop that poll over TLS every second, compared with other providers' triggers.

The server and each contender have their own processes; contenders run one after another, in rounds. A contender
that cannot poll as often polls less often: every figure is per poll.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme
from rich.console import Console

from dev.benchmarks.waits import limits
from dev.benchmarks.waits.contenders import CONTENDERS, INTERVAL, Server
from dev.benchmarks.waits.measure import Figures
from dev.benchmarks.waits.report import Costs, best, costs, figures_table, goals_table, ratios_table


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """Run the server with a certificate of its own CA."""
    ca, key, trusted = trustme.CA(), folder / "server.pem", folder / "ca.pem"
    ca.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(key)
    ca.cert_pem.write_to_path(trusted)
    command = [sys.executable, "-m", "dev.benchmarks.waits.server", str(key)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            port, counts_port = process.stdout.readline().split() if process.stdout else ("0", "0")
            yield Server(int(port), int(counts_port), str(trusted))
        finally:
            process.terminate()


def in_its_own_process(name: str, server: Server, *, waits: int, seconds: float, folder: Path) -> Figures:
    """Measure a contender in its own process."""
    where = ["--port", str(server.port), "--counts-port", str(server.counts_port), "--ca", server.ca]
    how_long = ["--waits", str(waits), "--seconds", str(seconds)]
    command = [sys.executable, "-m", "dev.benchmarks.waits.measure", name, *where, *how_long]
    environment = {**os.environ, "AIRFLOW_HOME": str(folder)}
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, env=environment)
    return Figures(**json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m dev.benchmarks.waits", description=__doc__)
    parser.add_argument("--waits", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each contender is measured in a round")
    parser.add_argument(
        "--rounds", type=int, default=3, help="rounds of all contenders; the best of each figure counts"
    )
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=list(CONTENDERS), metavar="CONTENDER")
    options = parser.parse_args()
    titles = {name: str(CONTENDERS[name]) for name in options.only}
    # Some contenders open a connection per wait; both processes inherit the limit.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    console = Console()
    rounds: dict[str, list[Costs]] = {name: [] for name in titles}
    with tempfile.TemporaryDirectory() as made, serving(folder := Path(made)) as server:
        for name in [*titles] * options.rounds:
            with console.status(titles[name]):
                figures = in_its_own_process(name, server, waits=options.waits, seconds=options.seconds, folder=folder)
            rounds[name].append(costs(figures, waits=options.waits, shared=CONTENDERS[name].shared))
    found = {name: best(of_name) for name, of_name in rounds.items()}
    console.print(
        f"{options.waits:,} waits in one event loop, a poll every {INTERVAL:g} s over TLS; best of {options.rounds}"
    )
    console.print(figures_table(found, titles))
    console.print(ratios_table(found, titles))
    console.print(goals_table(found))
    if options.only == list(CONTENDERS):
        limits.main()


if __name__ == "__main__":
    main()
