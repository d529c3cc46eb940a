"""A pure state machine that assigns turns to the deferred tasks that wait for one rate limit in the same triggerer.

Segment counts requests in windows that begin with the first request. So turns come in rounds: at most as many as the
limit allows, spread over the first half of a round. A round lasts a little longer than a window, since a task takes
some seconds from its turn to its request. Tasks get turns in the order of their arrival.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from airflow_provider_segment.protocol.wire.rate_limit import WINDOW

_ROUND = WINDOW + 3.0
"""Seconds from the first turn of a round to the next round."""

_SPREAD = WINDOW / 2
"""Seconds over which the turns of a round are spread."""

_UNKNOWN_LIMIT = 60
"""Turns in a round if no response has shown the limit."""

_RECOVERY = 0.5
"""Turns by which rounds grow after a round without a rejected request."""


@dataclass(slots=True, eq=False)
class Ticket:
    """A task's place in the queue for sending requests under a rate limit.

    :param count: how many requests the task is going to send; after its turn, how many it may send.
    :param ready_at: earliest time of its turn.
    """

    count: int
    ready_at: float


class Turns:
    """The queue of tasks that wait for turns under one rate limit; times are seconds since 1970."""

    def __init__(self) -> None:
        self._queue: list[Ticket] = []
        self._began = self._ends = -math.inf
        self._taken = 0
        self._allowed = _UNKNOWN_LIMIT
        self._size = math.inf
        self._rejections = 0

    def join(self, *, count: int, limit: int | None, ready_at: float) -> Ticket:
        """Add a task to the queue, and return its ticket.

        :param count: how many requests the task is going to send.
        :param limit: requests per window, if known.
        :param ready_at: earliest time of its turn.
        """
        self._allowed = limit or _UNKNOWN_LIMIT
        self._size = min(self._size, self._allowed)
        ticket = Ticket(count, ready_at)
        self._queue.append(ticket)
        return ticket

    def report_rejection(self, *, reset: float) -> None:
        """Assign no more turns until the limit is reset, because another triggerer or client has used it up.

        The next rounds are smaller, and grow again slowly.

        :param reset: end of the window.
        """
        self._taken = max(self._taken, self._allowed)
        self._ends = max(self._ends, reset)
        self._rejections += 1

    def ask(self, ticket: Ticket, now: float) -> float:
        """Take a ticket's turn if it has come; otherwise return when to ask again.

        The count of a ticket that takes its turn is limited to the rest of the round, so that no request is unused.

        :param ticket: the task's ticket.
        :param now: the time.
        :return: a time after ``now`` if the ticket must wait; otherwise the start of its turn.
        """
        if now < ticket.ready_at:
            return ticket.ready_at
        is_over = now >= self._ends
        began, taken, size = (now, 0, self._next_size) if is_over else (self._began, self._taken, self._size)
        before = taken + self._count_before(ticket, now)
        room = int(size) - before
        if room <= 0:
            end = now + _ROUND if is_over else self._ends
            return end + -room // self._allowed * _ROUND
        turn = began + _SPREAD * before / self._allowed
        if turn <= now:
            ticket.count = min(ticket.count, room)
            self._take(ticket, now, is_over=is_over)
        return turn

    def leave(self, ticket: Ticket) -> None:
        """Remove a ticket from the queue, if it is still there.

        :param ticket: the task's ticket.
        """
        if ticket in self._queue:
            self._queue.remove(ticket)

    @property
    def _next_size(self) -> float:
        if self._rejections == 0:
            return min(self._allowed, self._size + _RECOVERY)
        return max(1.0, self._size - self._rejections / 2)

    def _count_before(self, ticket: Ticket, now: float) -> int:
        ahead = 0
        for other in self._queue:
            if other is ticket:
                break
            if other.ready_at <= now:
                ahead += other.count
        return ahead

    def _take(self, ticket: Ticket, now: float, *, is_over: bool) -> None:
        if is_over:
            self._size, self._rejections = self._next_size, 0
            self._began, self._ends, self._taken = now, now + _ROUND, 0
        self._taken += ticket.count
        self._queue.remove(ticket)
