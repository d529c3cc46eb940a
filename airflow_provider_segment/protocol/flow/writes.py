"""Detecting writes that a flow has sent and Segment may have applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from airflow_provider_segment.protocol.flow.steps import Flow, Reply, Send, Step
from airflow_provider_segment.protocol.flow.watching import watch
from airflow_provider_segment.protocol.wire.messages import HeldBack, Request, Response

T = TypeVar("T")


def may_be_applied(request: Request, reply: Reply | None) -> bool:
    """Return whether a request is a write that Segment may have applied: it was sent and not rejected.

    :param request: the request.
    :param reply: its outcome.
    """
    if request.method == "GET" or isinstance(reply, HeldBack):
        return False
    return not (isinstance(reply, Response) and 400 <= reply.status < 500 and reply.status != 408)


def notice_writes(flow: Flow[T], noticed: Callable[[], None]) -> Flow[T]:
    """Run a flow; call a function after each write that Segment may have applied.

    :param flow: a generator that has not started.
    :param noticed: called before the flow continues.
    """

    def seen(step: Step, reply: Reply | None) -> None:
        if isinstance(step, Send) and may_be_applied(step.request, reply):
            noticed()

    return watch(flow, seen)
