"""Running a task as a worker does, without a database: render its templates, then execute it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import Any

from airflow.providers.common.compat.sdk import AirflowFailException, BaseOperator


@dataclass
class TaskInstance:
    """What a task asks its instance for; keeps what it pushes to XCom."""

    try_number: int = 1
    xcoms: dict[str, Any] = field(default_factory=dict)

    def xcom_push(self, *, key: str, value: Any) -> None:
        self.xcoms[key] = value


class Running:
    """Runs tasks with a context of their own."""

    def __init__(self) -> None:
        self.context: dict[str, Any] = {"params": {}}

    def run(self, task: BaseOperator, **context: Any) -> Any:
        """Render and execute, and raise the error itself instead of Airflow's exception that prevents a retry.

        :param task: outside any DAG.
        :param context: for its templates.
        """
        merged = self._rendered(task, context)
        # Unwrapped: what Airflow 2.11 puts around `execute` works in the main thread alone, and some tests run tasks in
        # several at once.
        execute: Any = inspect.unwrap(type(task).execute)
        try:
            return execute(task, merged)
        except AirflowFailException as failure:
            if failure.__cause__ is None:
                raise
            cause = failure.__cause__
        raise cause  # outside, so that it does not get the failure as its context

    def resume(self, task: BaseOperator, method: str, arguments: dict[str, Any], **context: Any) -> Any:
        """Render and resume after a trigger.

        :param task: outside any DAG.
        :param method: which the task named when it deferred.
        :param arguments: of that method.
        :param context: for its templates.
        """
        merged = self._rendered(task, context)
        return task.resume_execution(method, arguments, merged)

    def _rendered(self, task: BaseOperator, context: dict[str, Any]) -> Any:
        merged: Any = self.context | context
        task.render_template_fields(merged)
        return merged
