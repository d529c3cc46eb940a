"""Deferrable operators as Airflow runs them: worker, triggerer, and worker again, with time that passes at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import BaseOperator, TaskDeferred
from airflow.serialization.serialized_objects import BaseSerialization

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.transport.gates import forget_all
from airflow_provider_segment.triggers import rate_limit
from tests.running import Running
from tests.trigger_events import first_event


@dataclass
class Triggerer:
    """Runs the triggers; while they wait, the clock of the sandbox and their own go on.

    :param sandbox: whose clock passes.
    :param triggers: those that ran, as stored.
    :param seconds: that have passed.
    """

    sandbox: SegmentSandbox
    triggers: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    def run(self, running: Running, make: Callable[[], BaseOperator], **context: Any) -> Any:
        """Run a task to its end; each resumption is in a new process, which knows of no limit.

        :param make: makes the task, outside any DAG.
        :param context: of its templates.
        """
        run: Callable[[], Any] = lambda: running.run(make(), **context)  # noqa: E731
        while True:
            forget_all()
            try:
                return run()
            except TaskDeferred as deferred:
                event = self.event(deferred.trigger)
                method = deferred.method_name
            run = lambda event=event, method=method: running.resume(  # type: ignore[misc]  # noqa: E731
                make(), method, {"event": event}, **context
            )

    def event(self, trigger: Any) -> dict[str, Any]:
        """Run a trigger, and return its event as the worker gets it."""
        self.triggers.append(trigger.serialize()[1])
        event = asyncio.run(first_event(trigger))
        stored = json.loads(json.dumps(BaseSerialization.serialize(event)))
        restored: dict[str, Any] = BaseSerialization.deserialize(stored)
        return restored

    # What the trigger takes for the module `time`.
    def time(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.sandbox.settings(clock_offset_seconds=self.seconds)


@pytest.fixture
def triggerer(segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch) -> Triggerer:
    triggerer = Triggerer(segment_sandbox)
    monkeypatch.setattr(rate_limit, "time", triggerer)
    monkeypatch.setattr(rate_limit, "_sleep", triggerer.sleep)
    monkeypatch.setattr(rate_limit, "_TURNS", {})
    monkeypatch.setattr("airflow_provider_segment.operators.deferral.time", triggerer.time)
    return triggerer
