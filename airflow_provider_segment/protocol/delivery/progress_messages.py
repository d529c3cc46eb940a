"""The parts of a progress message: event counts, conditions, the time window and the destination."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from airflow_provider_segment.protocol.delivery.condition import Condition

if TYPE_CHECKING:
    from airflow_provider_segment.protocol.api.delivery_metrics import DeliveryMetrics
    from airflow_provider_segment.protocol.api.granularity import Interval

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_GOAL = "success_rate"
_NEED = {">=": "", ">": "over ", "<=": "at most ", "<": "below ", "==": "exactly ", "!=": "other than "}
_ALLOWED = {">": "up to ", ">=": "below ", "<": "at least ", "<=": "above ", "==": "other than ", "!=": "exactly "}
"""The values that a ``fail_when`` condition allows, in words, by operator."""
_MAX_DECIMALS = 6
_SHORT = timedelta(minutes=10)


def numbers_text(metrics: DeliveryMetrics, success_when: Sequence[Condition]) -> str:
    """Return how many events were delivered, and how many failed.

    :param metrics: the delivery metrics.
    :param success_when: the conditions for success; unmet ones on ``success_rate`` are shown beside the numbers.
    """
    retried = f", {_number(metrics['retried'])} being retried" if metrics["retried"] else ""
    rate = metrics["success_rate"]
    if rate is None:
        return f"no events attempted{retried}"
    goals = [one for one in success_when if one.name == _GOAL]
    needs = [f", need {_NEED[one.op]}{_limit(one)}" for one in goals if not one.holds(metrics)]
    return (
        f"{_number(metrics['successes'])} of {_number(metrics['attempted'])} delivered"
        f" ({_percent(rate, goals)}{''.join(needs)}), {_number(metrics['failures'])} failed{retried}"
    )


def needs_text(metrics: DeliveryMetrics, success_when: Sequence[Condition], *, no_time: str = "") -> list[str]:
    """Return a message for each success condition that does not hold, except conditions on the success rate.

    :param metrics: the delivery metrics.
    :param success_when: the conditions for success.
    :param no_time: why times have no value, if they can't have one.
    """
    missing = [one for one in success_when if one.name != _GOAL and not one.holds(metrics)]
    return [
        f"{one.name} {_value(one, metrics, no_time if one.is_time else '')}, need {_NEED[one.op]}{_limit(one)}"
        for one in missing
    ]


def failures_text(metrics: DeliveryMetrics, fail_when: Sequence[Condition]) -> list[str]:
    """Return a message for each failure condition that holds.

    :param metrics: the delivery metrics.
    :param fail_when: the conditions for failure.
    """
    met = [one for one in fail_when if one.holds(metrics)]
    return [f"{one.name} {_value(one, metrics)}, allowed {_ALLOWED[one.op]}{_limit(one)}" for one in met]


def interval_text(interval: Interval | None) -> str:
    """Format a time window like ``25 Nov 00:00 to 26 Nov 00:00 UTC, by minute``; return ``""`` for ``None``.

    Short windows are shown with seconds.

    :param interval: the time window, in UTC.
    """
    if interval is None:
        return ""
    clock = "%H:%M:%S" if interval.end - interval.start < _SHORT else "%H:%M"
    start, end = (f"{time.day} {_MONTHS[time.month - 1]} {time:{clock}}" for time in (interval.start, interval.end))
    return f"{start} to {end} UTC, by {interval.granularity.lower()}"


def _value(condition: Condition, metrics: DeliveryMetrics, no_value: str = "") -> str:
    value = condition.value(metrics)
    if value is None:
        return f"has no value: {no_value}" if no_value else "has no value yet"
    return f"is {_percent(value, [condition]) if condition.is_rate else _number(value)}"


def _limit(condition: Condition) -> str:
    return f"{round(condition.number * 100, 10):,.10g} %" if condition.is_rate else _number(condition.number)


def _percent(rate: float, conditions: Sequence[Condition]) -> str:
    """Format a rate with one decimal, or with more if needed to show which side of a condition's limit it is on."""
    for decimals in range(1, _MAX_DECIMALS):
        shown = round(rate * 100, decimals) / 100
        if all(one.compare(shown) == one.compare(rate) for one in conditions):
            break
    return f"{rate * 100:.{decimals}f} %"


def _number(value: float) -> str:
    return f"{int(value) if float(value).is_integer() else value:,}"
