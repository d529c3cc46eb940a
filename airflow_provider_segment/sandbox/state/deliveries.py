"""What a destination delivered, and when."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from airflow_provider_segment.sandbox import decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Events that were delivered at one moment.

    :param at: seconds since 1970.
    :param successes: all events that arrived.
    :param successes_after_retry: how many of those needed more than one attempt.
    :param discarded: events the destination refused.
    :param expired: events given up.
    :param retried: attempts that were repeated.
    :param time_to_success: average and 95th percentile; None when not measured.
    :param time_to_first_attempt: the same for the first attempt.
    """

    at: float
    successes: int = 0
    successes_after_retry: int = 0
    discarded: int = 0
    expired: int = 0
    retried: int = 0
    time_to_success: tuple[float, float] | None = None
    time_to_first_attempt: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Successful deliveries, evenly spread over a stretch of time; the first comes one period after its start.

    :param since: seconds since 1970.
    :param until: the same; None while it goes on.
    """

    since: float
    until: float | None
    per_minute: float

    def count_before(self, moment: float) -> int:
        """Count the events before ``moment``."""
        end = moment if self.until is None else min(moment, self.until)
        if end <= self.since:
            return 0
        period = 60.0 / self.per_minute
        return math.ceil((end - self.since) / period) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """A duration measured over many events.

    :param events: how many were measured.
    :param average: over all of them.
    :param p95: 95th percentile.
    """

    events: int = 0
    average: float = 0.0
    p95: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All deliveries of a window of time, added up."""

    successes_on_first_attempt: int
    successes_after_retry: int
    discarded: int
    expired: int
    retried: int
    time_to_success: Timing
    time_to_first_attempt: Timing

    @property
    def successes(self) -> int:
        """All events that arrived."""
        return self.successes_on_first_attempt + self.successes_after_retry


class DeliveryLog:
    """All deliveries of one destination."""

    def __init__(self) -> None:
        self._batches: list[Batch] = []
        self._streams: list[Stream] = []

    def add(self, batch: Batch) -> None:
        """Note deliveries."""
        self._batches.append(batch)

    def run(self, per_minute: float, *, now: float) -> None:
        """Deliver by itself from now on, ``per_minute`` events a minute; 0 stops it."""
        if self._streams and self._streams[-1].until is None:
            if self._streams[-1].per_minute == per_minute:
                return
            self._streams[-1] = replace(self._streams[-1], until=now)
        if per_minute > 0:
            self._streams.append(Stream(since=now, until=None, per_minute=per_minute))

    def summary(self, *, since: float, until: float) -> Summary:
        """Add up what was delivered from ``since`` on and before ``until``."""
        batches = [batch for batch in self._batches if since <= batch.at < until]
        own = sum(max(0, stream.count_before(until) - stream.count_before(since)) for stream in self._streams)
        if own:
            batches.append(_own_batch(own, at=since))
        successes, after_retry = _total(batches, "successes"), _total(batches, "successes_after_retry")
        return Summary(
            successes_on_first_attempt=successes - after_retry,
            successes_after_retry=after_retry,
            discarded=_total(batches, "discarded"),
            expired=_total(batches, "expired"),
            retried=_total(batches, "retried"),
            time_to_success=_timing([(batch.successes, batch.time_to_success) for batch in batches]),
            time_to_first_attempt=_timing([(_attempted(batch), batch.time_to_first_attempt) for batch in batches]),
        )


def _own_batch(successes: int, *, at: float) -> Batch:
    return Batch(
        at=at,
        successes=successes,
        time_to_success=decisions.OWN_TIME_TO_SUCCESS,
        time_to_first_attempt=decisions.OWN_TIME_TO_FIRST_ATTEMPT,
    )


def _attempted(batch: Batch) -> int:
    return batch.successes + batch.discarded + batch.expired


def _total(batches: Sequence[Batch], name: str) -> int:
    return sum(getattr(batch, name) for batch in batches)


def _timing(measured: Sequence[tuple[int, tuple[float, float] | None]]) -> Timing:
    known = [(events, average, p95) for events, times in measured if times is not None for average, p95 in [times]]
    total = sum(events for events, _, _ in known)
    if total == 0:
        return Timing()
    return Timing(
        events=total,
        average=sum(events * average for events, average, _ in known) / total,
        p95=max(p95 for events, _, p95 in known if events),
    )
