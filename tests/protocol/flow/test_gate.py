"""The gate of a rate limit, against a simulated Segment with fixed windows."""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from airflow_provider_segment.protocol.flow.gate import Gate
from airflow_provider_segment.protocol.wire.messages import HeldBack, Response

START = datetime(2026, 2, 15, 12, tzinfo=UTC)


@dataclass
class Server:
    """A server with a limit per window of a minute, as the sandbox counts it."""

    limit: int
    window: float = 60.0
    since: float = -math.inf
    consumed: int = 0
    served: list[float] = field(default_factory=list)
    rejected: list[float] = field(default_factory=list)

    def respond(self, now: float) -> Response:
        if now >= self.since + self.window:
            self.since, self.consumed = now, 0
        self.consumed += 1
        reset = self.since + self.window
        headers = {
            "date": _date(now),
            "x-ratelimit-consumed": str(self.consumed),
            "x-ratelimit-remaining": str(max(0, self.limit - self.consumed)),
            "x-ratelimit-reset": _date(math.ceil(reset)),
        }
        if self.consumed > self.limit:
            self.rejected.append(now)
            return Response(status=429, headers={**headers, "retry-after": str(math.ceil(reset - now))})
        self.served.append(now)
        return Response(status=200, headers=headers)


def _date(seconds: float) -> str:
    return format_datetime(START + timedelta(seconds=math.floor(seconds)), usegmt=True)


def run(server: Server, gate: Gate, *, waits: int, interval: float, minutes: float) -> None:
    """Poll with many waits, each of which sleeps an interval after each poll."""
    random_ = random.Random(7)
    order = itertools.count()
    agenda: list[tuple[float, int, float | None]]
    agenda = [(random_.uniform(0, interval), next(order), None) for _ in range(waits)]
    heapq.heapify(agenda)
    while (item := heapq.heappop(agenda))[0] < minutes * 60:
        now, _, slot = item
        held = gate.enter(now, poll=True, slot=slot, jitter=random_.random())
        if held is not None:
            heapq.heappush(agenda, (now + held.seconds, next(order), held.slot))
            continue
        response = server.respond(now)
        gate.leave(now, response)
        heapq.heappush(agenda, (now + interval, next(order), None))


@pytest.mark.parametrize("demand", [0.5, 1.17, 3.0])
def test_polls_over_the_limit_are_hardly_ever_rejected_and_come_evenly(demand: float) -> None:
    server = Server(limit=900)
    run(server, Gate(), waits=int(900 * demand), interval=60, minutes=20)
    total = len(server.served) + len(server.rejected)
    assert len(server.rejected) <= 0.05 * total
    # Until the first window's limit is met, nothing is known of it.
    seconds = Counter(int(at) for at in server.served if at >= 60)
    assert max(seconds.values()) <= 3 * total / (20 * 60)
    assert total >= min(demand, 0.8) * 900 * 20 * 0.9


def test_an_operators_read_waits_for_two_windows_at_most() -> None:
    """Reads come every seven seconds, while polls ask for 1.17 times the limit."""
    server, gate, random_, order = Server(limit=90), Gate(), random.Random(7), itertools.count()
    agenda: list[tuple[float, int, bool, float, float | None]]
    agenda = [(at, next(order), True, at, None) for at in (random_.uniform(0, 60) for _ in range(105))]
    agenda += [(float(at), next(order), False, float(at), None) for at in range(0, 1200, 7)]
    heapq.heapify(agenda)
    longest = 0.0
    while (item := heapq.heappop(agenda))[0] < 20 * 60:
        now, _, poll, due, slot = item
        held = gate.enter(now, poll=poll, slot=slot, jitter=random_.random())
        if held is not None:
            heapq.heappush(agenda, (now + held.seconds, next(order), poll, due, held.slot))
            continue
        response = server.respond(now)
        gate.leave(now, response)
        if response.status == 429:
            heapq.heappush(agenda, (now, next(order), poll, due, None))
        elif poll:
            heapq.heappush(agenda, (now + 60, next(order), True, now + 60, None))
        else:
            longest = max(longest, now - due)
    assert longest <= 2 * server.window
    assert len(server.rejected) <= 0.05 * len(server.served)


