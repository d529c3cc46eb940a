"""Deliver requests to the model, in time or late, and check every request that creates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import structs

from airflow_provider_segment.protocol.flow.steps import Outcome
from airflow_provider_segment.protocol.wire.messages import Request, Response
from tests.simulation.faults import ABANDONED, APPLIED_LATE, Fault, FaultDice
from tests.simulation.model import Segment
from tests.simulation.model_responses import Record
from tests.simulation.world import ViolationError, World

LONGEST_TRAVEL = 0.4
"""Seconds that a request, or its response, takes at most."""
Observer = Callable[[Request, Fault, Outcome], None]


@dataclass
class Network:
    """The network between actors and the model.

    :param world: the clock.
    :param segment: the model.
    :param faults: draws the fault of each request.
    :param latest: seconds within which a late request is applied, from when it was sent or given up.
    :param alone: whether actors never overlap, so that no create may be sent if a match exists.
    :param observe: called for each request that got an outcome.
    :param allowed: returns how many objects may have the identity of what a request creates.
    """

    world: World
    segment: Segment
    faults: FaultDice
    latest: float
    alone: bool
    observe: Observer | None = None
    allowed: Callable[[Request], int] = lambda _request: 1
    creates_lost: int = 0
    last_write: float = float("-inf")
    writes: int = 0
    _in_flight: list[Request] = field(default_factory=list)

    def send(self, label: str, request: Request, then: Callable[[Outcome], None]) -> None:
        """Accept a request, and respond some time later."""
        fault = self.faults.draw()
        self._note(request, fault)
        out, back = self._travel(), self._travel()
        self.world.after(out, lambda: self._arrive(label, request, fault, back, then))

    def abandon(self, label: str, request: Request) -> None:
        """Accept a request whose sender dies: it may be applied at once, late, or never."""
        fault = ABANDONED[self.world.dice.choice(("no", "yes", "late"))]
        self.world.record(f"{label} dies with {request.method} {request.path} in flight; applied: {fault.applied}")
        self._note(request, None)
        if fault.applied == "yes":
            self.segment.handle(request, self.world.now)
        elif fault.applied == "late":
            self._apply_late(request)
        self._observe(request, fault, fault.seen(None))

    def _arrive(self, label: str, request: Request, fault: Fault, back: float, then: Callable[[Outcome], None]) -> None:
        real = self.segment.handle(request, self.world.now) if fault.applied == "yes" else None
        outcome = fault.seen(real)
        if fault.applied == "late":
            self._apply_late(request, given_up_in=outcome.seconds)
        shown = f"{outcome.status}" if isinstance(outcome, Response) else outcome.reason
        self.world.record(f"{label} {request.method} {request.path} [{fault.kind}] -> {shown}")
        self._observe(request, fault, outcome)
        wait = max(back, outcome.seconds)
        self.world.after(wait, lambda: self._reply(request, structs.replace(outcome, seconds=wait), then))

    def _reply(self, request: Request, outcome: Outcome, then: Callable[[Outcome], None]) -> None:
        if request.method != "GET":
            self.last_write = self.world.now  # one that timed out was in flight until now
        then(outcome)

    def _apply_late(self, request: Request, *, given_up_in: float = 0.0) -> None:
        delay = given_up_in + self.world.dice.uniform(0.0, self.latest)
        self._in_flight.append(request)

        def arrive() -> None:
            self._in_flight.remove(request)
            response = self.segment.handle(request, self.world.now)
            self.world.record(f"late: {request.method} {request.path} -> {response.status}")
            self._observe(request, APPLIED_LATE, response)

        self.world.after(delay, arrive)

    def _note(self, request: Request, fault: Fault | None) -> None:
        if request.method == "GET":
            return
        self.writes += 1
        self.last_write = self.world.now
        if request.method != "POST":
            return
        if fault is None or (fault.kind != "none" and not fault.kind.startswith("rate_limit")):
            self.creates_lost += 1
        existing = list(self._matches(request))
        if self.alone and len(existing) >= self.allowed(request):
            raise ViolationError(f"{request.method} {request.path} was sent although {existing} exist")

    def _matches(self, request: Request) -> Iterator[str]:
        """Yield what a create would duplicate: existing objects and equal requests in flight."""
        yield from (record["id"] for record in matches(self.segment, request))
        for other in self._in_flight:
            if (other.method, other.path, _body(other)) == (request.method, request.path, _body(request)):
                yield "an equal request in flight"

    def _observe(self, request: Request, fault: Fault, outcome: Outcome) -> None:
        if self.observe is not None:
            self.observe(request, fault, outcome)

    def _travel(self) -> float:
        return self.world.dice.uniform(0.01, LONGEST_TRAVEL)


def matches(segment: Segment, create: Request) -> list[Record]:
    """Return all objects with the identity of what a request would create."""
    body = _body(create)
    if create.path == "/destinations":
        keys = ("sourceId", "metadataId", "name")
        return [record for record in segment.destinations.values() if all(record[key] == body[key] for key in keys)]
    parent = create.path.split("/")[2]
    if create.path.endswith("/filters"):
        return [record for record in segment.filters_of(parent) if record["title"] == body["title"]]
    siblings = segment.subscriptions_of(parent)
    model = body.get("modelId")
    return [
        record
        for record in siblings
        if all(record[key] == body[key] for key in ("actionId", "name")) and model in (None, record["modelId"])
    ]


def _body(request: Request) -> Any:
    return msgspec.json.decode(request.body) if request.body else None
