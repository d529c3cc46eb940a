"""How long to wait before the next look."""

from __future__ import annotations

import math

from airflow_provider_segment.protocol.errors import SegmentError, SegmentRateLimitError

SHORTEST = 1.0
"""Seconds from beat to beat: whatever interval is asked for, one wait asks no more often in the long run."""

TICK = 0.01
"""Seconds between two ticks."""

_AFTER_FAULTS = (1.0, 60.0)
"""Least wait after the first fault, doubled with each further one, and where that ends."""


def next_look(poke_interval: float, *, faults: int = 0, error: SegmentError | None = None) -> float:
    """Say how many seconds to wait.

    :param poke_interval: what was asked for.
    :param faults: how many looks in a row have failed.
    :param error: of the last one; a rate limit says itself when to come back.
    """
    wait = max(poke_interval, SHORTEST)
    if faults:
        first, longest = _AFTER_FAULTS
        wait = max(wait, min(longest, first * 2.0 ** min(faults - 1, 16)))
    return max(wait, asked_to_wait(error))


def next_beat(poke_interval: float, *, began: float, now: float) -> float:
    """Say how many seconds to wait after a look that went well, so that the looks keep their beat.

    One that comes late, since other work held it up, does not make those after it late: a thousand waits would gather
    behind each hold-up, and look all at once from then on.

    :param poke_interval: what was asked for.
    :param began: when the look began, in seconds since the first one was due.
    :param now: when it has ended, in the same.
    :return: until the next beat that is at least half an interval after the beginning.
    """
    interval = next_look(poke_interval)
    return math.ceil(max(now, began + interval / 2) / interval) * interval - now


def on_tick(moment: float) -> float:
    """Move a moment on to the next tick that all waits share.

    Looks that are due almost together then come together, and the event loop wakes once for them.

    :param moment: in seconds.
    """
    return math.ceil(moment / TICK) * TICK


def asked_to_wait(error: SegmentError | None) -> float:
    """Say how many seconds Segment wants not to be asked, having refused a look for its rate limit.

    :param error: of the look.
    """
    return (error.retry_after or 0.0) if isinstance(error, SegmentRateLimitError) else 0.0
