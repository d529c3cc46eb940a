"""Errors of arguments that are known when a DAG file is parsed name the task."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG, TaskGroup

from airflow_provider_segment.notifications.destination import SegmentDisableDestinationNotifier
from airflow_provider_segment.operators.destination import (
    SegmentDeleteDestinationOperator,
    SegmentUpdateDestinationOperator,
)
from airflow_provider_segment.operators.workspace import SegmentApplyWorkspaceOperator
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor
from airflow_provider_segment.workspace.problems import WorkspaceFilesError
from tests.running import Running

TASKS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "a value": (
        SegmentDeleteDestinationOperator,
        {"destination_id": "d", "if_missing": "skip"},
        "if_missing is 'skip'",
    ),
    "a combination": (SegmentUpdateDestinationOperator, {"destination_id": "d"}, "nothing to update"),
    "a window": (
        SegmentDeliveryMetricsSensor,
        {"destination_id": "d", "success_when": "successes > 0", "window": "P30D"},
        "window is 30 days",
    ),
}


@pytest.mark.parametrize(("operator", "arguments", "message"), TASKS.values(), ids=TASKS)
def test_the_message_begins_with_the_task(operator: Any, arguments: dict[str, Any], message: str) -> None:
    with (
        DAG(dag_id="d", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)),
        TaskGroup("group"),
        pytest.raises(ValueError, match=f"^task 'group.mine': {message}"),
    ):
        operator(task_id="mine", **arguments)


def test_problems_of_descriptions_stay_with_the_error() -> None:
    with pytest.raises(WorkspaceFilesError, match=r"^task 'mine': ") as caught:
        SegmentApplyWorkspaceOperator(task_id="mine", destinations=[{"source": "s"}, {"sauce": "s"}])

    assert len(caught.value.problems) >= 2


def test_a_notifier_has_no_task() -> None:
    with pytest.raises(ValueError, match=r"^pass either destination_id"):
        SegmentDisableDestinationNotifier(source="s")


def test_a_running_task_is_named_by_its_log(running: Running) -> None:
    task = SegmentDeleteDestinationOperator(task_id="mine", destination_id="d", if_missing="{{ 'skip' }}")

    with pytest.raises(ValueError, match=r"^if_missing is 'skip'"):
        running.run(task)
