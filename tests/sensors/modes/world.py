"""What Segment answers at each look, by a script; and our sensor and trigger in it, without sockets or waiting."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Self, TypeAlias

import pytest
from airflow.providers.common.compat.sdk import BaseSensorOperator

from airflow_provider_segment.protocol.api.delivery_metrics import MetricsSummary
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Outcome
from airflow_provider_segment.protocol.wire.messages import Request
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor
from airflow_provider_segment.triggers.delivery_metrics import SegmentDeliveryMetricsTrigger
from tests.protocol.driver import ScriptedDriver
from tests.protocol.samples import ONE_TRY, done, refusal
from tests.sensors.modes.running import Ended, run
from tests.sensors.modes.virtual_time import VirtualClock, VirtualLoop
from tests.triggers.waiting import first_event

BEGIN = datetime(2026, 2, 15, 12, 0, 0, tzinfo=UTC)
INTERVAL = 60.0
"""Seconds between two looks: so long that no backoff after a fault is longer."""


@dataclass(frozen=True)
class Delivered:
    """What has been delivered at a look."""

    successes: int
    expired: int = 0
    discarded: int = 0

    @property
    def summary(self) -> MetricsSummary:
        """As the API says it."""
        return {"metrics": [{"metricName": name, "total": total} for name, total in vars(self).items()]}


@dataclass(frozen=True)
class Fault:
    """Both endpoints answer this at a look."""

    outcome: Outcome
    error: str | None = None
    """The type of the error, of one that ends the wait."""

    @property
    def ended(self) -> Ended | None:
        """How it ends a wait, if it does."""
        return None if self.error is None else Ended(self.error)


Seen: TypeAlias = Delivered | Fault


@dataclass
class Script(ScriptedDriver):
    """Answers by the time: each look sees the next state, and the last one stays."""

    clock: VirtualClock = field(default_factory=lambda: VirtualClock(BEGIN))
    states: Sequence[Seen] = ()
    right_source: bool = True
    seen: list[str] = field(default_factory=list)
    """The metrics that were asked for, and given."""

    def close(self) -> None:
        """Nothing is open."""

    def _outcome(self, request: Request) -> Outcome:
        seen = self.states[min(round(self.clock.seconds / INTERVAL), len(self.states) - 1)]
        if isinstance(seen, Fault):
            return seen.outcome
        if not request.target.startswith("/destinations/d/delivery-metrics"):
            return done({"destination": {"sourceId": "s" if self.right_source else "other", "enabled": True}})
        if not self.right_source:
            return refusal(404)
        if self.seen[-1:] != [request.target]:
            self.seen.append(request.target)  # when the worker takes the first look again, the trigger just has
        return done({"deliveryMetricsSummary": seen.summary})


@dataclass
class Told:
    """A log that keeps the lines about the destination."""

    lines: list[str] = field(default_factory=list)

    def info(self, text: str, *values: Any) -> None:
        """Keep what is about how far it is."""
        line = text % values
        if line.startswith("Destination ") and self.lines[-1:] != [line]:
            self.lines.append(line)  # each worker begins with what was said last

    def warning(self, text: str, *values: Any) -> None:
        """Format, as a log does."""
        _ = text % values

    error = exception = warning


@dataclass(frozen=True)
class Story:
    """What came of a wait.

    :param ended: how.
    :param lines: in the log, none twice in a row.
    :param looks: which metrics were given, none twice in a row.
    """

    ended: Ended
    lines: list[str]
    looks: list[str]


class World:
    """Plays waits.

    :param patch: puts the clock and the script in their places.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch

    def play(self, mode: str, states: Sequence[Seen], *, right_source: bool = True, **arguments: Any) -> Story:
        """Play one wait to its end.

        :param mode: of the sensor.
        :param states: what the looks see.
        :param right_source: whether the destination belongs to the source.
        :param arguments: of the sensor.
        """
        clock = VirtualClock(BEGIN)
        script = Script(clock=clock, states=states, right_source=right_source)
        told = Told()
        with self._patch.context() as patch, asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
            _put_in_place(patch, clock, script, told)

            def make(**how: Any) -> SegmentDeliveryMetricsSensor:
                return SegmentDeliveryMetricsSensor(task_id="wait", poke_interval=INTERVAL, **arguments | how)

            ended = run(
                mode, make, clock=clock, wait=lambda trigger: runner.run(first_event(trigger)), name=str(id(script))
            )
        return Story(ended, told.lines, script.seen)


def _put_in_place(patch: pytest.MonkeyPatch, clock: VirtualClock, script: Script, told: Told) -> None:
    airflows: Any = sys.modules[BaseSensorOperator.__module__]
    patch.setattr(airflows, "time", SimpleNamespace(sleep=clock.sleep, monotonic=clock.monotonic))
    patch.setattr(airflows, "timezone", SimpleNamespace(utcnow=clock.now))
    ours = "airflow_provider_segment"
    for module in ("sensors.delivery_metrics", "sensors.deferral", "triggers.delivery_metrics", "triggers.polling"):
        patch.setattr(f"{ours}.{module}.datetime", _told_the_time_by(clock))
    patch.setattr(f"{ours}.triggers.polling.random.uniform", lambda low, high: high)
    patch.setattr(f"{ours}.hooks.segment.SegmentPublicApiHook", lambda **_: _Hook(script))
    patch.setattr(f"{ours}.hooks.segment.SegmentPublicApiAsyncHook", lambda **_: _AsyncHook(script))
    patch.setattr(SegmentDeliveryMetricsSensor, "log", told)
    patch.setattr(SegmentDeliveryMetricsTrigger, "log", told)


def _told_the_time_by(clock: VirtualClock) -> type[datetime]:
    class Told(datetime):
        @classmethod
        def now(cls, tz: Any = UTC) -> Any:
            return clock.now(tz)

    return Told


class _Hook:
    segment_connection = SimpleNamespace(base_url="http://127.0.0.1:1")
    options = ONE_TRY

    def __init__(self, script: Script) -> None:
        self.driver = script

    def close(self) -> None:
        """Nothing is open."""


class _AsyncHook:
    def __init__(self, script: Script) -> None:
        self._script = script

    async def run(self, flow: Callable[[CallOptions], Flow[Any]]) -> Any:
        return self._script.run(flow(ONE_TRY))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        """Nothing is open."""


def after(seconds: float) -> datetime:
    """A moment of the play."""
    return BEGIN + timedelta(seconds=seconds)
