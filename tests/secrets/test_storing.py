"""Airflow stores references, not their values; also in mapped tasks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG

from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.operators.destination import (
    SegmentCreateDestinationOperator,
    SegmentUpdateDestinationOperator,
)
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.secrets import SecretRef
from tests.running import Running
from tests.secrets.conftest import Connect
from tests.secrets.evidence import deserialised, rendered, serialised

TYPE: dict[str, Any] = {"source_id": "sandbox-web", "metadata_id": "sandbox-analytics"}
TRACK: dict[str, Any] = {"name": "Track", "action_id": "sandbox-track", "trigger": 'type = "track"'}
SHOWN = "SecretRef(conn_id='{}', field='password')"


def a_dag(**arguments: Any) -> DAG:
    return DAG("stored", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), **arguments)


def every_way() -> DAG:
    with a_dag(default_args={"settings": {"apiKey": SecretRef("by_default")}}) as dag:
        SegmentCreateDestinationOperator(task_id="default_args", **TYPE, name="n")
        SegmentCreateDestinationOperator(task_id="plain", **TYPE, name="n", settings={"a": [{"b": SecretRef("plain")}]})
        SegmentApplyDestinationOperator(
            task_id="applied",
            **TYPE,
            name="n",
            settings={},
            subscriptions=[TRACK | {"settings": {"a": SecretRef("applied")}}],
        )
        SegmentCreateDestinationOperator.partial(
            task_id="partial", **TYPE, settings={"apiKey": SecretRef("by_partial")}
        ).expand(name=["one", "two"])
        SegmentUpdateDestinationOperator.partial(task_id="expand", destination_id="d").expand(
            settings=[{"apiKey": SecretRef("first")}, {"apiKey": SecretRef("second")}]
        )
        SegmentCreateDestinationOperator.partial(task_id="expand_kwargs", **TYPE).expand_kwargs(
            [{"name": "one", "settings": {"apiKey": SecretRef("in_kwargs")}}]
        )
    return dag


def test_every_way_is_stored_as_a_reference() -> None:
    stored = serialised(every_way())
    for conn_id in ("by_default", "plain", "applied", "by_partial", "first", "second", "in_kwargs"):
        assert SHOWN.format(conn_id) in stored
    assert set(deserialised(stored).task_dict) == set(every_way().task_dict)


def test_a_dag_is_serialised_the_same_each_time() -> None:
    """Otherwise Airflow 3 would make a new version of the DAG each time the file is parsed."""
    assert serialised(every_way()) == serialised(every_way())


def test_rendered_fields_show_the_reference(running: Running) -> None:
    task = SegmentCreateDestinationOperator(
        task_id="t",
        **TYPE,
        name="{{ params.name }}",
        settings={"apiKey": SecretRef("partner"), "x": "{{ params.name }}"},
    )
    context: Any = {"params": {"name": "rendered"}}
    task.render_template_fields(context)
    assert task.settings == {"apiKey": SecretRef("partner"), "x": "rendered"}
    assert SHOWN.format("partner") in rendered(task)


@pytest.mark.parametrize(
    ("mapped", "chosen"),
    [
        (
            lambda: create().expand(settings=[{"apiKey": SecretRef("partner")}]),
            {"settings": {"apiKey": SecretRef("partner")}},
        ),
        (lambda: create(settings={"apiKey": SecretRef("partner")}).expand(enabled=[True]), {"enabled": True}),
    ],
    ids=["expand", "partial"],
)
def test_a_mapped_task_reads_its_references(
    running: Running, segment_sandbox: SegmentSandbox, connect: Connect, mapped: Any, chosen: dict[str, Any]
) -> None:
    connect("partner", password="the-secret-0001")
    with a_dag():
        task = mapped().unmap(chosen)
    running.run(task)
    assert segment_sandbox.destinations[0]["settings"]["apiKey"] == "••••••••••0001"
    assert task.settings == {"apiKey": SecretRef("partner")}


def create(**arguments: Any) -> Any:
    return SegmentCreateDestinationOperator.partial(task_id="t", **TYPE, name="n", **arguments)


def test_references_in_default_args_are_read(
    running: Running, segment_sandbox: SegmentSandbox, connect: Connect
) -> None:
    connect("by_default", password="the-secret-0001")
    task: Any = every_way().get_task("default_args")
    running.run(task)
    assert segment_sandbox.destinations[0]["settings"]["apiKey"] == "••••••••••0001"


def test_a_stored_reference_is_a_string() -> None:
    """So nothing from Airflow's database is ever taken for a reference."""
    task = deserialised(serialised(every_way())).get_task("plain")
    assert "SecretRef" in json.dumps(task.settings)
