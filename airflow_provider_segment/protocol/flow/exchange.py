"""One call, repeated until it is answered, refused, or its budget is spent."""

from __future__ import annotations

import random
from typing import TypeVar

from airflow_provider_segment.protocol.errors import SegmentError, SegmentNotFoundError
from airflow_provider_segment.protocol.flow.responses import parse_outcome
from airflow_provider_segment.protocol.flow.retry import NO_RETRIES, GiveUp, decide
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Send, require_outcome
from airflow_provider_segment.protocol.wire.operation import Call

T = TypeVar("T")


def exchange(call: Call[T], options: CallOptions) -> Flow[T]:
    """Carry out one call.

    :param call: what to ask.
    :param options: budgets and names.
    :return: the value of its answer.
    :raises SegmentAmbiguousWriteError: the answer to a create was lost.
    :raises SegmentError: the API refused, or the last fault when a budget is spent.
    """
    state = NO_RETRIES
    while True:
        outcome = require_outcome((yield Send(call.request)))
        try:
            return parse_outcome(call, outcome, options)
        except SegmentError as raised:
            error = raised
        if state.maybe_applied and call.gone is not None and isinstance(error, SegmentNotFoundError):
            return call.gone()  # an earlier attempt removed it and its answer was lost
        # Not a secret: it only spreads the retries of many tasks.
        decision = decide(call, error, outcome, state, options, jitter=random.random())  # noqa: S311
        if isinstance(decision, GiveUp):
            raise decision.error
        state = decision.state
        yield decision.pause
