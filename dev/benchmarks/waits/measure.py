"""Measure one contender in this process; the last line of the output has the figures."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from dev.benchmarks.waits.contenders import CONTENDERS, Contender, Server, Wait

NAP = 0.01
LONGEST_START = 180.0
"""Seconds within which every wait must have polled twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of a contender.

    :param waits: waits that were still waiting at the end.
    :param seconds: length of the measurement.
    :param polls: requests the server received.
    :param connections: connections opened.
    :param cpu: seconds of CPU of this process.
    :param memory: peak growth of the process in KB, beyond one wait.
    :param lag: seconds by which short sleeps were late, 99th percentile.
    :param busy: the same, capped at the CPU time that the loop used meanwhile, to exclude delays from other programs;
        calls that block without computing are excluded too.
    """

    waits: int
    seconds: float
    polls: int
    connections: int
    cpu: float
    memory: float
    lag: float
    busy: float


async def counts(server: Server) -> dict[str, int]:
    """Return the server's counts."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.counts_port)
    counted: dict[str, int] = json.loads(await reader.read())
    writer.close()
    return counted


async def run_wait(wait: Wait) -> None:
    """Run one wait, which should not end."""
    try:
        async for event in wait:
            sys.stderr.write(f"a wait ended with {event}\n")
    except Exception as error:
        sys.stderr.write(f"a wait ended with {error!r}\n")
        raise


async def until_polled(server: Server, *, times: int) -> None:
    """Wait until the server has been polled some more times."""
    wanted = (await counts(server))["polls"] + times
    async with asyncio.timeout(LONGEST_START):
        while (await counts(server))["polls"] < wanted:  # noqa: ASYNC110 - it is counted elsewhere
            await asyncio.sleep(0.5)


async def lateness(into: list[tuple[float, float]]) -> None:
    """Record how late the loop wakes from short sleeps, and its CPU time meanwhile."""
    while True:
        before, computed = time.perf_counter(), time.thread_time()
        await asyncio.sleep(NAP)
        into.append((time.perf_counter() - before - NAP, time.thread_time() - computed))


def percentile_99(late: Iterable[float]) -> float:
    """Return the 99th percentile."""
    ordered = sorted(late)
    return ordered[int(len(ordered) * 0.99)]


async def end(*tasks: asyncio.Task[None]) -> None:
    """Cancel all tasks."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def cpu() -> float:
    """Return the seconds of CPU so far, including threads and system time."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def memory() -> float:
    """Return the peak memory so far, in KB; macOS counts bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 if sys.platform == "darwin" else peak


async def measure(contender: Contender, server: Server, *, waits: int, seconds: float) -> Figures:
    """Start all waits, let each poll twice, then measure for a while."""
    # One first, to import everything they need.
    first = [asyncio.create_task(run_wait(wait)) for wait in contender.waits(1, server)]
    await until_polled(server, times=2)
    await end(*first)
    memory_before = memory()

    tasks = [asyncio.create_task(run_wait(wait)) for wait in contender.waits(waits, server)]
    await until_polled(server, times=2 if contender.shared else 2 * waits)
    late: list[tuple[float, float]] = []
    watching = asyncio.create_task(lateness(late))
    before, spent, started = await counts(server), cpu(), time.perf_counter()
    await asyncio.sleep(seconds)
    after, spent, passed = await counts(server), cpu() - spent, time.perf_counter() - started
    still_waiting = sum(not task.done() for task in tasks)
    await end(watching, *tasks)
    return Figures(
        waits=still_waiting,
        seconds=passed,
        polls=after["polls"] - before["polls"],
        connections=after["connections"] - before["connections"],
        cpu=spent,
        memory=memory() - memory_before,
        lag=percentile_99(lag for lag, _ in late),
        busy=percentile_99(min(lag, computed) for lag, computed in late),
    )


def log_as_in_the_triggerer() -> None:
    """Log JSON lines as for the triggerer's supervisor, to the null device."""
    from airflow.sdk.log import configure_logging, reset_logging

    reset_logging()  # type: ignore[no-untyped-call]
    null = Path(os.devnull).open("wb", buffering=0)  # noqa: SIM115 - until this process ends
    configure_logging(json_output=True, output=null, sending_to_supervisor=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--counts-port", type=int, required=True)
    parser.add_argument("--ca", required=True)
    parser.add_argument("--waits", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    server = Server(options.port, options.counts_port, options.ca)
    os.environ.update(server.environment())
    log_as_in_the_triggerer()
    figures = asyncio.run(measure(CONTENDERS[options.contender], server, waits=options.waits, seconds=options.seconds))
    print(json.dumps(asdict(figures)))


if __name__ == "__main__":
    main()
