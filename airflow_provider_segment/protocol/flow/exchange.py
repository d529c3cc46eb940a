"""One call, repeated until it is answered, refused, or its budget is spent."""

from __future__ import annotations

import random
from typing import TypeVar

from airflow_provider_segment.protocol.errors import SegmentError, SegmentNotFoundError
from airflow_provider_segment.protocol.flow.responses import read_outcome
from airflow_provider_segment.protocol.flow.retry import NOTHING_SPENT, GiveUp, decide
from airflow_provider_segment.protocol.flow.steps import Flow, Send, Terms, answered
from airflow_provider_segment.protocol.wire.operation import Call

T = TypeVar("T")


def exchange(call: Call[T], terms: Terms) -> Flow[T]:
    """Carry out one call.

    :param call: what to ask.
    :param terms: budgets and names.
    :return: the value of its answer.
    :raises SegmentAmbiguousWriteError: the answer to a create was lost.
    :raises SegmentError: the API refused, or the last fault when a budget is spent.
    """
    spent = NOTHING_SPENT
    while True:
        outcome = answered((yield Send(call.request)))
        try:
            return read_outcome(call, outcome, terms)
        except SegmentError as raised:
            error = raised
        if spent.unsure and call.gone is not None and isinstance(error, SegmentNotFoundError):
            return call.gone()  # an earlier attempt removed it and its answer was lost
        # Not a secret: it only spreads the retries of many tasks.
        decision = decide(call, error, outcome, spent, terms, jitter=random.random())  # noqa: S311
        if isinstance(decision, GiveUp):
            raise decision.error
        spent = decision.spent
        yield decision.pause
