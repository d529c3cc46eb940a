"""The table: every write x every fault x once and twice x within one run and across runs x settings of Segment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from tests.exactly_one.writes import WRITES, Write
from tests.scale import SCALE

RECONCILE_TIMEOUT = 1.5
"""It is the timeout of an attempt too, except in rows in which attempts time out."""
LATE = 0.15
LAG = 0.1
"""Together well below ``RECONCILE_TIMEOUT``, so that a slow machine doesn't matter."""
TIMEOUT = 0.8


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of fault.

    :param details: further settings of the fault.
    :param applied: whether the request is applied, at once or late.
    :param known: whether the client knows that it was not applied.
    """

    kind: str
    details: Mapping[str, Any] = field(default_factory=dict)
    applied: bool = True
    known: bool = False


KINDS = (
    Kind(kind="status", details={"status": 503}, applied=False),
    Kind(kind="rate_limit", details={"retry_after": 0}, applied=False, known=True),
    Kind(kind="drop_before", applied=False),
    Kind(kind="drop_after"),
    Kind(kind="late", details={"seconds": LATE}),
    Kind(kind="delay", details={"seconds": TIMEOUT + 0.3}),
    Kind(kind="truncate"),
    Kind(kind="garbage"),
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of the table.

    :param write: the write that fails.
    :param kind: of the fault.
    :param times: how often it fails.
    :param budget: the connection's ``retry_budget``: with 0 every fault fails the run, and a new operator continues.
    :param settings: of the sandbox.
    """

    write: Write
    kind: Kind
    times: int
    budget: float
    settings: Mapping[str, Any]

    def __str__(self) -> str:
        where = "in one run" if self.budget else "across runs"
        return f"{self.write.name}, {self.kind.kind} x {self.times}, {where}, {dict(self.settings)}"

    @property
    def fires(self) -> tuple[int, ...]:
        """How often the fault may occur: a request that was applied and is detected is not sent again."""
        checked_before_repeating = self.write.method == "POST" or (self.budget == 0 and self.write.repeatable)
        if not (self.kind.applied and checked_before_repeating):
            return (self.times,)
        least = min(self.times, self.write.targets)
        # Only a create waits for late requests; other writes may be sent again before.
        repeated_early = self.kind.kind == "late" and self.write.method != "POST"
        return tuple(range(least, self.times + 1)) if repeated_early else (least,)

    @property
    def posts(self) -> int:
        """How many POSTs are sent: one for each object, and one more for each that was not applied."""
        lost = self.times if self.write.method == "POST" and not self.kind.applied else 0
        return self.write.creates + lost


MERGE = {"settings_update": "merge"}
REPLACE = {"settings_update": "replace"}
LAGGING = {"settings_update": "merge", "list_lag_seconds": LAG}


def cases(write: Write, settings: Mapping[str, Any]) -> Iterator[Case]:
    """Yield all rows of a write; the default run uses only the hardest ones for further settings."""
    hardest = settings is not MERGE and SCALE == 1
    for kind, times, budget in product(KINDS, (2,) if hardest else (1, 2), (0.0,) if hardest else (20.0, 0.0)):
        yield Case(write=write, kind=kind, times=times, budget=budget, settings=settings)


def table() -> list[Case]:
    """Return all rows."""
    return [row for settings in (MERGE, REPLACE, LAGGING) for write in WRITES for row in cases(write, settings)]
