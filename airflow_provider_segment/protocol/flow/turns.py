"""When deferred tasks may go on: turns under one rate limit, as one triggerer gives them out. A pure state machine.

Segment counts requests in windows that begin with the first request. So turns come in rounds: at most as many as the
limit allows in the first half of a round, and a round lasts a little longer than a window, since a task takes some
seconds from its turn to its request.
"""

from __future__ import annotations

import math

from airflow_provider_segment.protocol.wire.rate_limit import WINDOW

_SLACK = 5.0
"""Seconds by which a round is longer than a window."""

_SPREAD = 0.5
"""Share of a window over which the turns of a round are spread."""

_SAME_RESET = 5.0
"""Seconds by which two reports of the end of one window may differ."""

_UNKNOWN_LIMIT = 60
"""Turns in a round if no response has shown the limit."""

_RECOVERY = 0.25
"""Turns by which a round grows after others have used a part of the limit."""


class Turns:
    """The turns under one rate limit; times are seconds since 1970."""

    def __init__(self) -> None:
        self._round = -math.inf
        self._taken = 0
        self._size = math.inf
        self._allowed = _UNKNOWN_LIMIT

    def take(self, now: float, *, count: int, limit: int | None, not_before: float, rejected: bool) -> float:
        """Return the time of a task's turn.

        :param now: the time from which on the task could go on.
        :param count: how many requests the task is going to send.
        :param limit: requests per window, if known.
        :param not_before: earliest time: the end of the window, if a response has shown it.
        :param rejected: whether the task has had a turn, but others had used the limit: another triggerer, or a
            person. Rounds then get smaller, and grow again slowly.
        """
        self._allowed = limit or _UNKNOWN_LIMIT
        self._size = min(self._size, self._allowed)
        if rejected:
            self._size = max(1.0, self._size - 1)
        self._move_to(max(now, not_before), not_before)
        while self._taken and self._taken + count > int(self._size):
            self._begin(self._round + WINDOW + _SLACK)
        turn = max(now, not_before, self._round + _SPREAD * WINDOW * self._taken / self._allowed)
        self._taken += count
        return turn

    def _move_to(self, earliest: float, reset: float) -> None:
        """Begin a round if the last one is over, or is in a window that others have used up."""
        if self._round + WINDOW + _SLACK <= earliest or self._round + _SAME_RESET < reset:
            self._begin(earliest)
        elif self._round < reset:
            self._round = reset

    def _begin(self, time: float) -> None:
        self._round, self._taken = time, 0
        self._size = min(self._allowed, self._size + _RECOVERY)
