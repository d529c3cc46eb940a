"""The criteria of a wait, the query of a poll, and the observation a poll returns."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from airflow_provider_segment.protocol.api.granularity import LONGEST_WINDOW, Interval
from airflow_provider_segment.protocol.arguments import check_choice, check_count
from airflow_provider_segment.protocol.delivery.condition import Condition, check_conditions
from airflow_provider_segment.protocol.delivery.window import AUTO, Window, adds_up, check_retention, check_window
from airflow_provider_segment.protocol.selection import DestinationSelection, check_destination
from airflow_provider_segment.protocol.times import check_duration, format_utc

if TYPE_CHECKING:
    from airflow_provider_segment.protocol.api.delivery_metrics import DeliveryMetrics


BESIDE_ID = ("source", "source_id")
"""The arguments that may be passed with the id of the destination."""
FAIL, SKIP, WAIT = "fail", "skip", "wait"
"""The choices for a closed window that does not meet the conditions."""
WARN = "warn"

NOT_ADDITIVE = "averages and percentiles cannot be added up over the requests that the window needs"
"""Why a condition on a time has no value in a window that one request does not cover."""


class MetricsQuery(Struct, frozen=True, gc=False):
    """The metrics to fetch, and the time from which to poll. Waits with equal queries can share their polls.

    :param destination_id: the destination; empty until it is located.
    :param source_id: its source; empty until it is known.
    :param window: the time window.
    :param not_before: the earliest time at which a poll can give a verdict; ``None`` for any time.
    :param selection: the selection of the destination, until both ids are known.
    :param if_disabled: what to do if the destination is disabled: ``fail`` or ``warn``.
    """

    destination_id: str
    source_id: str
    window: Window
    not_before: datetime | None = None
    selection: DestinationSelection | None = None
    if_disabled: str = WARN

    def located(self, destination_id: str, source_id: str) -> MetricsQuery:
        """Return the query with the ids of the destination and its source.

        :param destination_id: id of the destination.
        :param source_id: id of its source.
        """
        return replace(self, destination_id=destination_id, source_id=source_id, selection=None)


class Observation(Struct, frozen=True, gc=False):
    """The result of one poll.

    :param at: when the poll was made; timezone-aware.
    :param metrics: the delivery metrics; ``None`` before the window starts, or if Segment no longer has them.
    :param interval: the bounds within which events counted; ``None`` if nothing was requested.
    :param pieces: number of requests that the metrics were added up from.
    :param no_data: why Segment no longer has the metrics of a closed window.
    :param destination_id: the destination, if the trigger located it.
    :param source_id: id of its source, if the trigger located it.
    :param problem: why the destination may never get deliveries, if the trigger checked it; otherwise empty.
    """

    at: datetime
    metrics: DeliveryMetrics | None = None
    interval: Interval | None = None
    pieces: int = 1
    no_data: str | None = None
    destination_id: str | None = None
    source_id: str | None = None
    problem: str = ""

    @property
    def granularity(self) -> str | None:
        """The requested granularity; ``None`` if no metrics were requested."""
        return None if self.interval is None else self.interval.granularity

    @property
    def has_events(self) -> bool:
        """Whether any event was attempted or is being retried, which proves that the destination exists."""
        return self.metrics is not None and bool(self.metrics["attempted"] or self.metrics["retried"])


class WaitCriteria(Struct, frozen=True, kw_only=True, gc=False):
    """The criteria by which a wait succeeds or fails.

    :param destination: the selection of the destination.
    :param success_when: conditions that must all hold for success.
    :param fail_when: conditions of which any one fails the wait; they take precedence over success.
    :param window: the time window in which events count.
    :param min_attempted: number of attempted events needed for a verdict.
    :param settle_time: how long after the window's end to wait for late data before success is decided.
    :param on_unmet: ``wait`` to keep waiting after the window has closed without meeting the conditions; otherwise the
        wait ends then, and the sensor fails or skips.
    :param if_disabled: what to do if the destination is disabled: ``warn`` or ``fail``.
    """

    destination: DestinationSelection
    success_when: tuple[Condition, ...]
    fail_when: tuple[Condition, ...]
    window: Window
    min_attempted: int
    settle_time: timedelta
    on_unmet: str
    if_disabled: str = WARN

    @property
    def query(self) -> MetricsQuery:
        """The query for the delivery metrics."""
        selection = self.destination
        return MetricsQuery(
            selection.destination_id or "",
            selection.source_id or "",
            self.window,
            not_before=self._first_useful_poll,
            selection=None if selection.has_ids else selection,
            if_disabled=self.if_disabled,
        )

    def located(self, destination_id: str, source_id: str) -> WaitCriteria:
        """Return the criteria with the ids of the destination and its source.

        :param destination_id: id of the destination.
        :param source_id: id of its source.
        """
        return replace(self, destination=DestinationSelection(destination_id=destination_id, source_id=source_id))

    @property
    def _first_useful_poll(self) -> datetime | None:
        if self.window.end is not None and not self.fail_when:
            return self.window.end + self.settle_time  # only success remains to be decided, and not earlier
        return self.window.start

    @property
    def warning(self) -> str | None:
        """A warning if a single event can decide a condition on a rate, which is allowed but probably not intended."""
        rates = [str(condition) for condition in (*self.success_when, *self.fail_when) if condition.is_rate]
        if self.min_attempted > 1 or not rates:
            return None
        return (
            f"min_attempted is {self.min_attempted}, so a single event can decide {', '.join(rates)}; set it high"
            " enough for a rate to be meaningful"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the arguments of ``check_criteria`` that recreate these criteria, as plain JSON."""
        window = self.window
        return {
            **self.destination.to_json(),
            "success_when": [str(condition) for condition in self.success_when],
            "fail_when": [str(condition) for condition in self.fail_when],
            "window": window.length and window.length.total_seconds(),
            "start_time": window.start and format_utc(window.start),
            "end_time": window.end and format_utc(window.end),
            "min_attempted": self.min_attempted,
            "settle_time": self.settle_time.total_seconds(),
            "on_unmet": self.on_unmet,
            "if_disabled": self.if_disabled,
            "granularity": window.granularity,
        }


