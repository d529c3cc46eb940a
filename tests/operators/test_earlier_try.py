"""What a retry knows about the try before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import pytest

from airflow_provider_segment.operators.base import earlier_try_age
from airflow_provider_segment.operators.destination import SegmentCreateDestinationOperator
from airflow_provider_segment.operators.subscription import SegmentCreateSubscriptionOperator
from airflow_provider_segment.protocol.flow.resumption import Resumption
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.running import Running

IDENTITY = {"source_id": "sandbox-web", "metadata_id": "sandbox-analytics", "name": "mine"}


@dataclass
class Retry:
    """The instance of a task in its second try."""

    max_tries: int = 2
    try_number: int = 2

    def xcom_push(self, *, key: str, value: Any) -> None: ...


def create(**changes: Any) -> SegmentCreateDestinationOperator:
    arguments: dict[str, Any] = {"task_id": "create", **IDENTITY, "settings": {"apiKey": "k"}, "retries": 2}
    return SegmentCreateDestinationOperator(**arguments | changes)


@pytest.mark.parametrize(
    ("changes", "instance", "age"),
    [
        ({}, Retry(), 300.0),  # Airflow's default
        ({"retry_delay": timedelta(seconds=5)}, Retry(), 5.0),
        ({"retry_delay": timedelta(minutes=5), "max_retry_delay": timedelta(seconds=7)}, Retry(), 7.0),
        ({}, Retry(max_tries=3), 0.0),  # it was cleared
        ({"retries": 3}, Retry(), 0.0),  # the DAG was changed
        ({}, None, 0.0),
    ],
)
def test_the_age_of_the_try_before(changes: dict[str, Any], instance: Any, age: float) -> None:
    context: Any = {"ti": instance, "task": create(**changes)}
    assert earlier_try_age(context) == age


@pytest.mark.parametrize(("max_tries", "polls"), [(2, False), (3, True)], ids=["a retry", "cleared"])
def test_a_retry_after_a_long_delay_creates_at_once(
    running: Running, segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch, max_tries: int, polls: bool
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SEGMENT_PUBLIC_API_DEFAULT", f"{segment_sandbox.conn_uri}/?timeout=1")
    task = create()
    running.context["task"] = task
    running.run(task, ti=Retry(max_tries=max_tries))
    before = [entry["path"] for entry in segment_sandbox.requests].index("/catalog/destinations/sandbox-analytics")
    assert (before > 1) is polls


def test_a_task_that_went_on_after_a_wait_may_have_written_just_now() -> None:
    track = {"destination_id": "d", "name": "Track", "action_id": "a", "trigger": "all"}
    task = SegmentCreateSubscriptionOperator(task_id="t", **track, retries=2, deferrable=True)
    context: Any = {"ti": Retry(), "task": task}
    assert task.pending_age(context) == 300.0
    task._resumption = cast("Resumption", object())
    assert task.pending_age(context) == 0.0
