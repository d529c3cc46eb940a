"""Watching the steps of a flow and the replies to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from airflow_provider_segment.protocol.flow.steps import Flow, Reply, Step

T = TypeVar("T")


def watch(flow: Flow[T], seen: Callable[[Step, Reply | None], None]) -> Flow[T]:
    """Run a flow; call a function with each step and its reply.

    :param flow: a generator that has not started.
    :param seen: called before the flow continues.
    """
    reply: Reply | None = None
    while True:
        try:
            step = flow.send(reply)
        except StopIteration as stop:
            result: T = stop.value
            return result
        reply = yield step
        seen(step, reply)