def check_criteria(
    *,
    success_when: Any,
    destination_id: Any = None,
    source: Any = None,
    source_id: Any = None,
    destination_type: Any = None,
    metadata_id: Any = None,
    name: Any = None,
    fail_when: Any = (),
    window: Any = None,
    start_time: Any = None,
    end_time: Any = None,
    min_attempted: Any = 1,
    settle_time: Any = timedelta(seconds=120),
    on_unmet: Any = FAIL,
    if_disabled: Any = WARN,
    granularity: Any = AUTO,
) -> WaitCriteria:
    """Check the arguments of a wait; the sensor's docstring explains them.

    :raises ValueError: an argument is not allowed; the message names it, its value and what is allowed.
    """
    checked_window = check_window(window=window, start_time=start_time, end_time=end_time, granularity=granularity)
    checked_settle_time = check_settle_time("settle_time", settle_time)
    check_retention(checked_window, checked_settle_time)
    selection = {
        "destination_id": destination_id,
        "source": source,
        "source_id": source_id,
        "destination_type": destination_type,
        "metadata_id": metadata_id,
        "name": name,
    }
    return WaitCriteria(
        destination=check_destination(selection, beside_id=BESIDE_ID),
        success_when=check_window_conditions("success_when", success_when, checked_window, at_least=1),
        fail_when=check_window_conditions("fail_when", fail_when, checked_window),
        window=checked_window,
        min_attempted=check_count("min_attempted", min_attempted),
        settle_time=checked_settle_time,
        on_unmet=check_on_unmet("on_unmet", on_unmet),
        if_disabled=check_if_disabled("if_disabled", if_disabled),
    )


def check_window_conditions(argument: str, value: Any, window: Window, *, at_least: int = 0) -> tuple[Condition, ...]:
    """Parse conditions, and check that their metrics can be computed for the window.

    :param argument: name of the argument, for the message.
    :param value: one condition or a sequence of them.
    :param window: the window.
    :param at_least: minimum number of conditions.
    :raises ValueError: as for ``check_conditions``; or a condition on a time needs more than one request.
    """
    conditions = check_conditions(argument, value, at_least=at_least)
    times = [str(condition) for condition in conditions if condition.is_time]
    if times and adds_up(window):
        raise ValueError(
            f"{argument}: {times[0]!r} has no value in this window: {NOT_ADDITIVE}; use a window of at most 4 hours,"
            " align it to whole hours (UTC), or set granularity to HOUR or DAY"
        )
    return conditions


def check_on_unmet(argument: str, value: Any) -> str:
    """Check a value of ``on_unmet``: what to do when a window closes without meeting the conditions.

    :param argument: name of the argument, for the message.
    :param value: the argument's value.
    """
    return check_choice(argument, value, (FAIL, SKIP, WAIT))


def check_if_disabled(argument: str, value: Any) -> str:
    """Check the value of ``if_disabled``, which says what to do if the destination is disabled.

    :param argument: name of the argument, for the message.
    :param value: the argument's value.
    """
    return check_choice(argument, value, (WARN, FAIL))


def check_settle_time(argument: str, value: Any) -> timedelta:
    """Check a settle time, which may be at most as long as the longest window.

    :param argument: name of the argument, for the message.
    :param value: a duration, in any form that ``check_duration`` accepts.
    """
    settle_time = check_duration(argument, value)
    if settle_time > LONGEST_WINDOW:
        raise ValueError(f"{argument} is {settle_time}; it must be at most {LONGEST_WINDOW.days} days")
    return settle_time
