"""Detecting that the process was suspended, after which the state that a flow has read may be out of date.

A worker that is stopped or suspended for longer than Airflow's heartbeat timeout may resume after a retry of its task
has finished. So before each write, the time that has passed is compared with the time that the flow has planned.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from airflow_provider_segment.protocol.errors import SegmentError
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log, Pause, Reply, Send, Step
from airflow_provider_segment.protocol.flow.watching import watch
from airflow_provider_segment.protocol.wire.messages import HeldBack, RequestFailure

T = TypeVar("T")


class StaleStateError(Exception):
    """The state that a flow has read may be out of date; its next write was rejected or not sent.

    :param message: why.
    :param rejection: the error from Segment that shows it, if any; only one such error restarts the flow.
    """

    def __init__(self, message: str, *, rejection: SegmentError | None = None) -> None:
        super().__init__(message)
        self.rejection = rejection


def replan_when_stale(
    options: CallOptions, make_flow: Callable[[CallOptions, bool], Flow[T]], *, wait_for_pending: bool
) -> Flow[T]:
    """Run a flow that reads, plans and writes; restart it if the process was suspended before a write.

    :param options: the clocks, and ``reconcile_timeout``, the longest suspension that does not matter.
    :param make_flow: returns a new flow, from the options and whether requests of another try may be in flight.
    :param wait_for_pending: the argument of the first flow; later flows get ``True``, because the other try may just
        have sent requests.
    """
    rejected = False
    while True:
        try:
            return (yield from _guarded(options, make_flow(options, wait_for_pending)))
        except StaleStateError as stale:
            if stale.rejection is not None and rejected:
                raise stale.rejection from None
            rejected = rejected or stale.rejection is not None
            yield Log(f"{stale}; reading the current state again and making a new plan", logging.WARNING)
            options, wait_for_pending = replace(options, pending_age=0.0), True


def notice_suspensions(options: CallOptions, flow: Flow[T], noticed: Callable[[], None]) -> Flow[T]:
    """Run a flow; call a function after each suspension of the process.

    :param options: the clocks, and ``reconcile_timeout``, the longest suspension that does not matter.
    :param flow: a generator that has not started.
    :param noticed: called before the flow continues.
    """
    before = options.clocks()

    def seen(step: Step, outcome: Reply | None) -> None:
        nonlocal before
        planned = step.seconds if isinstance(step, Pause) else 0.0
        if outcome is not None and not isinstance(outcome, HeldBack):
            planned = min(outcome.seconds, options.reconcile_timeout)
        now = options.clocks()
        if _elapsed(before, now) - planned > options.reconcile_timeout:
            noticed()
        before = now

    return (yield from watch(flow, seen))


def _guarded(options: CallOptions, flow: Flow[T]) -> Flow[T]:
    """Run a flow; raise before a write if more time has passed than the pauses and requests of the flow explain.

    :raises StaleStateError: the process was suspended for more than ``reconcile_timeout``.
    """
    started, planned = options.clocks(), 0.0
    outcome: Reply | None = None
    while True:
        try:
            step = flow.send(outcome)
        except StopIteration as stop:
            result: T = stop.value
            return result
        is_write = isinstance(step, Send) and step.request.method != "GET"
        suspended = _elapsed(started, options.clocks()) - planned
        if is_write and suspended > options.reconcile_timeout:
            flow.close()
            raise StaleStateError(f"the process was suspended for {suspended:.0f} s before a write")
        sent = options.clocks()
        outcome = yield step
        if isinstance(step, Pause):
            planned += step.seconds
        elif outcome is not None and not isinstance(outcome, HeldBack):
            attempt = min(outcome.seconds, options.reconcile_timeout)
            planned += attempt
            if is_write and _elapsed(sent, options.clocks()) - attempt > options.reconcile_timeout:
                # A response from before the suspension says nothing about what exists now.
                reason = "the process was suspended while it waited for the response"
                outcome = RequestFailure(reason=reason, sent=True, seconds=attempt)


def _elapsed(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Return the longer of the times elapsed on two clocks, because one may stop while the machine is suspended."""
    return max(later - earlier for earlier, later in zip(start, end, strict=True))
