"""A driver for flows without a network: outcomes come from a script, and time passes only in pauses."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from airflow_provider_segment.protocol.flow.steps import Items, Log, Outcome, Pause, Send, Step
from airflow_provider_segment.protocol.wire.messages import Request

R = TypeVar("R")
AnyFlow: TypeAlias = Generator[Step | Items[Any], Outcome | None, R]


@dataclass
class ScriptedDriver:
    """A driver that returns the next outcome of a script for each request.

    :param script: one outcome for each request; the test fails if there are more requests.
    :param then: outcome of every further request, if there may be any number.
    """

    script: list[Outcome] = field(default_factory=list)
    then: Outcome | None = None
    now: float = 0.0
    requests: list[Request] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    logs: list[Log] = field(default_factory=list)
    items: list[Any] = field(default_factory=list)

    def run(self, flow: AnyFlow[R]) -> R:
        """Run a flow to its end."""
        reply: Outcome | None = None
        while True:
            try:
                step = flow.send(reply)
            except StopIteration as stop:
                result: R = stop.value
                assert not self.script, f"never requested: {self.script}"
                return result
            reply = self.take(step)

    def iterate(self, flow: AnyFlow[None]) -> Iterator[Any]:
        """Iterate over the items of a flow, running the flow on demand."""
        reply: Outcome | None = None
        while True:
            try:
                step = flow.send(reply)
            except StopIteration:
                return
            reply = self.take(step)
            if isinstance(step, Items):
                yield from step.items

    def take(self, step: Step | Items[Any]) -> Outcome | None:
        """Perform one step."""
        match step:
            case Send(request):
                self.requests.append(request)
                return self._outcome(request)
            case Pause(seconds):
                assert seconds >= 0
                self.now += seconds
                self.pauses.append(step)
            case Log():
                self.logs.append(step)
            case Items(items):
                self.items.extend(items)
        return None

    @property
    def log_text(self) -> str:
        """The text of all log lines."""
        return "\n".join([*(pause.reason for pause in self.pauses), *(log.text for log in self.logs)])

    def _outcome(self, request: Request) -> Outcome:
        outcome = self.script.pop(0) if self.script else self.then
        assert outcome is not None, f"the script does not expect {request.method} {request.target}"
        self.now += outcome.seconds
        return outcome


def body_of(driver: ScriptedDriver) -> dict[str, Any]:
    """Return the decoded body of the only request."""
    (request,) = driver.requests
    assert request.body is not None
    body: dict[str, Any] = json.loads(request.body)
    return body
