"""Runs one contender in this process and measures it; the last line it prints holds the figures."""

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
"""Seconds in which every wait must have polled twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What came of a contender.

    :param waits: how many were still waiting at the end.
    :param seconds: measured.
    :param polls: requests the server answered in that time.
    :param connections: opened in that time.
    :param cpu: seconds this process spent in that time.
    :param memory: KB by which the process grew at its largest, beyond what one wait needed.
    :param lag: seconds by which short sleeps were late, all but the worst hundredth.
    :param busy: the same, counting no more than the loop itself computed meanwhile: other programs, which make it late
        as well, leave this alone; but it knows nothing of calls that block without computing.
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
    """What the server has counted."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.told)
    told: dict[str, int] = json.loads(await reader.read())
    writer.close()
    return told


async def to_its_end(wait: Wait) -> None:
    """Be the triggerer of one trigger; none of them should end."""
    try:
        async for event in wait:
            sys.stderr.write(f"a wait ended with {event}\n")
    except Exception as error:
        sys.stderr.write(f"a wait ended with {error!r}\n")
        raise


async def until_polled(server: Server, *, times: int) -> None:
    """Wait until the server was polled so many times more."""
    wanted = (await counts(server))["polls"] + times
    async with asyncio.timeout(LONGEST_START):
        while (await counts(server))["polls"] < wanted:  # noqa: ASYNC110 - it is counted elsewhere
            await asyncio.sleep(0.5)


async def lateness(into: list[tuple[float, float]]) -> None:
    """Note how late the loop comes back from short sleeps, and what it computed meanwhile."""
    while True:
        before, computed = time.perf_counter(), time.thread_time()
        await asyncio.sleep(NAP)
        into.append((time.perf_counter() - before - NAP, time.thread_time() - computed))


def all_but_the_worst(late: Iterable[float]) -> float:
    """The 99th percentile."""
    ordered = sorted(late)
    return ordered[int(len(ordered) * 0.99)]


async def end(*tasks: asyncio.Task[None]) -> None:
    """Cancel all."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def cpu() -> float:
    """Seconds spent so far, threads and system included."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def memory() -> float:
    """Peak so far, in KB; macOS counts bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 if sys.platform == "darwin" else peak


async def measure(contender: Contender, server: Server, *, waits: int, seconds: float) -> Figures:
    """Start all waits, let each poll twice, then watch them for a while."""
    # One alone: it imports what they need.
    first = [asyncio.create_task(to_its_end(wait)) for wait in contender.waits(1, server)]
    await until_polled(server, times=2)
    await end(*first)
    memory_before = memory()

    tasks = [asyncio.create_task(to_its_end(wait)) for wait in contender.waits(waits, server)]
    await until_polled(server, times=2 if contender.shared else 2 * waits)
    late: list[tuple[float, float]] = []
    watching = asyncio.create_task(lateness(late))
    before, state, started = await counts(server), cpu(), time.perf_counter()
    await asyncio.sleep(seconds)
    after, state, passed = await counts(server), cpu() - state, time.perf_counter() - started
    still_waiting = sum(not task.done() for task in tasks)
    await end(watching, *tasks)
    return Figures(
        waits=still_waiting,
        seconds=passed,
        polls=after["polls"] - before["polls"],
        connections=after["connections"] - before["connections"],
        cpu=state,
        memory=memory() - memory_before,
        lag=all_but_the_worst(lag for lag, _ in late),
        busy=all_but_the_worst(min(lag, computed) for lag, computed in late),
    )


def log_as_in_the_triggerer() -> None:
    """Lines of JSON for the process that supervises; here nobody reads them."""
    from airflow.sdk.log import configure_logging, reset_logging

    reset_logging()  # type: ignore[no-untyped-call]
    nobody = Path(os.devnull).open("wb", buffering=0)  # noqa: SIM115 - until this process ends
    configure_logging(json_output=True, output=nobody, sending_to_supervisor=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--told", type=int, required=True)
    parser.add_argument("--ca", required=True)
    parser.add_argument("--waits", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    asked = parser.parse_args()
    server = Server(asked.port, asked.told, asked.ca)
    os.environ.update(server.environment())
    log_as_in_the_triggerer()
    figures = asyncio.run(measure(CONTENDERS[asked.contender], server, waits=asked.waits, seconds=asked.seconds))
    print(json.dumps(asdict(figures)))


if __name__ == "__main__":
    main()
