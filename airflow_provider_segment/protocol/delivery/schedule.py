"""The schedule of polls."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from airflow_provider_segment.protocol.api.granularity import MINUTE

if TYPE_CHECKING:
    from airflow_provider_segment.protocol.errors import SegmentError

MIN_INTERVAL = 1.0
"""Shortest poll interval, in seconds; shorter ones are raised to it."""

TICK = 0.01
"""Seconds between two ticks."""

_FAILURE_BACKOFF = (1.0, 60.0)
"""Minimum delay after the first failed poll, doubled after each further one, and its maximum, in seconds."""


def useful_interval(poke_interval: float, granularity: str | None, *, per_minute: float) -> float:
    """Return the poll interval in seconds; it is raised for counts per minute, which change at most once a minute.

    :param poke_interval: the requested poll interval, in seconds; polls are never more frequent.
    :param granularity: the last poll's granularity; ``None`` if it requested nothing.
    :param per_minute: seconds between two polls of counts per minute.
    """
    return max(poke_interval, per_minute) if granularity == MINUTE else poke_interval


def poll_delay(poke_interval: float, *, failures: int = 0, error: SegmentError | None = None) -> float:
    """Return how many seconds to sleep before the next poll.

    :param poke_interval: the requested poll interval, in seconds.
    :param failures: how many polls in a row have failed.
    :param error: the error of the last poll, if it failed; a rate limit has its own delay.
    """
    delay = max(poke_interval, MIN_INTERVAL)
    if failures:
        first, longest = _FAILURE_BACKOFF
        delay = max(delay, min(longest, first * 2.0 ** min(failures - 1, 16)))
    return max(delay, requested_delay(error))


def seconds_until_next_poll(poke_interval: float, *, started: float, now: float) -> float:
    """Return how long to sleep so that polls run at a fixed rate.

    A late poll does not delay the ones after it. Sleeping a fixed time after each response instead would let every
    pause of the event loop synchronise all waits, which would then poll at the same moment.

    :param poke_interval: the requested poll interval, in seconds.
    :param started: when the poll started, in seconds since the first one was due.
    :param now: when it ended, on the same clock.
    :return: seconds until the next multiple of the interval that is at least half an interval after the start.
    """
    interval = poll_delay(poke_interval)
    return math.ceil(max(now, started + interval / 2) / interval) * interval - now


def next_in_phase(due: float, *, poke_interval: float, not_before: float) -> float:
    """Return the first poll time at or after a given time, keeping the phase of the polls.

    Keeping the phase spreads waits for the same time, such as the end of an hour, over a whole interval.

    :param due: a time at which a poll is due, in seconds.
    :param poke_interval: the requested poll interval, in seconds.
    :param not_before: the given time, on the same clock.
    """
    interval = poll_delay(poke_interval)
    return due + max(0, math.ceil((not_before - due) / interval)) * interval


def ceil_to_tick(moment: float) -> float:
    """Round a time up to the next tick.

    All waits share the ticks: polls that are due at almost the same time start together, and the event loop wakes up
    only once.

    :param moment: a time in seconds.
    """
    return math.ceil(moment / TICK) * TICK


def requested_delay(error: SegmentError | None) -> float:
    """Return the wait, in seconds, that a rate limit requires before the next poll; 0 if none.

    :param error: the error of a poll, if it failed.
    """
    return 0.0 if error is None else error.retry_after or 0.0
