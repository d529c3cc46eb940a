"""Progress logging for a wait: a line when something changes, and one every few minutes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from airflow_provider_segment.protocol.phrases import destination_label
from airflow_provider_segment.protocol.printable import printable
from airflow_provider_segment.protocol.times import format_utc

if TYPE_CHECKING:
    from airflow_provider_segment.protocol.api.granularity import Interval
    from airflow_provider_segment.protocol.delivery.verdict import Verdict

MAX_SILENCE = timedelta(minutes=5)
"""Maximum time between two lines; a wait that is silent for longer looks stuck."""


class ProgressLogger:
    """The progress log of one wait.

    ``last_message`` is the message logged last, without its status; ``name`` is the destination's name, once known;
    ``problem`` is why it may never get deliveries, once known.

    :param destination: its id, or what selects it.
    :param name: its name, if it is known.
    :param problem: why it may never get deliveries, if a reason is known.
    """

    def __init__(self, destination: str, name: str = "", problem: str = "") -> None:
        self._destination = destination
        self.name = name
        self.problem = problem
        self.last_message = "no data yet"
        self._last_progress = ""
        self._granularity: str | None = None
        self._logged_at: datetime | None = None
        self._last_verdict: Verdict | None = None

    def identify(self, destination_id: str, name: str = "", problem: str = "") -> None:
        """Set the destination's id, and its name and problem if known, for all further messages.

        :param destination_id: its id.
        :param name: its name, if it is known.
        :param problem: why it may never get deliveries, if a reason is known.
        """
        self._destination, self.name, self.problem = destination_id, name or self.name, problem or self.problem

    def lines(self, verdict: Verdict, at: datetime) -> Iterator[str]:
        """Yield the lines to log for a poll; often none.

        :param verdict: the verdict on the poll.
        :param at: when the poll was made.
        """
        if (interval := verdict.observation.interval) is not None and interval.granularity != self._granularity:
            yield _describe_bounds(interval, verdict.observation.pieces, changed=self._granularity is not None)
            self._granularity = interval.granularity
        due = self._logged_at is None or at - self._logged_at >= MAX_SILENCE
        if not due and self._last_verdict is not None and verdict.has_same_progress_as(self._last_verdict):
            return
        self._last_verdict = verdict
        progress = verdict.progress  # built on demand
        if due or progress != self._last_progress:
            self._last_progress, self._logged_at = progress, at
            self.last_message = self.describe(verdict)
            yield printable(f"{verdict.status.value}: {self.last_message}")

    def describe(self, verdict: Verdict) -> str:
        """Return the message for a verdict: progress, time window, destination and any problem with the destination.

        :param verdict: the verdict on a poll.
        """
        destination = destination_label(self._destination, self.name)
        problem = f"when the wait started, it was {self.problem}" if self.problem else ""
        parts = (verdict.progress, verdict.window, destination, problem)
        return "; ".join(part for part in parts if part)


def _describe_bounds(interval: Interval, pieces: int, *, changed: bool) -> str:
    requests = "" if pieces == 1 else f", added up from {pieces} requests"
    line = (
        f"Counting events from {format_utc(interval.start)} to {format_utc(interval.end)} at granularity"
        f" {interval.granularity}{requests}"
    )
    return f"{line}; the granularity has changed, because the window has grown" if changed else line
