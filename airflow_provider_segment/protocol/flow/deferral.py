"""Stopping a flow before a long wait for a rate limit, so that its task can wait without a worker slot.

The rate limits of single operations allow only a few requests per minute. If many tasks sent one at once, most would be
rejected. So each task takes a turn first: it stops before its first such request, and continues when the triggerer
allows it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TypeVar

from airflow_provider_segment.protocol.flow.retry_state import UnfinishedCall
from airflow_provider_segment.protocol.flow.steps import Flow, Log, Pause, Reply, Send, Upcoming
from airflow_provider_segment.protocol.flow.writes import may_be_applied
from airflow_provider_segment.protocol.wire.messages import HeldBack, Request, Response
from airflow_provider_segment.protocol.wire.rate_limit import OWN_LIMIT, limit_shown_by

T = TypeVar("T")

LONG_WAIT = 10.0
"""Shortest wait, in seconds, for which a task defers: about as long as a deferral takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A task's turn to send requests under a rate limit.

    :param limited_as: name of the rate limit; empty for the general one.
    :param count: how many requests the task is going to send.
    :param limit: requests per window, if known.
    :param seconds: shortest wait.
    :param rejected: whether the request was sent and rejected.
    """

    limited_as: str
    count: int = 1
    limit: int | None = None
    seconds: float = 0.0
    rejected: bool = False


class DeferralRequiredError(Exception):
    """The flow was stopped to wait for a rate limit; none of its requests is in flight.

    :param reason: why it waits, for the log.
    :param turn: the turn to wait for.
    :param call: the call that waits, if it was tried before.
    """

    def __init__(self, reason: str, *, turn: Turn, call: UnfinishedCall | None = None) -> None:
        super().__init__(reason)
        self.turn = turn
        self.call = call


@dataclass(slots=True)
class DeferralRule:
    """The rule that decides when to stop a flow that has to wait for a rate limit.

    :param granted: requests that may be sent under each limit without another turn.
    :param wrote: whether a write was sent that may have been applied, now or before the flow was stopped the last time.
    :param created: the same for creates.
    """

    granted: dict[str, int] = field(default_factory=dict)
    wrote: bool = False
    created: bool = False
    _upcoming: dict[str, int] = field(default_factory=dict)
    _limits: dict[str, int] = field(default_factory=dict)
    _last: Request | None = None
    _was_rejected: bool = False

    def run(self, flow: Flow[T]) -> Flow[T]:
        """Run a flow until it ends, or until the task must defer to wait for a rate limit.

        :param flow: a generator that has not started.
        :raises DeferralRequiredError: it has to wait; start a new flow afterwards.
        """
        reply: Reply | None = None
        while True:
            try:
                step = flow.send(reply)
            except StopIteration as stop:
                result: T = stop.value
                return result
            if isinstance(step, Upcoming):
                known = self._upcoming.get(step.limited_as, 0)
                self._upcoming[step.limited_as] = max(known, step.count)
            required = self._requires_deferral(step) if isinstance(step, Send | Pause) else None
            if required is not None:
                flow.close()
                raise required
            reply = yield step
            if isinstance(step, Send):
                self._note(step.request, reply)

    def _requires_deferral(self, step: Send | Pause) -> DeferralRequiredError | None:
        if isinstance(step, Pause):
            if not (step.for_rate_limit and step.may_defer) or step.seconds < LONG_WAIT:
                return None
            name = self._last.limited_as if self._last is not None else ""
            turn = self._turn(name, seconds=step.seconds, rejected=self._was_rejected)
            return DeferralRequiredError(step.reason, turn=turn, call=step.call)
        name = step.request.limited_as
        # The retry of a call keeps its turn: a deferral would lose its state.
        if not name or step.request is self._last or self.granted.get(name, 0) > 0:
            return None
        turn = self._turn(name)
        return DeferralRequiredError(
            f"waiting for a turn to send {turn.count} {name} (limit: {turn.limit} a minute)", turn=turn
        )

    def _turn(self, name: str, *, seconds: float = 0.0, rejected: bool = False) -> Turn:
        limit = self._limits.get(name, OWN_LIMIT if name else None)
        count = max(1, min(self._upcoming.get(name, 1), limit or 1))
        return Turn(limited_as=name, count=count, limit=limit, seconds=seconds, rejected=rejected)

    def _note(self, request: Request, reply: Reply | None) -> None:
        self._last = request
        self._was_rejected = isinstance(reply, Response) and reply.status == 429
        if self._was_rejected or isinstance(reply, HeldBack):
            return
        name = request.limited_as
        if isinstance(reply, Response) and (limit := limit_shown_by(reply)):
            self._limits[name] = limit
        for counts in (self.granted, self._upcoming):
            counts[name] = max(0, counts.get(name, 0) - 1)
        if may_be_applied(request, reply):
            self.wrote = True
            self.created = self.created or request.method == "POST"


def without_deferral(flow: Flow[T], *, begun: bool = False) -> Flow[T]:
    """Run a flow of many reads; after its first read, wait for rate limits in the worker instead of deferring.

    A deferred task would start to read from the beginning, reach the same limit again, and might never finish.

    :param flow: a generator that has not started.
    :param begun: whether to wait in the worker before the first read too.
    """
    reply: Reply | None = None
    while True:
        try:
            step = flow.send(reply)
        except StopIteration as stop:
            result: T = stop.value
            return result
        if begun and isinstance(step, Pause):
            step = replace(step, may_defer=False)
        reply = yield step
        begun = begun or (isinstance(reply, Response) and reply.status != 429)


def with_advice(flow: Flow[T], advice: str) -> Flow[T]:
    """Run a flow; log advice as a warning before its first long wait for a rate limit.

    :param flow: a generator that has not started.
    :param advice: the warning.
    """
    reply: Reply | None = None
    given = False
    while True:
        try:
            step = flow.send(reply)
        except StopIteration as stop:
            result: T = stop.value
            return result
        if isinstance(step, Pause) and step.for_rate_limit and step.seconds >= LONG_WAIT and not given:
            given = True
            yield Log(advice, logging.WARNING)
        reply = yield step
