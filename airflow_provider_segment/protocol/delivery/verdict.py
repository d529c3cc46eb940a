"""The verdict on one poll; the rules are the same for the triggers and every mode of the sensor."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, TypedDict

from msgspec import Struct

from airflow_provider_segment.protocol.delivery.coverage import RETRY_PERIOD
from airflow_provider_segment.protocol.delivery.criteria import NOT_ADDITIVE, WAIT, Observation, WaitCriteria
from airflow_provider_segment.protocol.delivery.progress_messages import (
    failures_text,
    interval_text,
    needs_text,
    numbers_text,
)
from airflow_provider_segment.protocol.times import format_utc

if TYPE_CHECKING:
    from airflow_provider_segment.protocol.api.delivery_metrics import DeliveryMetrics


class Status(Enum):
    """The status of a wait after a poll."""

    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNMET = "unmet"


class Reason(Enum):
    """The reason for the status of a verdict."""

    NOT_STARTED = "the window has not started"
    NOT_DECIDED_YET = "success is decided only after the window's end"
    TOO_FEW_EVENTS = "fewer than min_attempted events"
    FAILURE_MET = "a condition of fail_when holds"
    SUCCESS_UNMET = "a condition of success_when does not hold"
    LATE_DATA = "late data may still arrive"
    SUCCESS_MET = "all conditions of success_when hold"
    WINDOW_UNMET = "the window has closed without meeting the conditions"
    NO_DATA = "Segment no longer has the window's metrics"


_STATUS = {
    Reason.FAILURE_MET: Status.FAILED,
    Reason.SUCCESS_MET: Status.SUCCEEDED,
    Reason.WINDOW_UNMET: Status.UNMET,
    Reason.NO_DATA: Status.UNMET,
}


class Evidence(TypedDict):
    """The data behind a verdict, as the sensor returns it.

    ``metrics``: the :class:`DeliveryMetrics`; ``conditions``: each condition and whether it holds; ``start_time``,
    ``end_time`` and ``granularity``: the bounds within which events counted.
    """

    metrics: DeliveryMetrics
    conditions: dict[str, bool]
    start_time: str
    end_time: str
    granularity: str


class Verdict(Struct, frozen=True, gc=False):
    """The verdict on a poll. Messages and evidence are built on demand, because most polls change nothing.

    :param reason: why the verdict has its status.
    :param criteria: the criteria of the wait.
    :param observation: what the poll returned.
    """

    reason: Reason
    criteria: WaitCriteria
    observation: Observation

    @property
    def status(self) -> Status:
        """The status of the wait after the poll."""
        return _STATUS.get(self.reason, Status.WAITING)

    @property
    def progress(self) -> str:
        """The progress in one line: how many events were delivered, and what is missing or has failed."""
        if self.observation.no_data is not None:
            return f"{self.reason.value}: {self.observation.no_data}"
        return _message(self.reason, self.criteria, self.observation)

    @property
    def window(self) -> str:
        """The time window in which events were counted; empty if nothing was requested."""
        return interval_text(self.observation.interval)

    @property
    def evidence(self) -> Evidence | None:
        """The data behind the verdict; ``None`` if the poll requested no metrics."""
        metrics, interval = self.observation.metrics, self.observation.interval
        if metrics is None or interval is None:
            return None
        conditions = (*self.criteria.success_when, *self.criteria.fail_when)
        return Evidence(
            metrics=metrics.copy(),
            conditions={str(condition): condition.holds(metrics) for condition in conditions},
            start_time=format_utc(interval.start),
            end_time=format_utc(interval.end),
            granularity=interval.granularity,
        )

    def has_same_progress_as(self, other: Verdict) -> bool:
        """Return whether both verdicts have the same progress message, without building the messages.

        :param other: another verdict on the same criteria.
        """
        return self.reason is other.reason and self.observation.metrics == other.observation.metrics


def evaluate(criteria: WaitCriteria, observation: Observation) -> Verdict:
    """Return the verdict on a poll.

    :param criteria: the criteria of the wait.
    :param observation: what the poll returned.
    """
    return Verdict(_reason(criteria, observation), criteria, observation)


def _reason(criteria: WaitCriteria, observation: Observation) -> Reason:
    if observation.no_data is not None:
        return Reason.NO_DATA
    if observation.metrics is None:
        start, decided_from = criteria.window.start, criteria.query.not_before
        waits_for_end = start is not None and decided_from is not None and start < observation.at < decided_from
        return Reason.NOT_DECIDED_YET if waits_for_end else Reason.NOT_STARTED
    reason = _reason_of_metrics(criteria, observation.metrics)
    if reason is Reason.SUCCESS_MET:
        settled_at = success_decided_at(criteria)
        return Reason.LATE_DATA if settled_at is not None and observation.at < settled_at else reason
    if reason is not Reason.FAILURE_MET:
        closed_at = unmet_decided_at(criteria, observation.metrics)
        return Reason.WINDOW_UNMET if closed_at is not None and observation.at >= closed_at else reason
    return reason


def _reason_of_metrics(criteria: WaitCriteria, metrics: DeliveryMetrics) -> Reason:
    least = criteria.min_attempted
    # Loops, because these run at every poll of every wait, and generators would take twice as long.
    for condition in criteria.fail_when:
        if condition.events(metrics) >= least and condition.holds(metrics):
            return Reason.FAILURE_MET
    for condition in criteria.success_when:
        if condition.events(metrics) < least:
            return Reason.TOO_FEW_EVENTS
    for condition in criteria.success_when:
        if not condition.holds(metrics):
            return Reason.SUCCESS_UNMET
    return Reason.SUCCESS_MET


def success_decided_at(criteria: WaitCriteria) -> datetime | None:
    """Return when success can be decided: ``settle_time`` after the window's end; ``None`` if the window has no end.

    :param criteria: the criteria of the wait.
    """
    return None if criteria.window.end is None else criteria.window.end + criteria.settle_time


def unmet_decided_at(criteria: WaitCriteria, metrics: DeliveryMetrics) -> datetime | None:
    """Return the time from which unmet conditions end the wait; ``None`` if they never do.

    The time is later if events are being retried.

    :param criteria: the criteria of the wait.
    :param metrics: the delivery metrics.
    """
    if criteria.window.end is None or criteria.on_unmet == WAIT:
        return None
    late = criteria.settle_time
    return criteria.window.end + (max(late, RETRY_PERIOD) if metrics["retried"] else late)


def _message(reason: Reason, criteria: WaitCriteria, observation: Observation) -> str:
    metrics = observation.metrics
    if reason is Reason.NOT_DECIDED_YET and (settled_at := success_decided_at(criteria)):
        return f"{reason.value}; the next poll runs at {format_utc(settled_at)} or later"
    if metrics is None:
        start = "" if criteria.window.start is None else f"; it starts at {format_utc(criteria.window.start)}"
        return f"{reason.value}{start}"
    parts = [numbers_text(metrics, criteria.success_when)]
    if reason is Reason.FAILURE_MET:
        return "; ".join([*parts, *failures_text(metrics, criteria.fail_when)])
    if _reason_of_metrics(criteria, metrics) is Reason.TOO_FEW_EVENTS:
        parts.append(f"need {criteria.min_attempted:,} attempted")
    parts += needs_text(metrics, criteria.success_when, no_time=NOT_ADDITIVE if observation.pieces > 1 else "")
    if reason is Reason.WINDOW_UNMET:
        parts.append(reason.value)
    if reason is Reason.LATE_DATA and (settled_at := success_decided_at(criteria)):
        parts.append(f"waiting for late data until {format_utc(settled_at)}")
    return "; ".join(parts)