def test_polls_leave_a_fifth_of_the_window_to_others() -> None:
    server, gate = Server(limit=100), Gate()
    while gate.enter(0.0, poll=True) is None:
        gate.leave(0.0, server.respond(0.0))
    assert server.consumed == 80
    assert gate.enter(0.0, poll=False) is None


def test_a_429_closes_the_gate_and_lets_polls_out_spread() -> None:
    gate = Gate()
    assert gate.enter(0.0, poll=True) is None
    gate.leave(0.0, Response(status=429, headers={"retry-after": "30"}))
    held = [gate.enter(1.0, poll=True) for _ in range(10)]
    times = [each.slot for each in held if isinstance(each, HeldBack)]
    assert len(set(times)) == 10
    assert min(times) >= 30
    assert gate.enter(times[0], poll=True, slot=times[0]) is None


def test_a_wait_beyond_the_budget_reserves_no_slot() -> None:
    gate = Gate()
    assert gate.enter(0.0, poll=False) is None
    gate.leave(0.0, Response(status=429, headers={"retry-after": "30"}))
    first, second = (gate.enter(0.0, poll=False, max_wait=5, jitter=0) for _ in range(2))
    assert first == second == HeldBack(seconds=30, slot=30)


def test_writes_with_a_small_limit_are_hardly_ever_rejected() -> None:
    server, gate, now, slots = Server(limit=5), Gate(), 0.0, dict.fromkeys(range(80))
    while slots:
        for writer in list(slots)[:8]:
            if gate.enter(now, poll=False, slot=slots[writer], jitter=writer % 7 / 7) is None:
                response = server.respond(now)
                gate.leave(now + 0.05, response)
                if response.status == 200:
                    del slots[writer]
        now += 0.1
    assert len(server.rejected) <= 0.25 * 80
    assert now <= 1.25 * (80 / 5 - 1) * 60 + 60


@pytest.mark.parametrize(("limit", "rejected"), [(5, 0), (None, 75)])
def test_writes_that_start_at_once_learn_the_limit_from_what_is_accepted(limit: int | None, rejected: int) -> None:
    """A rejected request counts as consumed, so that 80 at once look like a limit of 80."""
    server, gate, now = Server(limit=5), Gate(limit=limit), 0.0
    waiting: dict[int, float | None] = dict.fromkeys(range(80))
    in_flight: list[tuple[float, int, Response]] = []
    while waiting or in_flight:
        for item in [item for item in in_flight if item[0] <= now]:
            in_flight.remove(item)
            _, writer, response = item
            gate.leave(now, response)
            if response.status != 200:
                waiting[writer] = None
        for writer, slot in list(waiting.items()):
            if gate.enter(now, poll=False, slot=slot, jitter=writer % 7 / 7) is None:
                in_flight.append((now + 0.3, writer, server.respond(now)))
                del waiting[writer]
        now += 0.1
    assert len(server.rejected) <= rejected + 16  # at most one each time that the window's end is rounded
    assert now <= 1.05 * (80 / 5 - 1) * 60


@pytest.mark.parametrize("value", ["86400", "999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_no_response_closes_the_gate_for_more_than_an_hour(value: str) -> None:
    gate = Gate()
    gate.enter(0.0, poll=False)
    gate.leave(0.0, Response(status=429, headers={"retry-after": value, "date": _date(0)}))
    held = gate.enter(0.0, poll=False, jitter=0)
    assert held == HeldBack(seconds=3600, slot=3600)


def test_requests_in_flight_count() -> None:
    gate, server = Gate(), Server(limit=10)
    gate.enter(0.0, poll=False)
    gate.leave(0.0, server.respond(0.0))
    server.consumed = 6
    gate.enter(0.0, poll=False)
    gate.leave(0.0, server.respond(0.0))  # 3 remain
    assert [gate.enter(0.0, poll=False) is None for _ in range(4)] == [True, True, True, False]
