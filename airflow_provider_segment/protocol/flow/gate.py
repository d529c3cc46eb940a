"""A pure state machine that decides when a request may be sent under a rate limit shared by a whole process.

https://docs.segmentapis.com/tag/Rate-Limits
"""

from __future__ import annotations

import math

from airflow_provider_segment.protocol.wire.messages import HeldBack, Response
from airflow_provider_segment.protocol.wire.rate_limit import (
    MAX_RETRY_AFTER,
    limit_shown_by,
    rate_limit_reset,
    remaining_shown_by,
    retry_after_of,
)

POLL_RESERVE = 0.2
"""Share of a window's requests that polls leave to operators and to other processes."""

_DEFAULT_WINDOW = 60.0
"""Length of a window in seconds, until the responses show it."""

_DEFAULT_SPACING = 0.1
"""Seconds between two waiting requests while the limit is unknown."""

_RESPONSE_TIME = 1.0
"""Seconds after which the responses to requests in flight have shown when the window ends."""

_MAX_JITTER = 0.25
"""Seconds over which requests other than polls are spread when the gate opens."""

_UNKNOWN_RETRY_AFTER = 1.0
"""Seconds for which a 429 that requests no wait closes the gate."""


class Gate:
    """The state of one rate limit, as seen by this process.

    All times are seconds of one monotonic clock.

    :param limit: documented requests per window, used until responses show the real limit; ``None`` if not documented.
    """

    def __init__(self, *, limit: int | None = None) -> None:
        self._limit = limit
        self._remaining = limit or 0
        self._reset_at = -math.inf
        self._last_reset: float | None = None
        self._closed_until = -math.inf
        self._next_slot = -math.inf  # slots of polls; other requests do not queue behind them
        self._in_flight = 0
        self._window = _DEFAULT_WINDOW

    def enter(
        self, now: float, *, poll: bool, slot: float | None = None, max_wait: float = math.inf, jitter: float = 0.5
    ) -> HeldBack | None:
        """Let a request through, or hold it back and return when to ask again.

        :param now: the time.
        :param poll: whether the request leaves a share of the limit to others.
        :param slot: the slot it got before, if any.
        :param max_wait: seconds that it can wait; no slot is reserved beyond that.
        :param jitter: a random number from 0 to 1; spreads requests within their slots.
        :return: ``None`` if the request may be sent; ``leave`` must follow.
        """
        opens_at = self._opens_at(now, poll=poll)
        if opens_at <= now and not (poll and self._is_paced(now)):
            self._let_through()
            return None
        if poll and slot is not None and slot <= now and self._closed_until <= now:
            self._let_through()
            return None
        if not poll:
            seconds = max(opens_at - now, 0.0) + jitter * _MAX_JITTER
            return HeldBack(seconds=seconds, slot=now + seconds, limit=self._limit)
        spacing = self._spacing()
        start = max(now, opens_at, self._next_slot)
        seconds = start - now + jitter * spacing
        if seconds <= max_wait:
            self._next_slot = start + spacing
        return HeldBack(seconds=seconds, slot=now + seconds, limit=self._limit)

    def _let_through(self) -> None:
        self._in_flight += 1
        self._remaining -= 1

    def leave(self, now: float, response: Response | None) -> None:
        """Record the response to a request that was let through.

        :param now: the time.
        :param response: its response; ``None`` if there was none.
        """
        self._in_flight -= 1
        if response is None:
            return
        if response.status == 429:
            self._close(now, response)
        remaining = remaining_shown_by(response)
        if remaining is None:
            return
        self._remaining = remaining - self._in_flight
        self._limit = limit_shown_by(response) or self._limit
        # After most responses plenty of requests remain, and the dates in their headers are costly to parse.
        if (
            self._limit is not None
            and remaining < self._limit / 2
            and (reset := rate_limit_reset(response)) is not None
        ):
            self._note_reset(now + min(max(reset, 0.0), MAX_RETRY_AFTER))

    def _close(self, now: float, response: Response) -> None:
        seconds = retry_after_of(response)
        seconds = _UNKNOWN_RETRY_AFTER if seconds is None else min(seconds, MAX_RETRY_AFTER)
        self._closed_until = max(self._closed_until, now + seconds)

    def _note_reset(self, reset_at: float) -> None:
        if self._last_reset is not None and reset_at - self._last_reset > _SAME_RESET:
            self._window = min(self._window, reset_at - self._last_reset)
        self._reset_at = self._last_reset = reset_at

    def _opens_at(self, now: float, *, poll: bool) -> float:
        if now < self._closed_until:
            return self._closed_until
        if self._limit is None:
            return now
        if -math.inf < self._reset_at <= now:  # a new window has started
            self._remaining, self._reset_at = self._limit - self._in_flight, -math.inf
        reserve, waiting = 0.0, 0
        if poll:
            reserve = self._limit * POLL_RESERVE
            waiting = math.floor(max(0.0, self._next_slot - now) / self._spacing())
        if self._remaining - waiting > reserve:
            return now
        if self._reset_at > now:
            return self._reset_at
        return now + _RESPONSE_TIME if self._in_flight else now

    def _is_paced(self, now: float) -> bool:
        """Return whether polls must wait for slots.

        They must while other polls wait, and after a 429 until one window after the requested wait has ended.
        """
        return now < self._closed_until + self._window or now < self._next_slot

    def _spacing(self) -> float:
        if self._limit is None:
            return _DEFAULT_SPACING
        return self._window / max(1, math.ceil(self._limit * (1 - POLL_RESERVE)))  # as many as leave the reserve


_SAME_RESET = 2.0
"""Seconds by which two readings of the same reset may differ, because the headers have whole seconds."""
