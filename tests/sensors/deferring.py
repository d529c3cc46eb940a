"""Running a deferrable task as Airflow does: worker, triggerer, worker again, as often as it defers."""

from __future__ import annotations

import asyncio
from typing import Any

from airflow.providers.common.compat.sdk import BaseOperator, TaskDeferred

from tests.running import Running
from tests.triggers.waiting import first_event


def run_deferred(running: Running, task: BaseOperator) -> Any:
    """Run a task to its end, its trigger included.

    :param running: renders and executes.
    :param task: outside any DAG.
    """
    context: Any = running.context
    try:
        return running.run(task)
    except TaskDeferred as deferred:
        wait = deferred
    while True:
        event = asyncio.run(first_event(wait.trigger))
        try:
            # Airflow makes the task anew in the worker that resumes it; ours keeps nothing that it needs.
            return task.resume_execution(wait.method_name, {"event": event}, context)
        except TaskDeferred as again:
            wait = again
