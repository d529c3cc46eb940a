"""The verdict of one look: the one rule for every mode of the sensor, and for the triggers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, TypedDict

from msgspec import Struct

from airflow_provider_segment.protocol.delivery.condition import Condition, number_text
from airflow_provider_segment.protocol.delivery.criteria import Watch
from airflow_provider_segment.protocol.delivery.sighting import Sighting
from airflow_provider_segment.protocol.delivery.window import utc_text

if TYPE_CHECKING:
    from airflow_provider_segment.protocol.delivery.metrics import DeliveryMetrics


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


# Of the watch and its metrics; ``None`` while there are none.
Words = Callable[[Watch, Any], str]


class Verdict(Struct, frozen=True):
    """What a look found. Its words and its evidence are made when asked for: most looks find nothing new.

    :param fate: how it ended.
    :param words: what tells why.
    :param watch: what was watched for.
    :param sighting: what was seen.
    """

    fate: Fate
    words: Words
    watch: Watch
    sighting: Sighting

    @property
    def progress(self) -> str:
        """One line for a person: each condition, its value, how far it is."""
        return self.words(self.watch, self.sighting.metrics)

    @property
    def evidence(self) -> Evidence | None:
        """What it rests on; ``None`` where there was nothing to look at yet."""
        if self.sighting.found is None:
            return None
        metrics, interval = self.sighting.found.metrics, self.sighting.found.interval
        conditions = (*self.watch.success_when, *self.watch.fail_when)
        return Evidence(
            metrics=metrics,
            conditions={str(condition): condition.holds(metrics) for condition in conditions},
            start_time=utc_text(interval.start),
            end_time=utc_text(interval.end),
            granularity=interval.granularity,
        )

    def says_the_same_as(self, other: Verdict) -> bool:
        """Whether the progress is surely the same, without writing it.

        :param other: of the same watch.
        """
        return self.words is other.words and self.sighting.metrics == other.sighting.metrics


def judge(watch: Watch, sighting: Sighting) -> Verdict:
    """Decide from what a look saw.

    :param watch: what to watch for.
    :param sighting: what was seen.
    """
    return Verdict(*_decide(watch, sighting), watch, sighting)


def _decide(watch: Watch, sighting: Sighting) -> tuple[Fate, Words]:
    metrics = sighting.metrics
    if metrics is None:
        return Fate.WAITING, _nothing_passed
    if metrics["attempted"] < watch.min_attempted:
        return Fate.WAITING, _too_few
    if any(condition.holds(metrics) for condition in watch.fail_when):
        return Fate.FAILED, _reasons
    if not all(condition.holds(metrics) for condition in watch.success_when):
        return Fate.WAITING, _progress
    if (decided_at := _decided_at(watch)) is not None and sighting.at < decided_at:
        return Fate.WAITING, _late_data
    return Fate.SUCCEEDED, _progress


def _decided_at(watch: Watch) -> datetime | None:
    return None if watch.window.end is None else watch.window.end + watch.settle


def _nothing_passed(watch: Watch, _: None) -> str:
    start = "" if watch.window.start is None else f": it starts at {utc_text(watch.window.start)}"
    return f"nothing of the window has passed yet{start}"


def _too_few(watch: Watch, metrics: DeliveryMetrics) -> str:
    attempted = number_text(metrics["attempted"])
    return f"{attempted} of at least {watch.min_attempted} events attempted; {_progress(watch, metrics)}"


def _reasons(watch: Watch, metrics: DeliveryMetrics) -> str:
    reached = [_described(condition, metrics) for condition in watch.fail_when if condition.holds(metrics)]
    return f"{', '.join(reached)}: deliveries failed"


def _late_data(watch: Watch, metrics: DeliveryMetrics) -> str:
    decided_at = _decided_at(watch)
    return f"{_progress(watch, metrics)}; late data is awaited until {decided_at and utc_text(decided_at)}"


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
