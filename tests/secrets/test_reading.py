"""References in settings are read when the task runs, at any depth, and nothing else is."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook

from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.operators.destination import (
    SegmentCreateDestinationOperator,
    SegmentUpdateDestinationOperator,
)
from airflow_provider_segment.operators.subscription import (
    SegmentCreateSubscriptionOperator,
    SegmentUpdateSubscriptionOperator,
)
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.secrets import SecretRef
from tests.running import Running
from tests.secrets.conftest import Connect
from tests.secrets.masker import Masker, there

SERDE = "airflow.sdk.serde" if there("airflow.sdk.serde") else "airflow.serialization.serde"
TYPE: dict[str, Any] = {"source_id": "sandbox-web", "metadata_id": "sandbox-analytics"}
TRACK: dict[str, Any] = {"name": "Track", "action_id": "sandbox-track", "trigger": 'type = "track"'}


def create(**changes: Any) -> SegmentCreateDestinationOperator:
    arguments: dict[str, Any] = {"task_id": "create", "name": "mine", "settings": {"apiKey": SecretRef("partner")}}
    return SegmentCreateDestinationOperator(**TYPE | arguments | changes)


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("password", {"password": "the-secret-0001"}),
        ("login", {"login": "the-secret-0001"}),
        ("host", {"host": "the-secret-0001"}),
        ("schema", {"schema": "the-secret-0001"}),
        ("extra.write_key", {"extra": {"write_key": "the-secret-0001"}}),
        ("extra.a.b", {"extra": {"a.b": "the-secret-0001"}}),
    ],
)
def test_each_field_can_be_referenced(
    running: Running,
    segment_sandbox: SegmentSandbox,
    connect: Connect,
    masker: Masker,
    field: str,
    fields: dict[str, Any],
) -> None:
    connect("partner", **fields)
    running.run(create(settings={"apiKey": SecretRef("partner", field)}))
    assert segment_sandbox.destinations[0]["settings"]["apiKey"] == "••••••••••0001"
    assert masker.masks("the-secret-0001")


def test_nested_references_are_read_and_stay_on_the_operator(
    running: Running, segment_sandbox: SegmentSandbox, connect: Connect
) -> None:
    connect("partner", login="the-login", extra={"deep": "the-deep-one"})
    settings = {
        "ignoredEvents": [{"a": [SecretRef("partner", "extra.deep")]}, (SecretRef("partner", "login"),)],
        "eventNames": {"x": {"@template": "Hi {{ name }}", "y": SecretRef("partner", "login")}},
    }
    task = create(settings=settings)
    running.run(task)
    (made,) = segment_sandbox.destinations
    assert made["settings"]["ignoredEvents"] == [{"a": ["the-deep-one"]}, ["the-login"]]
    assert made["settings"]["eventNames"] == {"x": {"@template": "Hi {{ name }}", "y": "the-login"}}
    assert task.settings == settings


def test_updates_and_subscriptions_read_their_references(
    running: Running, segment_sandbox: SegmentSandbox, connect: Connect
) -> None:
    connect("partner", password="first-secret-1111", login="other-secret-2222")
    made = running.run(create())
    update = {"apiKey": SecretRef("partner", "login")}
    running.run(SegmentUpdateDestinationOperator(task_id="u", destination_id=made, settings=update))
    subscription = running.run(
        SegmentCreateSubscriptionOperator(
            task_id="s", destination_id=made, **TRACK, settings={"header": SecretRef("partner")}
        )
    )
    (found,) = segment_sandbox.destinations
    assert found["settings"]["apiKey"].endswith("2222")
    assert found["subscriptions"][0]["settings"] == {"header": "first-secret-1111"}
    running.run(
        SegmentUpdateSubscriptionOperator(
            task_id="v",
            destination_id=made,
            subscription_id=subscription,
            settings={"header": [SecretRef("partner", "login")]},
        )
    )
    assert segment_sandbox.destinations[0]["subscriptions"][0]["settings"] == {"header": ["other-secret-2222"]}


def test_applying_twice_writes_once(running: Running, segment_sandbox: SegmentSandbox, connect: Connect) -> None:
    connect("partner", password="first-secret-1111")
    subscriptions = [TRACK | {"settings": {"header": SecretRef("partner")}}]
    task: dict[str, Any] = {"name": "mine", "settings": {"apiKey": SecretRef("partner")}}
    task["subscriptions"] = subscriptions
    running.run(SegmentApplyDestinationOperator(task_id="a", **TYPE, **task))
    (made,) = segment_sandbox.destinations
    assert made["subscriptions"][0]["settings"] == {"header": "first-secret-1111"}
    again = running.run(SegmentApplyDestinationOperator(task_id="a", **TYPE, **task))
    assert again["changed"] == []
    assert [entry["method"] for entry in segment_sandbox.requests if entry["method"] != "GET"] == ["POST", "POST"]


@pytest.mark.parametrize(
    "data",
    [
        "SecretRef(conn_id='partner', field='password')",
        {"__classname__": "airflow_provider_segment.secrets.SecretRef", "__data__": {"conn_id": "partner"}},
        {"__type": "SecretRef", "__var": {"conn_id": "partner", "field": "password"}},
        {"conn_id": "partner", "field": "password"},
    ],
    ids=["text", "serde", "serialised", "dict"],
)
def test_a_lookalike_of_a_reference_is_data(
    running: Running, segment_sandbox: SegmentSandbox, connect: Connect, data: Any
) -> None:
    connect("partner", password="the-secret-0001")
    running.run(create(settings={"eventNames": {"x": data}}))
    running.run(create(name="rendered", settings="{{ params.s | tojson }}"), params={"s": {"eventNames": {"x": data}}})
    assert [made["settings"]["eventNames"]["x"] for made in segment_sandbox.destinations] == [data, data]


@pytest.mark.parametrize(
    ("field", "fields", "message"),
    [
        ("password", {}, "this field of the connection is empty"),
        ("password", {"password": ""}, "this field of the connection is empty"),
        ("extra.key", {"extra": {"other": "canary-value"}}, "this field of the connection is empty"),
        ("extra.key", {"extra": {"key": {"deep": "canary-value"}}}, "which is of type dict; it must be a string"),
        ("extra.key", {"extra": {"key": 12345}}, "which is of type int; it must be a string"),
    ],
)
def test_an_unreadable_reference_is_named(
    running: Running,
    segment_sandbox: SegmentSandbox,
    connect: Connect,
    field: str,
    fields: dict[str, Any],
    message: str,
) -> None:
    connect("partner", **fields)
    with pytest.raises(ValueError, match=message) as caught:
        running.run(create(settings={"a": [{"b": SecretRef("partner", field)}]}))
    assert f"settings['a'][0]['b'] is SecretRef(conn_id='partner', field='{field}')" in str(caught.value)
    assert "canary" not in str(caught.value)
    assert "12345" not in str(caught.value)
    assert segment_sandbox.requests == []


def test_a_reference_to_a_missing_connection_is_named(running: Running, segment_sandbox: SegmentSandbox) -> None:
    place = r"settings\['apiKey'\] is SecretRef\(conn_id='no_such_partner', field='password'\), which can't be read: "
    with pytest.raises(AirflowNotFoundException, match=f"{place}.*no_such_partner"):
        running.run(create(settings={"apiKey": SecretRef("no_such_partner")}))
    assert segment_sandbox.requests == []


def test_a_backend_that_fails_names_the_setting(
    running: Running, segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_conn_id: str) -> None:
        raise ConnectionError("the backend is down")

    monkeypatch.setattr(BaseHook, "get_connection", fail)
    with pytest.raises(ConnectionError) as caught:
        running.run(create(settings={"apiKey": SecretRef("partner")}))
    note = "settings['apiKey'] is SecretRef(conn_id='partner', field='password'), which can't be read"
    assert caught.value.__notes__ == [note]


def test_each_connection_is_read_once(running: Running, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.providers.common.compat.sdk import BaseHook

    connect("partner", password="the-secret-0001", login="the-login-0002")
    read_ids: list[str] = []
    get_connection = BaseHook.get_connection

    def counting(cls: type[BaseHook], conn_id: str) -> Any:
        read_ids.append(conn_id)
        return get_connection(conn_id)

    monkeypatch.setattr(BaseHook, "get_connection", classmethod(counting))
    running.run(create(settings={"apiKey": SecretRef("partner"), "eventNames": {"x": SecretRef("partner", "login")}}))
    assert read_ids.count("partner") == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"settings": SecretRef("partner")}, "settings is of type SecretRef; it must be a dict"),
        ({"settings": {SecretRef("partner"): 1}}, r"settings has the key SecretRef\(conn_id='partner'"),
        ({"settings": {"a": {SecretRef("partner")}}}, r"settings\['a'\] is of type set"),
        (
            {"name": SecretRef("partner")},
            r"name is SecretRef\(conn_id='partner', field='password'\); it must be a non-empty string",
        ),
        ({"settings": {"apiKey": SecretRef("partner"), "b": "••••cdef"}}, "'b' contains a bullet"),
        ({"settings": {"apiKey": SecretRef("partner"), "b": object()}}, r"settings\['b'\] is of type object"),
    ],
)
def test_invalid_references_are_rejected_when_the_dag_is_parsed(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        create(**changes)


def test_endless_settings_are_rejected() -> None:
    endless: dict[str, Any] = {}
    endless["x"] = endless
    with pytest.raises(ValueError, match="settings is nested too deeply"):
        create(settings=endless)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"trigger": SecretRef("partner")}, r"trigger'\] is SecretRef"),
        ({"settings": {"a": SecretRef("partner")}, "colour": "red"}, "unknown key 'colour'"),
        ({"settings": SecretRef("partner")}, "settings'\\] is of type SecretRef"),
    ],
)
def test_in_a_subscription_references_are_allowed_in_settings_only(entry: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SegmentApplyDestinationOperator(task_id="a", **TYPE, name="mine", settings={}, subscriptions=[TRACK | entry])


def test_a_secret_that_is_a_mask_is_rejected_without_showing_it(running: Running, connect: Connect) -> None:
    connect("partner", password="••••••cdef")
    with pytest.raises(ValueError, match="'apiKey' contains a bullet") as caught:
        running.run(create())
    assert "cdef" not in str(caught.value)


def test_a_reference_cannot_be_pushed_to_xcom() -> None:
    serde = importlib.import_module(SERDE)
    with pytest.raises(TypeError, match="annot serialize object"):
        serde.serialize({"apiKey": SecretRef("partner")})
