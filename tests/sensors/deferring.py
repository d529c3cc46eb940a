"""Running a deferrable task as Airflow does: worker, triggerer, and worker again, as often as it defers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from airflow.providers.common.compat.sdk import BaseOperator, TaskDeferred
from airflow.serialization.serialized_objects import BaseSerialization

from tests.running import Running
from tests.trigger_events import first_event


def run_trigger(trigger: Any) -> dict[str, Any]:
    """Run a trigger and return its event."""
    return asyncio.run(first_event(trigger))


def run_deferred(
    running: Running,
    make: Callable[[], BaseOperator],
    *,
    wait: Callable[[Any], dict[str, Any]] = run_trigger,
    between: Callable[[], None] = lambda: None,
    **context: Any,
) -> Any:
    """Run a task to its end, including its trigger.

    :param running: renders and executes.
    :param make: makes the task, outside any DAG; a new one for each worker, because workers share no memory.
    :param wait: runs the trigger and returns its event.
    :param between: called after the first deferral.
    :param context: the context of its templates.
    """
    try:
        return running.run(make(), **context)
    except TaskDeferred as deferred:
        deferral = deferred
    between()
    while True:
        assert deferral.timeout is not None
        event = wait(deferral.trigger)
        stored = json.loads(json.dumps(BaseSerialization.serialize({"event": event})))
        try:
            return running.resume(make(), deferral.method_name, BaseSerialization.deserialize(stored), **context)
        except TaskDeferred as again:
            deferral = again
