"""The criteria of a wait, the query of a poll, and the observation a poll returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from airflow_provider_segment.protocol.api.granularity import LONGEST_WINDOW, Interval
from airflow_provider_segment.protocol.arguments import check_choice, check_count
from airflow_provider_segment.protocol.delivery.condition import Condition, check_conditions
from airflow_provider_segment.protocol.delivery.window import (
    WINDOW_CHECKS,
    Window,
    adds_up,
    build_window,
    check_one_window,
    check_retention,
)
from airflow_provider_segment.protocol.selection import (
    DESTINATION_CHECKS,
    Check,
    DestinationSelection,
    check_destination_selection,
)
from airflow_provider_segment.protocol.times import check_duration, format_utc

if TYPE_CHECKING:
    from airflow_provider_segment.protocol.api.delivery_metrics import DeliveryMetrics


BESIDE_ID = ("source", "source_id")
"""The arguments that may be passed with the id of the destination."""
FAIL, SKIP, WAIT = "fail", "skip", "wait"
"""The choices for a closed window that does not meet the conditions."""
WARN = "warn"
DEFAULT_SETTLE_TIME = timedelta(seconds=120)

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
    fail_when: tuple[Condition, ...] = ()
    window: Window
    min_attempted: int = 1
    settle_time: timedelta = DEFAULT_SETTLE_TIME
    on_unmet: str = FAIL
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


CRITERIA_CHECKS: Mapping[str, Check] = {
    **DESTINATION_CHECKS,
    "success_when": partial(check_conditions, at_least=1),
    "fail_when": check_conditions,
    **WINDOW_CHECKS,
    "min_attempted": check_count,
    "settle_time": check_settle_time,
    "on_unmet": check_on_unmet,
    "if_disabled": check_if_disabled,
}
"""The arguments of a wait, with their checks; ``build_criteria`` checks how they fit together."""
REQUIRED = frozenset(CRITERIA_CHECKS) - {*DESTINATION_CHECKS, "window", "start_time", "end_time"}
"""The arguments of a wait that may not be ``None``."""


def check_criteria(**arguments: Any) -> WaitCriteria:
    """Check the arguments of a wait, and build its criteria from them.

    :param arguments: arguments in :data:`CRITERIA_CHECKS`, by name; the sensor's docstring explains them.
    :raises ValueError: an argument is not allowed; the message names it, its value and what is allowed.
    """
    check_criteria_combination(arguments)
    present = {name: value for name, value in arguments.items() if value is not None or name in REQUIRED}
    return build_criteria({name: CRITERIA_CHECKS[name](name, value) for name, value in present.items()})


def check_criteria_combination(arguments: Mapping[str, Any]) -> None:
    """Check that one destination and one window are selected; templates need not be rendered yet.

    :param arguments: the arguments of a wait, by name; ``None`` if not set.
    :raises ValueError: the message names the arguments.
    """
    selection = {name: arguments.get(name) for name in DESTINATION_CHECKS}
    check_destination_selection(selection, beside_id=BESIDE_ID)
    check_one_window(window=arguments.get("window"), start_time=arguments.get("start_time"))


def build_criteria(checked: Mapping[str, Any]) -> WaitCriteria:
    """Build the criteria of a wait from checked arguments, and check how these fit together.

    :param checked: the checked arguments that are set, by name.
    :raises ValueError: arguments contradict each other; the message names them.
    """
    selection = {name: checked[name] for name in DESTINATION_CHECKS if name in checked}
    built = {**checked, "destination": DestinationSelection(**selection), "window": build_wait_window(checked)}
    return WaitCriteria(**{name: built[name] for name in WaitCriteria.__struct_fields__ if name in built})


def build_wait_window(checked: Mapping[str, Any]) -> Window:
    """Build the window of a wait, and check that the settle time and the conditions fit it.

    :param checked: the checked arguments that are set, by name; conditions may be missing.
    :raises ValueError: arguments contradict each other; the message names them.
    """
    window = build_window(**{name: checked[name] for name in WINDOW_CHECKS if name in checked})
    check_retention(window, checked.get("settle_time", DEFAULT_SETTLE_TIME))
    for name in ("success_when", "fail_when"):
        check_window_conditions(name, checked.get(name, ()), window)
    return window


def check_window_conditions(argument: str, conditions: Sequence[Condition], window: Window) -> None:
    """Check that the metrics of conditions can be computed for the window.

    :param argument: name of the argument, for the message.
    :param conditions: the conditions.
    :param window: the window.
    :raises ValueError: a condition on a time needs more than one request.
    """
    times = [str(condition) for condition in conditions if condition.is_time]
    if times and adds_up(window):
        raise ValueError(
            f"{argument}: {times[0]!r} has no value in this window: {NOT_ADDITIVE}; use a window of at most 4 hours,"
            " align it to whole hours (UTC), or set granularity to HOUR or DAY"
        )
