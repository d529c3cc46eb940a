"""One call with its retries."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

from airflow_provider_segment.protocol.errors import SegmentError, SegmentNotFoundError
from airflow_provider_segment.protocol.flow.responses import parse_outcome
from airflow_provider_segment.protocol.flow.retry import GiveUp, decide, hold_back
from airflow_provider_segment.protocol.flow.retry_state import NO_RETRIES
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Outcome, Send, require_outcome
from airflow_provider_segment.protocol.wire.messages import HeldBack, Response
from airflow_provider_segment.protocol.wire.operation import Call

T = TypeVar("T")


def exchange(call: Call[T], options: CallOptions, *, after_timeout: Callable[[], Call[T]] | None = None) -> Flow[T]:
    """Send a request, and retry until it succeeds, fails permanently, or exhausts a budget.

    :param call: the call to make.
    :param options: budgets, and what messages name and redact.
    :param after_timeout: returns the call to make after an attempt timed out; by default, the same call.
    :return: the decoded response.
    :raises SegmentAmbiguousWriteError: the response to a create was lost.
    :raises SegmentError: the API rejected the request, or the last failure when a budget is spent.
    """
    state = options.unfinished.pop((call.request.method, call.request.path), NO_RETRIES)
    slot: float | None = None
    while True:
        wait_left = options.rate_limit_budget - state.rate_limit_seconds
        outcome = require_outcome((yield Send(call.request, slot, wait_left)))
        if isinstance(outcome, HeldBack):
            state, pause = hold_back(call, outcome, state, options)
            slot = outcome.slot
            yield pause
            continue
        slot = None
        try:
            return parse_outcome(call, outcome, options)
        except SegmentError as raised:
            error = raised
        if state.maybe_applied and call.gone is not None and isinstance(error, SegmentNotFoundError):
            return call.gone()  # an earlier attempt deleted it, and its response was lost
        # Not for security: it only spreads the retries of many tasks.
        decision = decide(call, error, outcome, state, options, jitter=random.random())  # noqa: S311
        if isinstance(decision, GiveUp):
            raise decision.error
        state = decision.state
        yield decision.pause
        if after_timeout is not None and _timed_out(outcome):
            call = after_timeout()


def _timed_out(outcome: Outcome) -> bool:
    """Return whether the request timed out, in the client or at a gateway."""
    return outcome.status in {408, 504} if isinstance(outcome, Response) else outcome.timed_out
