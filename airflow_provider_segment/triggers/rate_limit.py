"""The trigger with which deferred operators wait for a rate limit. https://docs.segmentapis.com/tag/Rate-Limits"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_segment.hooks.connection_form import DEFAULT_CONN_ID
from airflow_provider_segment.protocol.flow.turns import Turns

RESUMED = "resumed"
"""The status of the event."""

_MAX_SLEEP = 300.0
"""Longest sleep, in seconds, before the wall clock is checked: the loop's clock stops while a machine is suspended."""

_SHORTEST_WAIT = 5.0
"""Seconds until the first event. Airflow's scheduler must notice that the worker has ended before the task is queued
again; otherwise it may treat the end of the first run as a failure of the second."""

_CLOCK_ERROR = 1.0
"""Tolerance in seconds between the wall clock and the monotonic clock, which measures how long a task slept."""

_TURNS: dict[tuple[str, str], Turns] = {}
"""The turns of this triggerer by connection and rate limit. Another triggerer, or a restarted one, has its own."""


class SegmentRateLimitTrigger(BaseTrigger):
    """A trigger that fires when a deferred task may send its next requests under a rate limit.

    It sends no requests and reads no connection. All arguments are plain JSON without settings or secrets.

    :param limited_as: name of the rate limit; empty for the general one.
    :param count: how many requests the task is going to send.
    :param limit: requests per window, if known.
    :param not_before: earliest time, in seconds since 1970.
    :param min_wait: shortest wait in seconds, after which no earlier request is in flight.
    :param rejected: whether the task's request was sent and rejected.
    :param deadline: latest time, in seconds since 1970; ``None`` for any.
    :param state: what the task has done so far; returned in the event.
    :param segment_conn_id: the Airflow connection; tasks of one connection take turns.
    """

    supports_triggerer_queue = True

    def __init__(
        self,
        *,
        limited_as: str,
        count: int = 1,
        limit: int | None = None,
        not_before: float = 0.0,
        min_wait: float = 0.0,
        rejected: bool = False,
        deadline: float | None = None,
        state: dict[str, Any] | None = None,
        segment_conn_id: str = DEFAULT_CONN_ID,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.limited_as = limited_as
        self.count = count
        self.limit = limit
        self.not_before = not_before
        self.min_wait = min_wait
        self.rejected = rejected
        self.deadline = deadline
        self.state = state
        self.segment_conn_id = segment_conn_id

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the trigger's class path and arguments, which Airflow stores while the task waits."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "limited_as": self.limited_as,
                "count": self.count,
                "limit": self.limit,
                "not_before": self.not_before,
                "min_wait": self.min_wait,
                "rejected": self.rejected,
                "deadline": self.deadline,
                "state": self.state,
                "segment_conn_id": self.segment_conn_id,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield an event at the task's turn or deadline, whichever comes first."""
        started = time.monotonic()
        name = self.limited_as or "requests"
        count = await self._wait_for_turn()
        yield TriggerEvent(
            {
                "status": RESUMED,
                "message": f"turn to send {count} {name}",
                "granted": {self.limited_as: count},
                "slept": time.monotonic() - started,
                "state": self.state,
            }
        )

    async def _wait_for_turn(self) -> int:
        """Wait until the task's turn, or its deadline.

        :return: how many requests it may send.
        """
        turns = _TURNS.setdefault((self.segment_conn_id, self.limited_as), Turns())
        if self.rejected:
            turns.report_rejection(reset=self.not_before)
        ready_at = max(self.not_before, time.time() + max(self.min_wait + _CLOCK_ERROR, _SHORTEST_WAIT))
        ticket = turns.join(count=self.count, limit=self.limit, ready_at=ready_at)
        try:
            while True:
                now = time.time()
                if self.deadline is not None and now >= self.deadline:
                    return 0
                next_time = turns.ask(ticket, now)
                if next_time <= now:
                    return ticket.count
                await _sleep(min(next_time, self.deadline or next_time) - now)
        finally:
            turns.leave(ticket)


async def _sleep(seconds: float) -> None:
    await asyncio.sleep(min(seconds, _MAX_SLEEP))
