"""How long a plan takes at Segment's limit of 5 calls a minute for each kind of subscription write."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from airflow_provider_segment.protocol.api.operations import (
    CREATE_SUBSCRIPTION,
    REMOVE_SUBSCRIPTION,
    UPDATE_SUBSCRIPTION,
)
from airflow_provider_segment.protocol.flow.steps import Upcoming
from airflow_provider_segment.protocol.phrases import counted
from airflow_provider_segment.protocol.provisioning.plan import Plan, Result
from airflow_provider_segment.protocol.wire.rate_limit import OWN_LIMIT

_CREATE, _UPDATE, _REMOVE = "c", "u", "r"
_OPERATIONS = {_CREATE: CREATE_SUBSCRIPTION, _UPDATE: UPDATE_SUBSCRIPTION, _REMOVE: REMOVE_SUBSCRIPTION}


@dataclass(frozen=True, slots=True)
class Forecast:
    """The number of rate-limited calls in plans, and the time that they take.

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


def forecast(plans: Iterable[str]) -> Forecast:
    """Return the number of rate-limited calls and the time that they take in sequence.

    :param plans: the calls of each plan, from :func:`limited_calls`, in the order of execution.
    """
    now = 0.0
    sent: defaultdict[str, list[float]] = defaultdict(list)
    for kind in "".join(plans):
        times = sent[kind]
        if len(times) >= OWN_LIMIT:
            now = max(now, times[-OWN_LIMIT] + 60)
        times.append(now)
    return Forecast(sum(map(len, sent.values())), math.ceil(now / 60))


def limited_calls(plan: Plan, done: Collection[int] = ()) -> str:
    """Return the rate-limited calls of a plan as one letter each: ``c`` is a create, ``u`` an update, ``r`` a removal.

    :param plan: the plan.
    :param done: the positions of the subscriptions that are written already.
    """
    return "".join(_limited_calls(plan, done))


def announce(plans: Iterable[str]) -> Iterator[Upcoming]:
    """Announce the number of rate-limited calls of each kind, so that one deferral can cover several of them.

    :param plans: the calls of each plan, from :func:`limited_calls`.
    """
    for kind, count in Counter("".join(plans)).items():
        yield Upcoming(_OPERATIONS[kind].name, count)


def _limited_calls(plan: Plan, done: Collection[int]) -> Iterator[str]:
    for position, part in plan.of(Result.CREATED):
        if position in done:
            continue
        yield _CREATE
        if part.spec is not None and part.spec.reverse_etl_schedule is not None:
            yield _UPDATE  # a create can't set the schedule
    for result, kind in ((Result.CHANGED, _UPDATE), (Result.REMOVED, _REMOVE)):
        yield from (kind for position, _ in plan.of(result) if position not in done)
