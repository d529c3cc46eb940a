"""What to watch a destination for, checked; and the verdict of one look."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, TypedDict

from msgspec import Struct

from airflow_provider_segment.protocol.arguments import check_count, check_id
from airflow_provider_segment.protocol.delivery.condition import Condition, check_conditions, number_text
from airflow_provider_segment.protocol.delivery.sighting import Question, Sighting
from airflow_provider_segment.protocol.delivery.window import (
    AUTO,
    LONGEST,
    Window,
    check_duration,
    check_reach,
    check_window,
    utc_text,
)

if TYPE_CHECKING:
    from airflow_provider_segment.protocol.delivery.metrics import DeliveryMetrics


class Watch(Struct, frozen=True, kw_only=True):
    """What to watch for.

    :param destination_id: of this destination.
    :param source_id: the destination's source.
    :param success_when: all must hold.
    :param fail_when: any one ends the watch as failed, and wins.
    :param window: which stretch of time counts.
    :param min_attempted: events attempted before anything is decided on either side.
    :param settle: how long after the window's end success is decided, since data lags.
    """

    destination_id: str
    source_id: str
    success_when: tuple[Condition, ...]
    fail_when: tuple[Condition, ...]
    window: Window
    min_attempted: int
    settle: timedelta

    @property
    def question(self) -> Question:
        """What has to be asked for it."""
        return Question(self.destination_id, self.source_id, self.window)

    def plain(self) -> dict[str, Any]:
        """The arguments of ``check_watch`` that make this watch again, as plain JSON."""
        window = self.window
        return {
            "destination_id": self.destination_id,
            "source_id": self.source_id,
            "success_when": [str(condition) for condition in self.success_when],
            "fail_when": [str(condition) for condition in self.fail_when],
            "window": window.length and window.length.total_seconds(),
            "start_time": window.start and utc_text(window.start),
            "end_time": window.end and utc_text(window.end),
            "min_attempted": self.min_attempted,
            "settle": self.settle.total_seconds(),
            "granularity": window.granularity,
        }


class Fate(Enum):
    """How a look ended."""

    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Evidence(TypedDict):
    """What a verdict rests on; goes into XCom."""

    metrics: DeliveryMetrics
    conditions: dict[str, bool]
    start_time: str
    end_time: str
    granularity: str


class Verdict(Struct, frozen=True):
    """What a look found.

    :param fate: how it ended.
    :param progress: one line for a person: each condition, its value, how far it is.
    :param evidence: what it rests on; ``None`` where there was nothing to look at yet.
    """

    fate: Fate
    progress: str
    evidence: Evidence | None = None


def check_watch(
    *,
    destination_id: Any,
    source_id: Any,
    success_when: Any,
    fail_when: Any = (),
    window: Any = None,
    start_time: Any = None,
    end_time: Any = None,
    min_attempted: Any = 1,
    settle: Any = timedelta(seconds=120),
    granularity: Any = AUTO,
) -> Watch:
    """Check all arguments of a watch; see the sensor for what they mean.

    :raises ValueError: naming the argument, what was given and what is allowed.
    """
    checked_window = check_window(window=window, start_time=start_time, end_time=end_time, granularity=granularity)
    checked_settle = check_settle("settle", settle)
    check_reach(checked_window, checked_settle)
    return Watch(
        destination_id=check_id("destination_id", destination_id),
        source_id=check_id("source_id", source_id),
        success_when=check_conditions("success_when", success_when, at_least=1),
        fail_when=check_conditions("fail_when", fail_when),
        window=checked_window,
        min_attempted=check_count("min_attempted", min_attempted),
        settle=checked_settle,
    )


def check_settle(argument: str, value: Any) -> timedelta:
    """Check how long late data is awaited: no longer than any window is.

    :param argument: the argument's name.
    :param value: what was given; see ``check_duration``.
    """
    settle = check_duration(argument, value)
    if settle > LONGEST:
        raise ValueError(f"{argument} is {settle}; it must be at most {LONGEST.days} days, as long as a window can be")
    return settle


def judge(watch: Watch, sighting: Sighting) -> Verdict:
    """Decide from what a look saw; the one rule for every mode of the sensor, and for the triggers.

    :param watch: what to watch for.
    :param sighting: what was seen.
    """
    if sighting.found is None:
        start = "" if watch.window.start is None else f": it starts at {utc_text(watch.window.start)}"
        return Verdict(Fate.WAITING, f"nothing of the window has passed yet{start}")
    metrics, interval = sighting.found.metrics, sighting.found.interval
    conditions = (*watch.success_when, *watch.fail_when)
    evidence = Evidence(
        metrics=metrics,
        conditions={str(condition): condition.holds(metrics) for condition in conditions},
        start_time=utc_text(interval.start),
        end_time=utc_text(interval.end),
        granularity=interval.granularity,
    )
    progress = _progress(watch, metrics)
    if metrics["attempted"] < watch.min_attempted:
        missing = f"{number_text(metrics['attempted'])} of at least {watch.min_attempted} events attempted"
        return Verdict(Fate.WAITING, f"{missing}; {progress}", evidence)
    if failed := [condition for condition in watch.fail_when if condition.holds(metrics)]:
        reasons = ", ".join(_described(condition, metrics) for condition in failed)
        return Verdict(Fate.FAILED, f"{reasons}: deliveries failed", evidence)
    if not all(condition.holds(metrics) for condition in watch.success_when):
        return Verdict(Fate.WAITING, progress, evidence)
    if (decided_at := _decided_at(watch)) is not None and sighting.at < decided_at:
        return Verdict(Fate.WAITING, f"{progress}; late data is awaited until {utc_text(decided_at)}", evidence)
    return Verdict(Fate.SUCCEEDED, progress, evidence)


def _decided_at(watch: Watch) -> datetime | None:
    return None if watch.window.end is None else watch.window.end + watch.settle


def _progress(watch: Watch, metrics: DeliveryMetrics) -> str:
    goals = ", ".join(_described(condition, metrics, gap=True) for condition in watch.success_when)
    if not watch.fail_when:
        return goals
    return f"{goals}; fails when {' or '.join(_described(condition, metrics) for condition in watch.fail_when)}"


def _described(condition: Condition, metrics: DeliveryMetrics, *, gap: bool = False) -> str:
    value = condition.value(metrics)
    if value is None:
        return f"{condition} (no value yet)"
    if condition.holds(metrics):
        return f"{condition} (holds: {number_text(value)})"
    return f"{condition} (now {number_text(value)}{_gap(condition.number - value) if gap else ''})"


def _gap(missing: float) -> str:
    """How far a value is from its goal."""
    if not missing:
        return ""
    return f", {number_text(float(f'{abs(missing):.6g}'))} {'short' if missing > 0 else 'too many'}"
