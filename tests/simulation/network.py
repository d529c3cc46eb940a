"""Bringing requests to the model, in time or late, and what is promised of every request that creates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from airflow_provider_segment.protocol.flow.steps import Outcome
from airflow_provider_segment.protocol.wire.messages import Request, Response
from tests.simulation.faults import ABANDONED, CAME_LATE, Fault, FaultDice
from tests.simulation.model import Segment
from tests.simulation.model_responses import Record
from tests.simulation.world import ViolationError, World

Observer = Callable[[Request, Fault, Outcome], None]


@dataclass
class Network:
    """Between actors and the model.

    :param world: time and dice.
    :param segment: the model.
    :param faults: what happens to requests.
    :param latest: so many seconds after it was sent, or given up, a late request is carried out at the latest.
    :param alone: whether one actor works at a time, so that no create may ever be sent beside a match.
    :param observe: is told of each request that got an outcome.
    """

    world: World
    segment: Segment
    faults: FaultDice
    latest: float
    alone: bool
    observe: Observer | None = None
    creates_lost: int = 0
    last_write: float = float("-inf")
    writes: int = 0
    _on_their_way: list[Request] = field(default_factory=list)

    def send(self, who: str, request: Request, then: Callable[[Outcome], None]) -> None:
        """Take a request, and answer it some time later."""
        fault = self.faults.draw()
        self._note(request, fault)
        there, back = self._travel(), self._travel()
        self.world.after(there, lambda: self._arrive(who, request, fault, back, then))

    def abandon(self, who: str, request: Request) -> None:
        """Take a request whose sender dies at once: it may be carried out, or late, or never."""
        status = ABANDONED[self.world.dice.choice(("no", "yes", "late"))]
        self.world.tell(
            f"{who} dies with {request.method} {request.path} on its way; carried out: {status.carried_out}"
        )
        self._note(request, None)
        if status.carried_out == "yes":
            self.segment.handle(request, self.world.now)
        elif status.carried_out == "late":
            self._carry_out_late(request)
        self._observe(request, status, status.seen(None))

    def _arrive(self, who: str, request: Request, fault: Fault, back: float, then: Callable[[Outcome], None]) -> None:
        proper = self.segment.handle(request, self.world.now) if fault.carried_out == "yes" else None
        outcome = fault.seen(proper)
        if fault.carried_out == "late":
            self._carry_out_late(request, given_up_in=outcome.seconds)
        told = f"{outcome.status}" if isinstance(outcome, Response) else outcome.reason
        self.world.tell(f"{who} {request.method} {request.path} [{fault.kind}] -> {told}")
        self._observe(request, fault, outcome)
        wait = max(back, outcome.seconds)
        self.world.after(wait, lambda: self._reply(request, replace(outcome, seconds=wait), then))

    def _reply(self, request: Request, outcome: Outcome, then: Callable[[Outcome], None]) -> None:
        if request.method != "GET":
            self.last_write = self.world.now  # one that timed out was on its way until now
        then(outcome)

    def _carry_out_late(self, request: Request, *, given_up_in: float = 0.0) -> None:
        delay = given_up_in + self.world.dice.uniform(0.0, self.latest)
        self._on_their_way.append(request)

        def arrive() -> None:
            self._on_their_way.remove(request)
            response = self.segment.handle(request, self.world.now)
            self.world.tell(f"late: {request.method} {request.path} -> {response.status}")
            self._observe(request, CAME_LATE, response)

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
        if self.alone and (match := next(self._matches(request), None)) is not None:
            raise ViolationError(f"{request.method} {request.path} was sent, though there is {match}")

    def _matches(self, request: Request) -> Iterator[str]:
        """What a create would double: what is there, and what is on its way."""
        yield from (record["id"] for record in matches(self.segment, request))
        for other in self._on_their_way:
            if (other.method, other.path, _body(other)) == (request.method, request.path, _body(request)):
                yield "the same on its way"

    def _observe(self, request: Request, fault: Fault, outcome: Outcome) -> None:
        if self.observe is not None:
            self.observe(request, fault, outcome)

    def _travel(self) -> float:
        return self.world.dice.uniform(0.01, 0.4)


def matches(segment: Segment, create: Request) -> list[Record]:
    """All objects that have the identity of what a request would create."""
    body = _body(create)
    if create.path == "/destinations":
        keys = ("sourceId", "metadataId", "name")
        return [record for record in segment.destinations.values() if all(record[key] == body[key] for key in keys)]
    siblings = segment.subscriptions_of(create.path.split("/")[2])
    return [record for record in siblings if all(record[key] == body[key] for key in ("actionId", "name"))]


def _body(request: Request) -> Any:
    return msgspec.json.decode(request.body) if request.body else None
