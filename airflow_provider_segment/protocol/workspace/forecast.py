"""The duration of a plan: Segment limits each kind of subscription write to 5 calls a minute."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from airflow_provider_segment.protocol.phrases import counted
from airflow_provider_segment.protocol.provisioning.plan import Plan, Result
from airflow_provider_segment.protocol.wire.rate_limit import OWN_LIMIT


@dataclass(frozen=True, slots=True)
class Forecast:
    """The limited calls of plans.

    :param limited_calls: creates, updates and removals of subscriptions.
    :param minutes: the minimum time that they take at Segment's limit.
    """

    limited_calls: int
    minutes: int

    def __str__(self) -> str:
        calls = counted(self.limited_calls, "subscription write")
        if not self.minutes:
            return calls
        return f"{calls}, about {counted(self.minutes, 'minute')} at Segment's limit of {OWN_LIMIT} a minute"


def forecast(plans: Iterable[Plan]) -> Forecast:
    """Return the limited calls of plans, and how long they take in sequence.

    :param plans: the plans, in the order of execution.
    """
    now = 0.0
    sent: defaultdict[Result, list[float]] = defaultdict(list)
    for kind in (call for plan in plans for call in _limited_calls(plan)):
        times = sent[kind]
        if len(times) >= OWN_LIMIT:
            now = max(now, times[-OWN_LIMIT] + 60)
        times.append(now)
    return Forecast(sum(map(len, sent.values())), math.ceil(now / 60))


def _limited_calls(plan: Plan) -> Iterator[Result]:
    """Yield the kind of each limited call: creates, updates and removals have one limit each."""
    for _, part in plan.of(Result.CREATED):
        yield Result.CREATED
        if part.spec is not None and part.spec.reverse_etl_schedule is not None:
            yield Result.CHANGED  # a create can't set the schedule
    for result in (Result.CHANGED, Result.REMOVED):
        yield from (result for _ in plan.of(result))
