"""Values of task mapping: ``None`` must not look like an argument that was not set, and those from XCom are data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG, task

from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.operators.destination import (
    SegmentDeleteDestinationOperator,
    SegmentUpdateDestinationOperator,
)
from airflow_provider_segment.operators.subscription import (
    SegmentDeleteSubscriptionOperator,
    SegmentUpdateSubscriptionOperator,
)
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor
from tests.running import Running

DESTINATION = {"source_id": "sandbox-web", "metadata_id": "sandbox-analytics", "name": "mine"}
APPLY = {**DESTINATION, "settings": {"apiKey": "k"}}
SUBSCRIPTION = {"destination_id": "d", "action_id": "sandbox-track", "name": "Track"}


def unmapped(kind: Any, partial: dict[str, Any], mapped: dict[str, Any]) -> Any:
    """Return what Airflow creates for one value of a mapped task."""
    with DAG("mapped", schedule=None, start_date=datetime(2025, 1, 1, tzinfo=UTC)):
        task = kind.partial(task_id="t", **partial).expand_kwargs([mapped])
    return task.unmap(mapped)


@pytest.mark.parametrize(
    ("kind", "partial", "argument"),
    [
        (SegmentApplyDestinationOperator, APPLY, "destination_id"),
        (SegmentApplyDestinationOperator, APPLY, "previous_name"),
        (SegmentUpdateDestinationOperator, {"enabled": False, **DESTINATION}, "destination_id"),
        (SegmentDeleteDestinationOperator, {"destination_id": "d"}, "name"),
        (SegmentUpdateSubscriptionOperator, {"enabled": False, **SUBSCRIPTION}, "subscription_id"),
        (SegmentDeleteSubscriptionOperator, {"destination_id": "d"}, "subscription_id"),
        (SegmentDeliveryMetricsSensor, {"source_id": "s", "success_when": "successes >= 1"}, "destination_id"),
    ],
)
def test_an_id_or_a_name_that_is_mapped_to_none_raises(kind: Any, partial: dict[str, Any], argument: str) -> None:
    with pytest.raises(ValueError, match=f"^{argument} was set by task mapping, but the mapped value is None"):
        unmapped(kind, partial, {argument: None})


def test_none_that_was_not_mapped_means_not_set(running: Running, segment_sandbox: SegmentSandbox) -> None:
    task = unmapped(SegmentApplyDestinationOperator, {**APPLY, "destination_id": None}, {"enabled": None})
    running.run(task)
    assert [made["name"] for made in segment_sandbox.destinations] == ["mine"]


@task
def upstream() -> list[dict[str, Any]]:
    """Return the arguments of a mapped task."""
    return []


SETTINGS: dict[str, Any] = {"apiKey": "{{ params.key }}", "ignoredEvents": ["{{ params.key }}"]}


@pytest.mark.parametrize("literal", [False, True], ids=["from XCom", "in the DAG file"])
@pytest.mark.parametrize("argument", ["name", "settings"])
def test_only_values_in_the_dag_file_are_templates(literal: bool, argument: str) -> None:
    """Airflow renders all values of ``expand_kwargs``, those from XCom too."""
    mapping = {"name": "{{ params.key }}", "settings": SETTINGS}[argument]
    partial = {name: value for name, value in APPLY.items() if name != argument}
    with DAG("mapped", schedule=None, start_date=datetime(2025, 1, 1, tzinfo=UTC)):
        mapped = SegmentApplyDestinationOperator.partial(task_id="t", **partial).expand_kwargs(
            [{argument: mapping}] if literal else upstream()
        )
    made = mapped.unmap({argument: mapping})

    made.render_template_fields({"params": {"key": "k-1"}})

    rendered = {"name": "k-1", "settings": {"apiKey": "k-1", "ignoredEvents": ["k-1"]}}[argument]
    assert getattr(made, argument) == (rendered if literal else mapping)


def test_a_template_in_partial_is_rendered_beside_values_from_xcom() -> None:
    with DAG("mapped", schedule=None, start_date=datetime(2025, 1, 1, tzinfo=UTC)):
        mapped = SegmentApplyDestinationOperator.partial(
            task_id="t", **{**APPLY, "name": "{{ params.key }}"}
        ).expand_kwargs(upstream())
    made: Any = mapped.unmap({"previous_name": "{{ params.other }}"})

    made.render_template_fields({"params": {"key": "k-1"}})

    assert (made.name, made.previous_name) == ("k-1", "{{ params.other }}")
