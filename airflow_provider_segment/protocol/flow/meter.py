"""Measuring the time that a flow spends on attempts and pauses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Pause, Reply, Step
from airflow_provider_segment.protocol.flow.watching import watch
from airflow_provider_segment.protocol.wire.messages import HeldBack, RequestFailure, Response

T = TypeVar("T")


@dataclass(slots=True)
class Meter:
    """The time spent on attempts and pauses, excluding waits for rate limits, which have a separate budget.

    :param seconds: time spent so far.
    """

    seconds: float = 0.0

    def run(self, flow: Flow[T]) -> Flow[T]:
        """Run a flow, and add the time spent on its attempts and pauses to the total.

        :param flow: the flow to run.
        """
        return watch(flow, self._add)

    def _add(self, step: Step, outcome: Reply | None) -> None:
        if isinstance(step, Pause) and not step.for_rate_limit:
            self.seconds += step.seconds
        elif outcome is not None and not isinstance(outcome, HeldBack) and not _is_rate_limited(outcome):
            self.seconds += outcome.seconds

    def left(self, options: CallOptions) -> float:
        """Return the number of seconds left in ``retry_budget``.

        :param options: the options with the budget.
        """
        return max(0.0, options.retry_budget - self.seconds)


def _is_rate_limited(outcome: Response | RequestFailure) -> bool:
    return isinstance(outcome, Response) and outcome.status == 429
