"""A connection of another type is never used: its password would be sent as the token."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_segment.operators.destination import SegmentDeleteDestinationOperator
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.drivers_and_hooks import HOOKS
from tests.running import Running

MESSAGE = "connection 'warehouse' is of type 'postgres'; it must be of type 'segment_public_api'"


@pytest.fixture
def warehouse(segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {"conn_type": "postgres", "host": segment_sandbox.url, "password": segment_sandbox.token}
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps(connection))


@pytest.mark.usefixtures("warehouse")
@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS)
def test_a_connection_of_another_type_is_rejected(hook: Any, segment_sandbox: SegmentSandbox) -> None:
    with hook(segment_conn_id="warehouse") as opened:
        with pytest.raises(ValueError, match=MESSAGE):
            opened.get_workspace()
        assert opened.test_connection() == (False, MESSAGE)
    assert segment_sandbox.requests == []


@pytest.mark.usefixtures("warehouse")
def test_a_connection_chosen_by_the_conf_of_a_run_is_rejected(segment_sandbox: SegmentSandbox) -> None:
    task = SegmentDeleteDestinationOperator(task_id="t", destination_id="d", segment_conn_id="{{ params.conn }}")
    with pytest.raises(ValueError, match=MESSAGE):
        Running().run(task, params={"conn": "warehouse"})
    assert segment_sandbox.requests == []


def test_the_type_may_be_written_as_in_a_uri(segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    host = segment_sandbox.url.replace("://", "%3A%2F%2F")
    monkeypatch.setenv(
        "AIRFLOW_CONN_SEGMENT_PUBLIC_API_DEFAULT", f"segment-public-api://:{segment_sandbox.token}@{host}"
    )
    with HOOKS["requests"]() as hook:
        assert hook.get_workspace()["id"]
