"""Conditions on delivery metrics: ``<name> <op> <number>``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from airflow_provider_segment.protocol.api import metric_names

if TYPE_CHECKING:
    from airflow_provider_segment.protocol.api.delivery_metrics import DeliveryMetrics

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_PATTERN = r"(?a)\s*(\w+)\s*(>=|<=|==|!=|>|<)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)\s*"


class Condition(Struct, frozen=True, gc=False):
    """A comparison of one metric with a number.

    :param name: name of the metric.
    :param op: one of ``> >= < <= == !=``.
    :param number: the number to compare with.
    """

    name: str
    op: str
    number: float

    def __str__(self) -> str:
        return f"{self.name} {self.op} {format_number(self.number)}"

    def holds(self, metrics: DeliveryMetrics) -> bool:
        """Return whether the metric meets the condition; a metric without a value never does, not even with ``!=``.

        :param metrics: the delivery metrics.
        """
        value = self.value(metrics)
        return value is not None and self.compare(value)

    def compare(self, value: float) -> bool:
        """Return whether a value meets the condition.

        :param value: the metric's value.
        """
        return _OPERATORS[self.op](value, self.number)

    @property
    def is_rate(self) -> bool:
        """Whether the metric is a rate."""
        return self.name in metric_names.RATES

    @property
    def is_time(self) -> bool:
        """Whether the metric is a time: an average or a 95th percentile."""
        return self.name in metric_names.TIMES

    def events(self, metrics: DeliveryMetrics) -> float:
        """Return how many events the metric is based on: attempted events and, for ``retried``, also retried ones.

        :param metrics: the delivery metrics.
        """
        return metrics["attempted"] + (metrics["retried"] if self.name == "retried" else 0)

    def value(self, metrics: DeliveryMetrics) -> float | None:
        """Return the metric's value; ``None`` if it has none.

        :param metrics: the delivery metrics.
        """
        value: float | None = metrics[self.name]  # type: ignore[literal-required]
        return value


def format_number(number: float) -> str:
    """Format a number without a trailing ``.0`` and without losing digits."""
    return str(int(number)) if float(number).is_integer() and abs(number) < 1e16 else repr(number)


def check_conditions(argument: str, value: Any, *, at_least: int = 0) -> tuple[Condition, ...]:
    """Parse one condition or a sequence of them.

    :param argument: name of the argument, for the message.
    :param value: the argument's value.
    :param at_least: minimum number of conditions.
    :raises ValueError: a condition is malformed, names an unknown metric or can never hold; or there are too few
        conditions.
    """
    conditions = [value] if isinstance(value, str) else value
    if not isinstance(conditions, Sequence):
        raise ValueError(
            f"{argument} is of type {type(value).__name__}; it must be a condition or a sequence of conditions"
        )
    if len(conditions) < at_least:
        raise ValueError(f"{argument} is empty; it needs at least {at_least} condition")
    return tuple(_parse(argument, condition) for condition in conditions)


def _parse(argument: str, condition: Any) -> Condition:
    match = re.fullmatch(_PATTERN, condition) if isinstance(condition, str) else None
    if match is None:
        raise ValueError(
            f"{argument}: {condition!r} is not a condition; write '<name> <op> <number>' with one of"
            f" {' '.join(_OPERATORS)}, such as 'success_rate >= 0.99'"
        )
    name, op, number = match[1], match[2], float(match[3])
    if name not in metric_names.ALL:
        from difflib import get_close_matches  # no DAG file needs it unless it has an error

        similar = get_close_matches(name, metric_names.ALL, n=1)
        hint = f"did you mean {similar[0]!r}?" if similar else f"use one of {', '.join(metric_names.ALL)}"
        raise ValueError(f"{argument}: unknown metric {name!r} in {condition!r}; {hint}")
    if reason := _why_impossible(name, op, number):
        raise ValueError(f"{argument}: {condition!r} can never hold: {reason}")
    return Condition(name, op, number)


def _why_impossible(name: str, op: str, number: float) -> str | None:
    if number < 0:
        return f"{name} is never negative"
    if number == 0 and op == "<":
        return f"{name} is never below 0"
    if name in metric_names.RATES:
        if number > 1:
            return f"{name} is between 0 and 1"
        return f"{name} is never above 1" if number == 1 and op == ">" else None
    if number == float("inf"):
        return "the number is too large"
    return (
        None
        if name in metric_names.TIMES or op != "==" or number.is_integer()
        else f"{name} counts events and is a whole number"
    )
