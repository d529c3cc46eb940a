"""Many tasks that create one subscription each, simulated with our own rules: rejected requests, time and worker slots.

``python -m dev.benchmarks.creates``. The clock is virtual, so a quarter of an hour takes a second, and the figures are
the same on every machine. Airflow is a queue, worker slots and triggerers, with the times that they take to start a
task; each run of a task is a separate process, which learns of rate limits only from responses.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import Any

import msgspec
from msgspec import structs
from rich.console import Console
from rich.table import Table

from airflow_provider_segment.protocol.flow.deferral import DeferralRequiredError
from airflow_provider_segment.protocol.flow.gate import Gate
from airflow_provider_segment.protocol.flow.resumption import Resumption, TaskState
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Pause, Reply, Send
from airflow_provider_segment.protocol.flow.turns import Turns
from airflow_provider_segment.protocol.provisioning.creating import Ensured
from airflow_provider_segment.protocol.provisioning.lookup import Found
from airflow_provider_segment.protocol.provisioning.spec import SubscriptionSpec
from airflow_provider_segment.protocol.provisioning.subscription import ensure_subscription
from airflow_provider_segment.protocol.wire.messages import Request, Response
from airflow_provider_segment.protocol.wire.rate_limit import OWN_LIMIT, WINDOW
from airflow_provider_segment.sandbox.errors import ApiError
from airflow_provider_segment.sandbox.rate_limits import RateLimits

TASKS = 80
SLOTS = 8
IDEAL = (TASKS / OWN_LIMIT - 1) * WINDOW
"""Seconds after which all creates can have been allowed, at the earliest."""

_START = 1_770_000_000.0
_RESPONSE_TIME = 0.2
_TASK_START = (2.0, 8.0)
"""Seconds from a free slot to the first request: the scheduler, a new process, and its imports."""
_SHORTEST_WAIT = 5.0
"""Seconds of the trigger."""
_TRIGGER_START = (0.2, 1.5)
"""Seconds from a deferral to the start of the trigger, and from its event to the queue."""


_DESTINATION = {"sourceId": "s", "name": "n", "enabled": True, "settings": {}, "metadata": {"id": "m", "name": "M"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The figures of one way to run the tasks.

    :param rejected: number of requests that returned 429.
    :param total_time: seconds until all tasks have ended, divided by the least possible.
    :param slot_seconds: seconds for which worker slots were taken.
    :param longest_queued: longest time in seconds that a task waited for a slot.
    """

    rejected: int
    total_time: float
    slot_seconds: float
    longest_queued: float


@dataclass
class Segment:
    """The subscriptions of many destinations, under the rate limits of the sandbox."""

    subscriptions: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    limits: RateLimits = field(default_factory=RateLimits)
    rejected: int = 0

    def respond(self, request: Request, now: float) -> Response:
        """Return the response to a request of a create task."""
        date = {"date": formatdate(_START + now, usegmt=True)}
        try:
            limit = OWN_LIMIT if request.limited_as else None
            shown = self.limits.consume(request.limited_as, limit=limit, window=WINDOW, now=_START + now)
        except ApiError as error:
            self.rejected += 1
            return Response(status=429, headers=date | _lower(error.headers), body=b'{"errors":[]}')
        destination_id = request.path.split("/")[2]
        destination = self.subscriptions[destination_id]
        if request.path.count("/") == 2:
            data: dict[str, Any] = {"destination": _DESTINATION | {"id": destination_id}}
        elif request.method == "GET":
            data = {"subscriptions": destination, "pagination": {"current": "x", "totalEntries": 1}}
        else:
            ids = {"id": f"{request.path}/{len(destination)}", "destinationId": destination_id}
            destination.append({"settings": {}} | msgspec.json.decode(request.body or b"") | ids)
            data = {"destinationSubscription": destination[-1]}
        return Response(status=200, headers=date | _lower(shown), body=msgspec.json.encode({"data": data}))


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}


class Simulation:
    """Airflow with workers and triggerers, and Segment.

    :param deferrable: whether the tasks defer.
    :param one_process: whether all runs share what they know of the limits, as threads of one process.
    :param slots: number of worker slots.
    :param triggerers: number of triggerers.
    :param seed: seed of the random numbers.
    """

    def __init__(
        self, *, deferrable: bool, one_process: bool = False, slots: int = SLOTS, triggerers: int = 1, seed: int = 7
    ) -> None:
        random.seed(seed)  # the jitter of retries
        self.random = random.Random(seed)
        self.segment = Segment()
        self.now = 0.0
        self.slot_seconds = 0.0
        self.longest_queued = 0.0
        self.ended: list[float] = []
        self.deferrable = deferrable
        self.turns: Iterator[defaultdict[str, Turns]] = itertools.cycle([defaultdict(Turns) for _ in range(triggerers)])
        self.shared: dict[str, Gate] | None = {} if one_process else None
        self._free = slots
        self._queue: deque[tuple[float, Task]] = deque()
        self._order = itertools.count()
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []

    def run(self) -> Outcome:
        """Run all tasks to their end."""
        for number in range(TASKS):
            self.enqueue(Task(self, number))
        while self._agenda:
            self.now, _, happen = heapq.heappop(self._agenda)
            happen()
        if len(self.ended) != TASKS or sum(map(len, self.segment.subscriptions.values())) != TASKS:
            raise AssertionError(f"{len(self.ended)} of {TASKS} tasks have ended")
        return Outcome(
            rejected=self.segment.rejected,
            total_time=max(self.ended) / IDEAL,
            slot_seconds=self.slot_seconds,
            longest_queued=self.longest_queued,
        )

    def after(self, seconds: float, happen: Callable[[], None]) -> None:
        """Schedule an event."""
        heapq.heappush(self._agenda, (self.now + seconds, next(self._order), happen))

    def enqueue(self, task: Task) -> None:
        """Queue a task for the next free slot."""
        self._queue.append((self.now, task))
        self._fill_slots()

    def free_slot(self, taken_at: float) -> None:
        """Release a slot."""
        self.slot_seconds += self.now - taken_at
        self._free += 1
        self._fill_slots()

    def _fill_slots(self) -> None:
        while self._free and self._queue:
            self._free -= 1
            queued_at, task = self._queue.popleft()
            self.longest_queued = max(self.longest_queued, self.now - queued_at)
            task.taken_at = self.now
            self.after(self.random.uniform(*_TASK_START), task.start)


