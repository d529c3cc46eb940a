"""What of a wait goes into the log: a line when something changes, and one now and then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_segment.protocol.delivery.verdict import Verdict

AT_LEAST_EVERY = timedelta(minutes=5)
"""A wait that says nothing for longer looks like one that hangs."""


class Narrator:
    """Remembers what was said of one wait.

    :param destination_id: of the destination that is watched.

    ``last`` is the progress it spoke of last.
    """

    def __init__(self, destination_id: str) -> None:
        self._destination_id = destination_id
        self.last = "nothing was seen yet"
        self._granularity: str | None = None
        self._said_at: datetime | None = None
        self._seen: Verdict | None = None

    def lines(self, verdict: Verdict, at: datetime) -> Iterator[str]:
        """Say what is worth saying of a look.

        :param verdict: of the look.
        :param at: the time of the look.
        """
        granularity = verdict.sighting.found and verdict.sighting.found.interval.granularity
        if self._granularity and granularity and granularity != self._granularity:
            yield f"Granularity is {granularity} from now on: the window has grown; counts may differ."
        self._granularity = granularity or self._granularity
        due = self._said_at is None or at - self._said_at >= AT_LEAST_EVERY
        if not due and self._seen is not None and verdict.says_the_same_as(self._seen):
            return
        self._seen = verdict
        if due or verdict.progress != self.last:
            yield f"Destination {self._destination_id} {verdict.fate.value}: {verdict.progress}"
            self.last, self._said_at = verdict.progress, at
