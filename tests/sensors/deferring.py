"""Running a deferrable task as Airflow does: worker, triggerer, worker again, as often as it defers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from airflow.providers.common.compat.sdk import BaseOperator, TaskDeferred
from airflow.serialization.serialized_objects import BaseSerialization

from tests.running import Running
from tests.triggers.waiting import first_event


def waited_for(trigger: Any) -> dict[str, Any]:
    """Run a trigger until its event."""
    return asyncio.run(first_event(trigger))


def run_deferred(
    running: Running,
    make: Callable[[], BaseOperator],
    *,
    wait: Callable[[Any], dict[str, Any]] = waited_for,
    between: Callable[[], None] = lambda: None,
    **context: Any,
) -> Any:
    """Run a task to its end, its trigger included.

    :param running: renders and executes.
    :param make: the task, outside any DAG; made anew for each worker, which knows nothing of the one before.
    :param wait: runs the trigger until its event.
    :param between: done when the first worker is left.
    :param context: for its templates.
    """
    try:
        return running.run(make(), **context)
    except TaskDeferred as deferred:
        wait_for = deferred
    between()
    while True:
        assert wait_for.timeout is not None
        event = wait(wait_for.trigger)
        stored = json.loads(json.dumps(BaseSerialization.serialize({"event": event})))
        try:
            return running.resume(make(), wait_for.method_name, BaseSerialization.deserialize(stored), **context)
        except TaskDeferred as again:
            wait_for = again
