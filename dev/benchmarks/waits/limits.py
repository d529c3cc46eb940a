"""Many waits under one rate limit, simulated with our own rules: requests per wait, 429s and total time.

``python -m dev.benchmarks.waits.limits``. The clock is virtual, so an hour takes a second, and the figures are the same
on every machine. The contender is a client that polls at a fixed interval and retries after ``Retry-After``.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from rich.console import Console
from rich.table import Table

from airflow_provider_segment.protocol.delivery.criteria import check_criteria
from airflow_provider_segment.protocol.delivery.schedule import next_in_phase
from airflow_provider_segment.protocol.flow.gate import Gate
from airflow_provider_segment.protocol.wire.messages import Response

INTERVAL = 60.0
WINDOW = 60.0
DEMAND = 1.17
"""Polls per window over the limit."""
POLLS = 30
"""Polls of each wait until its verdict."""
_START = datetime(2026, 2, 15, 12, tzinfo=UTC)
_RESPONSE_TIME = 0.1


@dataclass
class Server:
    """A server with a limit per fixed window.

    :param limit: requests per window.
    """

    limit: int
    since: float = -math.inf
    consumed: int = 0
    served: list[float] = field(default_factory=list)
    rejected: int = 0

    def respond(self, now: float) -> Response:
        """Return the response to a poll."""
        if now >= self.since + WINDOW:
            self.since, self.consumed = now, 0
        self.consumed += 1
        reset = self.since + WINDOW
        headers = {
            "date": _date(now),
            "x-ratelimit-consumed": str(self.consumed),
            "x-ratelimit-remaining": str(max(0, self.limit - self.consumed)),
            "x-ratelimit-reset": _date(math.ceil(reset)),
        }
        if self.consumed > self.limit:
            self.rejected += 1
            return Response(status=429, headers={**headers, "retry-after": str(math.ceil(reset - now))})
        self.served.append(now)
        return Response(status=200, headers=headers)


def _date(seconds: float) -> str:
    return format_datetime(_START + timedelta(seconds=math.floor(seconds)), usegmt=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The figures of one way to poll under a limit.

    :param requests: requests per wait until its verdict.
    :param wasted: share of the requests that returned 429.
    :param busiest: requests in the busiest second, divided by the mean, after the first window.
    :param total_time: time until all waits have their verdict, divided by the least possible.
    """

    requests: float
    wasted: float
    busiest: float
    total_time: float


def simulate(waits: int, *, gated: bool, seed: int = 7) -> Outcome:
    """Run waits until each has its verdict.

    :param waits: number of waits.
    :param gated: whether their requests go through our gate.
    :param seed: seed of the times at which the waits begin.
    """
    server, gate = Server(limit=max(1, round(waits / DEMAND))), Gate()
    randomness, order = random.Random(seed), itertools.count()
    polls: Counter[int] = Counter()
    agenda: list[tuple[float, int, int, float | None]]
    agenda = [(randomness.uniform(0, INTERVAL), next(order), wait, None) for wait in range(waits)]
    heapq.heapify(agenda)
    now = 0.0
    while agenda:
        now, _, wait, slot = heapq.heappop(agenda)
        held = gate.enter(now, poll=True, slot=slot, jitter=randomness.random()) if gated else None
        if held is not None:
            heapq.heappush(agenda, (now + held.seconds, next(order), wait, held.slot))
            continue
        response = server.respond(now)
        if gated:
            gate.leave(now + _RESPONSE_TIME, response)
        polls[wait] += response.status == 200
        if polls[wait] < POLLS:
            delay = INTERVAL if response.status == 200 else float(response.headers["retry-after"])
            heapq.heappush(agenda, (now + delay, next(order), wait, None))
    seconds = Counter(int(at) for at in server.served if at >= WINDOW)
    requests = len(server.served) + server.rejected
    ideal = max(waits * POLLS / server.limit * WINDOW, (POLLS - 1) * INTERVAL)
    return Outcome(
        requests=requests / waits,
        wasted=server.rejected / requests,
        busiest=max(seconds.values()) / max(1.0, sum(seconds.values()) / (now - WINDOW)),
        total_time=now / ideal,
    )


def requests_of_a_closed_window(poke_interval: float) -> tuple[int, int]:
    """Return how many polls decide the success of an hourly window: at a fixed interval, and with our schedule.

    :param poke_interval: the poll interval in seconds.
    """
    query = check_criteria(
        destination_id="d",
        source_id="s",
        success_when="success_rate >= 0.99",
        min_attempted=100,
        start_time=_START,
        end_time=_START + timedelta(hours=1),
    ).query
    decided_at = 3600.0 + 120.0
    first = random.Random(7).uniform(0, poke_interval)
    useful = (query.not_before - _START).total_seconds() if query.not_before else 0.0
    ours = next_in_phase(first, poke_interval=poke_interval, not_before=useful)
    polls: Callable[[float], int] = lambda start: max(1, math.ceil((decided_at - start) / poke_interval) + 1)  # noqa: E731
    return polls(first), polls(ours)


def main() -> None:
    """Simulate and print the tables."""
    console = Console()
    drawn = Table("waits", "way", "requests\nper wait", "429s", "busiest second\n/ mean", "total time\n/ ideal")
    for waits, gated in itertools.product((10, 100, 1000), (False, True)):
        outcome = simulate(waits, gated=gated)
        figures = (
            f"{outcome.requests:.1f}",
            f"{outcome.wasted:.1%}",
            f"{outcome.busiest:.1f}",
            f"{outcome.total_time:.2f}",
        )
        drawn.add_row(f"{waits:,}", "ours" if gated else "fixed interval", *figures)
    console.print(f"{DEMAND} x the limit, a poll every {INTERVAL:g} s, {POLLS} polls a wait, simulated")
    console.print(drawn)
    drawn = Table(
        "poll interval, s", "fixed interval", "ours", "ratio", title="requests until the verdict, closed hour"
    )
    for interval in (30.0, 60.0, 300.0):
        fixed, ours = requests_of_a_closed_window(interval)
        drawn.add_row(f"{interval:g}", str(fixed), str(ours), f"{ours / fixed:.2f}")
    console.print(drawn)


if __name__ == "__main__":
    main()
