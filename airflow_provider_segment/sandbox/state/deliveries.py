"""Deliveries of events to a destination, and their totals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from airflow_provider_segment.sandbox import decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch of deliveries at one moment: counts by result, and timings.

    :param at: seconds since 1970.
    :param successes: events delivered.
    :param successes_after_retry: delivered events that took more than one attempt.
    :param discarded: events that the destination rejected.
    :param expired: events that Segment gave up on.
    :param retried: number of retries.
    :param time_to_success: average and 95th percentile; None if not measured.
    :param time_to_first_attempt: average and 95th percentile; None if not measured.
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
    """Automatic deliveries at a fixed rate; the first one happens one interval after the start.

    :param since: start of the stream, in seconds since 1970.
    :param until: end of the stream; None while it runs.
    :param per_minute: events per minute.
    """

    since: float
    until: float | None
    per_minute: float

    def count_before(self, moment: float) -> int:
        """Return the number of events before ``moment``."""
        end = moment if self.until is None else min(moment, self.until)
        if end <= self.since:
            return 0
        period = 60.0 / self.per_minute
        return math.ceil((end - self.since) / period) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The average and 95th percentile of a duration over many events.

    :param events: number of events measured.
    :param average: average over all of them.
    :param p95: 95th percentile.
    """

    events: int = 0
    average: float = 0.0
    p95: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Totals of the deliveries in a time window."""

    successes_on_first_attempt: int
    successes_after_retry: int
    discarded: int
    expired: int
    retried: int
    time_to_success: Timing
    time_to_first_attempt: Timing

    @property
    def successes(self) -> int:
        """The number of events delivered."""
        return self.successes_on_first_attempt + self.successes_after_retry


class DeliveryLog:
    """All deliveries of one destination."""

    def __init__(self) -> None:
        self._batches: list[Batch] = []
        self._streams: list[Stream] = []

    def add(self, batch: Batch) -> None:
        """Add a batch of deliveries."""
        self._batches.append(batch)

    def set_rate(self, per_minute: float, *, now: float) -> None:
        """Set the rate of automatic deliveries from now on.

        :param per_minute: events per minute; 0 stops them.
        :param now: seconds since 1970.
        """
        if self._streams and self._streams[-1].until is None:
            if self._streams[-1].per_minute == per_minute:
                return
            self._streams[-1] = replace(self._streams[-1], until=now)
        if per_minute > 0:
            self._streams.append(Stream(since=now, until=None, per_minute=per_minute))

    def summary(self, *, since: float, until: float) -> Summary:
        """Return the totals of a time window, ``since`` inclusive and ``until`` exclusive."""
        batches = [batch for batch in self._batches if since <= batch.at < until]
        automatic = sum(max(0, stream.count_before(until) - stream.count_before(since)) for stream in self._streams)
        if automatic:
            batches.append(_automatic_batch(automatic, at=since))
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


def _automatic_batch(successes: int, *, at: float) -> Batch:
    return Batch(
        at=at,
        successes=successes,
        time_to_success=decisions.AUTOMATIC_TIME_TO_SUCCESS,
        time_to_first_attempt=decisions.AUTOMATIC_TIME_TO_FIRST_ATTEMPT,
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