class Task:
    """A task that creates the subscription of one destination.

    :param simulation: the simulation in which it runs.
    :param number: number of its destination.
    """

    def __init__(self, simulation: Simulation, number: int) -> None:
        self.taken_at = 0.0
        self._simulation = simulation
        self._number = number
        self._resumption = Resumption(granted={}, slept=0.0, state=TaskState())
        self._found = Found()

    def start(self) -> None:
        """Start or resume it, in a new process."""
        simulation, resumed = self._simulation, self._resumption
        self._gates: dict[str, Gate] = {} if simulation.shared is None else simulation.shared
        self._rule = resumed.rule()
        options = CallOptions(connection="the simulation", clocks=lambda: (simulation.now, simulation.now))
        flow = ensure_subscription(
            replace(options, unfinished=resumed.unfinished()),
            destination_id=f"d{self._number}",
            spec=SubscriptionSpec(name="Track", action_id="track", trigger="all"),
            if_exists="reuse",
            wait_for_pending=resumed.state.wrote and not resumed.nothing_is_in_flight,
            created_before=resumed.state.created,
            found=self._found,
        )
        self._flow: Flow[Ensured] = self._rule.run(flow) if simulation.deferrable else flow
        self._resume(None)

    def _resume(self, reply: Reply | None) -> None:
        simulation = self._simulation
        try:
            step = self._flow.send(reply)
        except StopIteration:
            simulation.ended.append(simulation.now)
            simulation.free_slot(self.taken_at)
        except DeferralRequiredError as required:
            simulation.free_slot(self.taken_at)
            delay = simulation.random.uniform(*_TRIGGER_START)
            simulation.after(delay, lambda required=required: self._defer(required))  # type: ignore[misc]
        else:
            match step:
                case Send():
                    self._send(step)
                case Pause(seconds):
                    simulation.after(seconds, lambda: self._resume(None))
                case _:
                    self._resume(None)

    def _send(self, step: Send) -> None:
        simulation, name = self._simulation, step.request.limited_as
        gate = self._gates.setdefault(name, Gate(limit=OWN_LIMIT if name else None))
        jitter = simulation.random.random()
        held = gate.enter(simulation.now, poll=False, slot=step.slot, max_wait=step.max_wait, jitter=jitter)
        if held is not None:
            self._resume(held)
            return
        response = structs.replace(simulation.segment.respond(step.request, simulation.now), seconds=_RESPONSE_TIME)

        def arrive() -> None:
            gate.leave(simulation.now, response)
            self._resume(response)

        simulation.after(_RESPONSE_TIME, arrive)

    def _defer(self, required: DeferralRequiredError) -> None:
        simulation, turn = self._simulation, required.turn
        state = TaskState(
            wrote=self._rule.wrote, created=self._rule.created, granted=self._rule.granted, call=required.call
        )
        turns = next(simulation.turns)[turn.limited_as]
        reset = simulation.now + turn.seconds if turn.seconds else 0.0
        if turn.rejected:
            turns.report_rejection(reset=reset)
        ticket = turns.join(count=turn.count, limit=turn.limit, ready_at=max(simulation.now + _SHORTEST_WAIT, reset))
        started = simulation.now

        def ask() -> None:
            next_time = turns.ask(ticket, simulation.now)
            if next_time > simulation.now:
                simulation.after(next_time - simulation.now, ask)
                return
            slept = simulation.now - started
            self._resumption = Resumption(granted={turn.limited_as: ticket.count}, slept=slept, state=state)
            simulation.after(simulation.random.uniform(*_TRIGGER_START), lambda: simulation.enqueue(self))

        ask()


WAYS: dict[str, dict[str, Any]] = {
    "worker slots": {"deferrable": False},
    "deferrable": {"deferrable": True},
    "two triggerers": {"deferrable": True, "triggerers": 2},
    "one process": {"deferrable": False, "one_process": True, "slots": TASKS},
}


def main() -> None:
    """Simulate and print the table."""
    console = Console()
    drawn = Table(
        "way", "429s", "429s / created", "total time\n/ ideal", "slot seconds", "longest time\nin the queue, s"
    )
    for way, arguments in WAYS.items():
        outcome = Simulation(**arguments).run()
        drawn.add_row(
            way,
            f"{outcome.rejected}",
            f"{outcome.rejected / TASKS:.2f}",
            f"{outcome.total_time:.2f}",
            f"{outcome.slot_seconds:,.0f}",
            f"{outcome.longest_queued:,.0f}",
        )
    console.print(f"{TASKS} tasks that create a subscription, {SLOTS} slots, {OWN_LIMIT} creates a minute, simulated")
    console.print(f"the ideal is {IDEAL:g} s")
    console.print(drawn)


if __name__ == "__main__":
    main()
