"""Our sensor and trigger against scripted responses, without sockets and without real time."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
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
from tests.trigger_events import first_event
from tests.virtual_time import VirtualClock, VirtualLoop

FIRST_POLL = datetime(2026, 2, 15, 12, 0, 0, tzinfo=UTC)
INTERVAL = 60.0
"""The poll interval in seconds: so long that no backoff after a failure is longer."""
OPTIONS = replace(ONE_TRY, min_poll_interval=0)
"""Without it, a trigger's first poll would come an interval later than the second one of the other modes."""


@dataclass(frozen=True)
class Delivered:
    """What has been delivered by the time of a poll."""

    successes: int
    expired: int = 0
    discarded: int = 0

    @property
    def summary(self) -> MetricsSummary:
        """The API's response."""
        return {"metrics": [{"metricName": name, "total": total} for name, total in vars(self).items()]}


@dataclass(frozen=True)
class Fault:
    """A failure that both endpoints return at a poll."""

    outcome: Outcome
    error: str | None = None
    """Class name of the error, if it ends the wait."""

    @property
    def ended(self) -> Ended | None:
        """How it ends the wait; ``None`` if it does not."""
        return None if self.error is None else Ended(self.error)


Scripted: TypeAlias = Delivered | Fault


@dataclass
class Script(ScriptedDriver):
    """Responses by time: each poll gets the next state, and the last one stays."""

    clock: VirtualClock = field(default_factory=lambda: VirtualClock(FIRST_POLL))
    states: Sequence[Scripted] = ()
    right_source: bool = True
    options: CallOptions = OPTIONS
    seen: dict[float, str] = field(default_factory=dict)
    """The last metrics request of each poll that succeeded, by time: a window in pieces has several."""

    @property
    def polls(self) -> list[str]:
        """The polls that succeeded, without repetitions: a recheck in the worker repeats the trigger's poll."""
        return [target for target, _ in groupby(self.seen.values())]

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
        self.seen[self.clock.seconds] = request.target
        return done({"deliveryMetricsSummary": seen.summary})


@dataclass
class ProgressLog:
    """A logger that keeps the lines about progress."""

    lines: list[str] = field(default_factory=list)

    def info(self, message: str, *values: Any) -> None:
        """Keep lines about progress."""
        line = message % values
        if line.startswith("Destination ") and self.lines[-1:] != [line]:
            self.lines.append(line)  # a new worker repeats the last line

    def warning(self, message: str, *values: Any) -> None:
        """Format the line, as a logger does."""
        _ = message % values

    error = exception = warning


@dataclass(frozen=True)
class WaitOutcome:
    """The outcome of a wait.

    :param ended: how the task ended.
    :param lines: progress lines in the log, without repetitions.
    :param polls: requests that returned metrics, without repetitions.
    :param times: seconds after the start of the wait at which metrics were returned.
    """

    ended: Ended
    lines: list[str]
    polls: list[str]
    times: list[float] = field(compare=False)


class World:
    """Runs waits.

    :param patch: patches the clock and the script in.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch

    def play(
        self,
        mode: str,
        states: Sequence[Scripted],
        *,
        right_source: bool = True,
        options: CallOptions = OPTIONS,
        **arguments: Any,
    ) -> WaitOutcome:
        """Run one wait to its end.

        :param mode: the sensor's mode.
        :param states: what Segment returns to each poll.
        :param right_source: whether the destination belongs to the source.
        :param options: the connection's options.
        :param arguments: the sensor's arguments.
        """
        clock = VirtualClock(FIRST_POLL)
        script = Script(clock=clock, states=states, right_source=right_source, options=options)
        log = ProgressLog()
        with self._patch.context() as patch, asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
            _patch_in(patch, clock, script, log)

            def make(**mode_arguments: Any) -> SegmentDeliveryMetricsSensor:
                return SegmentDeliveryMetricsSensor(
                    task_id="wait", **{"poke_interval": INTERVAL} | arguments | mode_arguments
                )

            ended = run(
                mode, make, clock=clock, wait=lambda trigger: runner.run(first_event(trigger)), name=str(id(script))
            )
        return WaitOutcome(ended, log.lines, script.polls, list(script.seen))


def _patch_in(patch: pytest.MonkeyPatch, clock: VirtualClock, script: Script, log: ProgressLog) -> None:
    airflow: Any = sys.modules[BaseSensorOperator.__module__]
    patch.setattr(airflow, "time", SimpleNamespace(sleep=clock.sleep, monotonic=clock.monotonic))
    patch.setattr(airflow, "timezone", SimpleNamespace(utcnow=clock.now))
    ours = "airflow_provider_segment"
    for module in ("sensors.delivery_metrics", "sensors.deferral", "triggers.delivery_metrics", "triggers.polling"):
        patch.setattr(f"{ours}.{module}.datetime", _datetime_of(clock))
    patch.setattr(f"{ours}.triggers.polling.random.uniform", lambda low, high: high)
    patch.setattr(f"{ours}.hooks.segment.SegmentPublicApiHook", lambda **_: _Hook(script))
    patch.setattr(f"{ours}.hooks.segment.SegmentPublicApiAsyncHook", lambda **_: _AsyncHook(script))
    patch.setattr(SegmentDeliveryMetricsSensor, "log", log)
    patch.setattr(SegmentDeliveryMetricsTrigger, "log", log)


def _datetime_of(clock: VirtualClock) -> type[datetime]:
    class VirtualDatetime(datetime):
        @classmethod
        def now(cls, tz: Any = UTC) -> Any:
            return clock.now(tz)

    return VirtualDatetime


class _Hook:
    segment_connection = SimpleNamespace(base_url="http://127.0.0.1:1")

    def __init__(self, script: Script) -> None:
        self.driver = script
        self.options = script.options

    def refresh(self) -> bool:
        """Nothing changes."""
        return False

    def close(self) -> None:
        """Nothing is open."""


class _AsyncHook:
    def __init__(self, script: Script) -> None:
        self._script = script

    is_connected = True

    async def refresh(self, *, since: float) -> bool:
        """Nothing changes."""
        return False

    async def run(self, flow: Callable[[CallOptions], Flow[Any]]) -> Any:
        return self._script.run(flow(self._script.options))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        """Nothing is open."""


def after(seconds: float) -> datetime:
    """Return a moment after the first poll."""
    return FIRST_POLL + timedelta(seconds=seconds)
