"""A task that runs in a worker, then one that waits in the triggerer for ``seconds`` of the run's conf."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.common.compat.sdk import DAG, BaseOperator, Context, task
from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger


class Waits(BaseOperator):
    def execute(self, context: Context) -> None:
        seconds = (context["dag_run"].conf or {})["seconds"]
        self.defer(trigger=TimeDeltaTrigger(timedelta(seconds=seconds)), method_name="resume")

    def resume(self, context: Context, event: Any = None) -> str:
        return f"resumed: {event}"


with DAG("two_tasks", schedule=None, catchup=False):

    @task
    def double(dag_run: Any = None) -> dict[str, int]:
        return {"doubled": 2 * dag_run.conf["seconds"]}

    double() >> Waits(task_id="waits")
