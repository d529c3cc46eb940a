"""The URL of the link, and when it is stored."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_segment import get_provider_info
from airflow_provider_segment.exceptions import SegmentError, SegmentNotFoundError
from airflow_provider_segment.links.segment import SegmentDestinationsLink, destinations_page
from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.operators.destination import (
    SegmentCreateDestinationOperator,
    SegmentDeleteDestinationOperator,
)
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor
from airflow_provider_segment.transport.connection import parse_connection
from tests.running import Running, TaskInstance

APP = "https://app.segment.com/goto-my-workspace/destinations"
TOKEN = "token-of-the-test"

OPERATORS: tuple[Any, ...] = (
    SegmentApplyDestinationOperator,
    SegmentCreateDestinationOperator,
    SegmentDeleteDestinationOperator,
    SegmentDeliveryMetricsSensor,
)


@pytest.mark.parametrize(
    ("host", "port", "extra", "page"),
    [
        (None, None, {}, APP),
        (None, None, {"region": "eu"}, APP),
        ("segment.example.com", 8443, {}, APP),
        ("http://127.0.0.1", 8642, {}, "http://127.0.0.1:8642/_sandbox/"),
        ("http://localhost:8642/", None, {}, "http://localhost:8642/_sandbox/"),
        ("http://[::1]:8642", None, {}, "http://[::1]:8642/_sandbox/"),
    ],
)
def test_the_link_leads_to_the_page_of_the_connections_host(
    host: str | None, port: int | None, extra: dict[str, str], page: str
) -> None:
    connection = parse_connection(conn_id="c", host=host, port=port, password=TOKEN, extra=extra)
    assert destinations_page(connection.base_url) == page


def test_it_is_stored_before_any_request(segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    ti = TaskInstance()
    monkeypatch.setattr(ti, "xcom_push", lambda **pushed: calls.append(len(segment_sandbox.requests)))
    Running().run(SegmentDeleteDestinationOperator(task_id="delete", destination_id="gone"), ti=ti)
    assert (calls, len(segment_sandbox.requests)) == ([0], 1)


def test_a_sensor_stores_it_once_before_its_first_poll(
    segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination = {"id": "d", "name": "n", "sourceId": "sandbox-web", "metadataId": "sandbox-analytics"}
    segment_sandbox.seed({"destinations": [destination | {"settings": {"apiKey": "k"}}]})
    calls: list[int] = []
    ti = TaskInstance()
    monkeypatch.setattr(ti, "xcom_push", lambda **pushed: calls.append(len(segment_sandbox.requests)))
    sensor = SegmentDeliveryMetricsSensor(
        task_id="wait", destination_id="d", source_id="sandbox-web", success_when="successes >= 1", window=3600
    )
    for _ in range(3):
        sensor.poke({"ti": ti})  # type: ignore[typeddict-item]
    assert (calls, len(segment_sandbox.requests)) == ([0], 4)


def test_it_does_not_contain_the_token(segment_sandbox: SegmentSandbox) -> None:
    ti = TaskInstance()
    Running().run(SegmentDeleteDestinationOperator(task_id="delete", destination_id="gone"), ti=ti)
    assert ti.xcoms == {"segment_destinations": f"{segment_sandbox.url}/_sandbox/"}
    assert segment_sandbox.token not in json.dumps(ti.xcoms)


def test_every_link_of_the_operators_is_registered_with_airflow() -> None:
    """Airflow 2 removes all links of an operator that has an unregistered one."""
    from airflow.providers_manager import ProvidersManager

    manager: Any = ProvidersManager()  # type: ignore[no-untyped-call]
    classes = {type(link) for operator in OPERATORS for link in operator.operator_extra_links}
    assert classes == {SegmentDestinationsLink}
    names = {f"{link.__module__}.{link.__qualname__}" for link in classes}
    assert names == set(get_provider_info()["extra-links"])
    assert names <= set(manager.extra_links_class_names)


DELETE = SegmentDeleteDestinationOperator(task_id="delete", destination_id="d")
WAIT = SegmentDeliveryMetricsSensor(task_id="wait", destination_id="d", success_when="successes > 0", window=3600)


@pytest.mark.parametrize("task", [DELETE, WAIT], ids=["operator", "sensor"])
def test_a_task_that_failed_before_its_first_request_has_no_link(monkeypatch: pytest.MonkeyPatch, task: Any) -> None:
    """Airflow 3 asks for the link when a task ends; reading an XCom that does not exist would log an error."""
    from airflow.providers.common.compat.sdk import XCom

    def fail(**_: Any) -> None:
        raise AssertionError("it reads an XCom")

    monkeypatch.setattr(XCom, "get_value", fail)
    monkeypatch.delenv("AIRFLOW_CONN_SEGMENT_PUBLIC_API_DEFAULT", raising=False)
    with pytest.raises(Exception, match="segment_public_api_default"):
        Running().run(task)
    key: Any = None
    assert SegmentDestinationsLink().get_link(task, ti_key=key) == ""


def test_a_task_that_ran_returns_its_link(segment_sandbox: SegmentSandbox) -> None:
    task = SegmentDeleteDestinationOperator(task_id="delete", destination_id="gone")
    Running().run(task)
    key: Any = None
    assert SegmentDestinationsLink().get_link(task, ti_key=key) == f"{segment_sandbox.url}/_sandbox/"


def test_a_sensor_that_polled_returns_its_link(segment_sandbox: SegmentSandbox) -> None:
    task = SegmentDeliveryMetricsSensor(
        task_id="wait", destination_id="gone", success_when="successes > 0", window=3600
    )
    with pytest.raises(SegmentNotFoundError):
        Running().run(task)
    key: Any = None
    assert SegmentDestinationsLink().get_link(task, ti_key=key) == f"{segment_sandbox.url}/_sandbox/"


def test_a_resumed_sensor_reads_the_link_that_it_stored_before_it_deferred(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.providers.common.compat.sdk import XCom

    monkeypatch.setattr(XCom, "get_value", lambda **_: APP)
    task = SegmentDeliveryMetricsSensor(task_id="wait", destination_id="d", success_when="successes > 0", window=3600)
    with pytest.raises(SegmentError):
        Running().resume(task, "execute_complete", {"event": {}})
    key: Any = None
    assert SegmentDestinationsLink().get_link(task, ti_key=key) == APP
