"""Tasks that are deferred: their flow is stopped at any request, and started anew with what the trigger brings back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from airflow_provider_segment.protocol.flow.deferral import DeferralRequiredError, DeferralRule, Turn
from airflow_provider_segment.protocol.flow.resumption import Resumption, TaskState, parse_resumption
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Pause, Send
from airflow_provider_segment.protocol.provisioning.lookup import Found
from airflow_provider_segment.protocol.provisioning.progress import ApplyProgress
from airflow_provider_segment.protocol.workspace.progress import WorkspaceProgress
from tests.simulation.memory import Memory
from tests.simulation.scenario import Scenario

Resumable = Callable[[CallOptions, bool, int, Memory], Flow[Any]]


@dataclass(slots=True)
class StoppingAnywhere(DeferralRule):
    """The rule of the operators, which also stops a flow at random before a new request.

    :param stops: returns whether to stop before a request.
    """

    stops: Callable[[], bool] = lambda: False

    def _requires_deferral(self, step: Send | Pause) -> DeferralRequiredError | None:
        if isinstance(step, Send) and step.request is not self._last and self.stops():
            turn = Turn(limited_as=step.request.limited_as)
            return DeferralRequiredError(f"stopped before {step.request.method} {step.request.path}", turn=turn)
        return DeferralRule._requires_deferral(self, step)


def deferring(scenario: Scenario, dice: Random, *, share: float, most: int) -> Scenario:
    """Return a scenario whose runs are deferred, by the rule and at random.

    :param scenario: with a flow that can be resumed.
    :param dice: decides where it stops, and how long it waits.
    :param share: of the requests before which it stops.
    :param most: how often it stops at random.
    """
    flow = scenario.resumable
    if flow is None:
        raise TypeError(f"{scenario.name} is never deferred")
    left = most

    def stops() -> bool:
        nonlocal left
        if left <= 0 or dice.random() >= share:
            return False
        left -= 1
        return True

    def run(options: CallOptions, wait_for_pending: bool, number: int) -> Flow[Any]:
        return _run(flow, options, is_retry=wait_for_pending, number=number, stops=stops, dice=dice)

    return replace(scenario, flow=run)


def _run(
    flow: Resumable, options: CallOptions, *, is_retry: bool, number: int, stops: Callable[[], bool], dice: Random
) -> Flow[Any]:
    memory, pending, resumed = Memory(), is_retry, Resumption(granted={}, slept=0.0, state=TaskState())
    while True:
        rule = StoppingAnywhere(granted=resumed.rule().granted, wrote=memory.wrote, created=memory.created, stops=stops)
        options = replace(options, unfinished=resumed.unfinished())
        try:
            return (yield from rule.run(flow(options, pending, number, memory)))
        except DeferralRequiredError as error:
            required = error
        slept = max(required.turn.seconds, dice.choice((0.0, dice.uniform(0.0, options.reconcile_timeout), 65.0)))
        yield Pause(slept, f"deferred: {required}")
        resumed = _stored(required, rule, memory, options, slept)
        stored = resumed.state.progress or {}
        memory = Memory(
            progress=ApplyProgress.from_json(stored["apply"]),
            fleet=WorkspaceProgress.from_json(stored["fleet"]),
            found=Found(stored["found"]),
            wrote=resumed.state.wrote,
            created=resumed.state.created,
        )
        pending = (memory.wrote or is_retry) and not resumed.nothing_is_in_flight


def _stored(
    required: DeferralRequiredError, rule: DeferralRule, memory: Memory, options: CallOptions, slept: float
) -> Resumption:
    """Return what comes back from the trigger, through JSON."""
    state = TaskState(
        wrote=rule.wrote,
        created=rule.created,
        granted=rule.granted,
        min_wait=options.reconcile_timeout,
        call=required.call,
        progress={
            "apply": memory.progress.to_json(),
            "fleet": memory.fleet.to_json(),
            "found": memory.found.id,
        },
    )
    event = {
        "status": "resumed",
        "granted": {required.turn.limited_as: required.turn.count},
        "slept": slept,
        "state": state.to_json(),
    }
    return parse_resumption(json.loads(json.dumps(event)))
