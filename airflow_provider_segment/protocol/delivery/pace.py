"""How long to wait before the next look."""

from __future__ import annotations

from airflow_provider_segment.protocol.errors import SegmentError, SegmentRateLimitError

SHORTEST = 1.0
"""Seconds: whatever interval is asked for, one wait never asks more often."""

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


def asked_to_wait(error: SegmentError | None) -> float:
    """Say how many seconds Segment wants not to be asked, having refused a look for its rate limit.

    :param error: of the look.
    """
    return (error.retry_after or 0.0) if isinstance(error, SegmentRateLimitError) else 0.0
