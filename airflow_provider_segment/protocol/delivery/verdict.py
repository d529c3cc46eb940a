"""The verdict on one poll: the one rule for every mode of the sensor, and for the triggers."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, TypedDict

from msgspec import Struct

from airflow_provider_segment.protocol.delivery.condition import Condition, format_number
from airflow_provider_segment.protocol.delivery.criteria import Observation, WaitCriteria
from airflow_provider_segment.protocol.times import utc_text

if TYPE_CHECKING:
    from airflow_provider_segment.protocol.api.delivery_metrics import DeliveryMetrics


class Status(Enum):
    """Whether a wait goes on after a poll."""

    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Reason(Enum):
    """Why a verdict has its status."""

    NOT_STARTED = "the window has not started"
    TOO_FEW_EVENTS = "fewer than min_attempted events"
    FAILURE_MET = "a condition of fail_when holds"
    SUCCESS_UNMET = "a condition of success_when does not hold"
    LATE_DATA = "late data may still arrive"
    SUCCESS_MET = "all conditions of success_when hold"


_STATUS = {Reason.FAILURE_MET: Status.FAILED, Reason.SUCCESS_MET: Status.SUCCEEDED}


class Evidence(TypedDict):
    """The data behind a verdict, as the sensor returns it.

    ``metrics``: the :class:`DeliveryMetrics`; ``conditions``: each condition and whether it holds; ``start_time``,
    ``end_time`` and ``granularity``: the interval of the request.
    """

    metrics: DeliveryMetrics
    conditions: dict[str, bool]
    start_time: str
    end_time: str
    granularity: str


class Verdict(Struct, frozen=True):
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
        """Whether the wait goes on."""
        return _STATUS.get(self.reason, Status.WAITING)

    @property
    def progress(self) -> str:
        """The progress in one line: each condition, its value, and how far it is from holding."""
        return _message(self.reason, self.criteria, self.observation.metrics)

    @property
    def evidence(self) -> Evidence | None:
        """The data behind the verdict; ``None`` before the window starts."""
        metrics, interval = self.observation.metrics, self.observation.interval
        if metrics is None or interval is None:
            return None
        conditions = (*self.criteria.success_when, *self.criteria.fail_when)
        return Evidence(
            metrics=metrics,
            conditions={str(condition): condition.holds(metrics) for condition in conditions},
            start_time=utc_text(interval.start),
            end_time=utc_text(interval.end),
            granularity=interval.granularity,
        )

    def has_same_progress_as(self, other: Verdict) -> bool:
        """Return whether both have the same progress message, without building it.

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
    metrics = observation.metrics
    if metrics is None:
        return Reason.NOT_STARTED
    if metrics["attempted"] < criteria.min_attempted:
        return Reason.TOO_FEW_EVENTS
    if any(condition.holds(metrics) for condition in criteria.fail_when):
        return Reason.FAILURE_MET
    if not all(condition.holds(metrics) for condition in criteria.success_when):
        return Reason.SUCCESS_UNMET
    decided_at = _decided_at(criteria)
    return Reason.LATE_DATA if decided_at is not None and observation.at < decided_at else Reason.SUCCESS_MET


def _decided_at(criteria: WaitCriteria) -> datetime | None:
    return None if criteria.window.end is None else criteria.window.end + criteria.settle_time


def _message(reason: Reason, criteria: WaitCriteria, metrics: DeliveryMetrics | None) -> str:
    if metrics is None:
        start = "" if criteria.window.start is None else f"; it starts at {utc_text(criteria.window.start)}"
        return f"the window has not started{start}"
    if reason is Reason.FAILURE_MET:
        met = [_describe(condition, metrics) for condition in criteria.fail_when if condition.holds(metrics)]
        return f"deliveries failed: {', '.join(met)}"
    progress = _progress(criteria, metrics)
    if reason is Reason.TOO_FEW_EVENTS:
        attempted = format_number(metrics["attempted"])
        return f"{attempted} of at least {criteria.min_attempted} events attempted; {progress}"
    if reason is Reason.LATE_DATA and (decided_at := _decided_at(criteria)):
        return f"{progress}; waiting for late data until {utc_text(decided_at)}"
    return progress


def _progress(criteria: WaitCriteria, metrics: DeliveryMetrics) -> str:
    goals = ", ".join(_describe(condition, metrics, gap=True) for condition in criteria.success_when)
    if not criteria.fail_when:
        return goals
    return f"{goals}; fails when {' or '.join(_describe(condition, metrics) for condition in criteria.fail_when)}"


def _describe(condition: Condition, metrics: DeliveryMetrics, *, gap: bool = False) -> str:
    value = condition.value(metrics)
    if value is None:
        return f"{condition} (no value yet)"
    if condition.holds(metrics):
        return f"{condition} (holds: {format_number(value)})"
    return f"{condition} (now {format_number(value)}{_gap(condition.number - value) if gap else ''})"


def _gap(missing: float) -> str:
    """Return how far a value is from its goal, in words."""
    if not missing:
        return ""
    return f", {format_number(float(f'{abs(missing):.6g}'))} {'short' if missing > 0 else 'too many'}"
