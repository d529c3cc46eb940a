"""What is registered with Airflow's masker, and what must not be, because logs would become unreadable."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import redact
from airflow.serialization.helpers import serialize_template_field

from airflow_provider_segment.exceptions import SegmentError
from airflow_provider_segment.hooks.segment import SegmentPublicApiAsyncHook, SegmentPublicApiHook
from airflow_provider_segment.masking import is_sensitive, mask_secrets
from airflow_provider_segment.operators.destination import SegmentCreateDestinationOperator
from airflow_provider_segment.protocol.secret_str import SecretStr
from airflow_provider_segment.sandbox.pytest_plugin import CONNECTION_VARIABLE
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor
from airflow_provider_segment.transport.connection import SegmentConnection
from airflow_provider_segment.transport.network import Network, network_for
from tests.running import Running
from tests.secrets.masker import Masker

MAGIC = [{"name": "magicWord", "type": "password"}, {"name": "motto", "type": "string"}]
TYPE: dict[str, Any] = {"source_id": "sandbox-web", "metadata_id": "sandbox-analytics"}


def create(**changes: Any) -> SegmentCreateDestinationOperator:
    return SegmentCreateDestinationOperator(**TYPE | {"task_id": "create", "name": "mine", "settings": {}} | changes)


AIRFLOWS = "password apiKey api_key API-Key clientSecret apiSecret accessToken privateKey private-key proxies"
SEGMENTS = "writeKey write_key segmentWriteKey accessKey signingKey sharedKey authKey serviceKey credentials webhookUrl"
LATER_AIRFLOWS = "authHeader bearer connectionString passcode"


@pytest.mark.parametrize("name", f"{AIRFLOWS} {SEGMENTS} {LATER_AIRFLOWS}".split())
def test_names_of_credentials_are_sensitive(name: str) -> None:
    assert is_sensitive(name)


@pytest.mark.parametrize("name", ["name", "region", "key", "primaryKey", "trackAllPages", "monkey", "", 7])
def test_other_names_are_not_sensitive(name: object) -> None:
    assert not is_sensitive(name)


def test_values_under_sensitive_names_are_masked_at_any_depth(running: Running, masker: Masker) -> None:
    settings = {
        "writeKey": "secret-of-the-top",
        "eventNames": {"deep": [{"clientSecret": {"a": ["secret-in-a-list"]}, "plain": "not a secret at all"}]},
        "region": "us-east-1",
        "config": json.dumps({"private_key": "secret-in-a-text"}),
    }
    running.run(create(settings=settings))
    for secret in ("secret-of-the-top", "secret-in-a-list", "secret-in-a-text"):
        assert masker.masks(secret)
    for plain in ("not a secret at all", "us-east-1", "writeKey", "mine"):
        assert not masker.masks(plain)


@pytest.mark.parametrize(
    "settings",
    [
        {"writeKey": "{{ params.key }}"},
        "{{ params.settings | tojson }}",
        {"eventNames": [{"@template": "{{ name }}", "writeKey": "{{ params.key }}"}]},
    ],
)
def test_rendered_values_are_masked_before_airflow_stores_them(running: Running, masker: Masker, settings: Any) -> None:
    task = create(settings=settings)
    key = "a-rendered-key-1"
    context: Any = {"params": {"key": key, "settings": {"writeKey": key}}}
    task.render_template_fields(context)
    assert key in str(task.settings)
    assert masker.masks(key)


def test_short_and_common_values_are_not_masked(running: Running, masker: Masker) -> None:
    settings = {
        "apiKey": "abcd",  # too short
        "tokenEnabled": True,
        "tokenLifetime": 3600,
        "secretMode": "False",
        "token": {"@path": "$.properties.token"},
        "password": None,
    }
    running.run(create(settings=settings))
    for text in ("abcd", "True", "3600", "False", "$.properties.token", "None"):
        assert not masker.masks(text)


def test_settings_that_segment_masks_are_masked(
    running: Running, segment_sandbox: SegmentSandbox, masker: Masker
) -> None:
    """The name `magicWord` is not sensitive; only the catalog entry of this type says so."""
    segment_sandbox.seed({"sources": [{"id": "sandbox-web"}], "catalog": [{"id": "magic", "options": MAGIC}]})
    arguments: dict[str, Any] = {"metadata_id": "magic", "settings": {"magicWord": "abracadabra", "motto": "so be it"}}
    running.run(create(**arguments))
    assert segment_sandbox.destinations[0]["settings"] == {"magicWord": "••••••••••abra", "motto": "so be it"}
    assert masker.masks("abracadabra")
    assert not masker.masks("so be it")


def test_settings_that_segment_masks_of_an_existing_object_are_masked(
    running: Running, segment_sandbox: SegmentSandbox, masker: Masker
) -> None:
    segment_sandbox.seed(
        {
            "sources": [{"id": "sandbox-web"}],
            "catalog": [{"id": "magic", "options": MAGIC}],
            "destinations": [{"name": "mine", "sourceId": "sandbox-web", "metadataId": "magic"}],
        }
    )
    with SegmentPublicApiHook() as hook:
        (found,) = hook.list_destinations()
        hook.update_destination(id=found["id"], settings={"magicWord": "abracadabra"})
    assert masker.masks("abracadabra")
    assert not masker.masks("hocus pocus!")
    running.run(create(metadata_id="magic", settings={"magicWord": "hocus pocus!"}))
    assert masker.masks("hocus pocus!")


def open_sync() -> None:
    with SegmentPublicApiHook() as hook:
        hook.get_conn()


def open_async() -> None:
    async def test() -> None:
        async with SegmentPublicApiAsyncHook() as hook:
            connected, message = await hook.test_connection()
            assert not connected
            assert "canary" not in message

    asyncio.run(test())


@pytest.mark.parametrize("opened", [open_sync, open_async])
def test_the_token_and_passwords_of_proxies_are_masked(
    masker: Masker, monkeypatch: pytest.MonkeyPatch, opened: Callable[[], None]
) -> None:
    proxies = {"https": "http://me:canary%2Fproxy@127.0.0.1:9", "http": "you:canary-plain@127.0.0.1:9"}
    fields = {"host": "127.0.0.1:9", "password": "canary-token-1", "extra": {"proxies": proxies}}
    monkeypatch.setenv(CONNECTION_VARIABLE, json.dumps({"conn_type": "segment_public_api"} | fields))
    forget_airflows_own(masker, monkeypatch)
    opened()
    for secret in ("canary-token-1", "canary%2Fproxy", "canary/proxy", "canary-plain"):
        assert masker.masks(secret)


def forget_airflows_own(masker: Masker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what Airflow registers: it masks the token of a connection by itself."""

    def settled(connection: SegmentConnection) -> Network:
        masker.forget()
        return network_for(connection)

    monkeypatch.setattr("airflow_provider_segment.transport.requests_driver.network_for", settled)
    monkeypatch.setattr("airflow_provider_segment.hooks.segment.network_for", settled)


def test_settings_that_segment_masks_are_masked_on_an_event_loop(
    segment_sandbox: SegmentSandbox, masker: Masker
) -> None:
    segment_sandbox.seed({"sources": [{"id": "sandbox-web"}], "catalog": [{"id": "magic", "options": MAGIC}]})

    async def create() -> None:
        async with SegmentPublicApiAsyncHook() as hook:
            await hook.create_destination(
                source_id="sandbox-web", metadata_id="magic", name="mine", settings={"magicWord": "abracadabra"}
            )

    asyncio.run(create())
    assert masker.masks("abracadabra")


def test_a_key_of_many_lines_is_masked_in_every_encoding(masker: Masker) -> None:
    key = "-----BEGIN KEY-----\nüber\n-----END KEY-----"
    mask_secrets([SecretStr(key)])
    for encoding in (key, json.dumps(key)[1:-1], json.dumps(key, ensure_ascii=False)[1:-1], " ".join(key.split())):
        assert masker.masks(encoding)


@pytest.mark.parametrize("next_method", ["execute_complete", "__fail__"])
def test_a_resumed_sensor_masks_the_token(
    running: Running, masker: Masker, monkeypatch: pytest.MonkeyPatch, next_method: str
) -> None:
    """It runs in a new process, and logs what the trigger reports."""
    monkeypatch.setenv(
        CONNECTION_VARIABLE, json.dumps({"conn_type": "segment_public_api", "password": "canary-token-2"})
    )
    task = SegmentDeliveryMetricsSensor(
        task_id="wait", destination_id="d", source_id="s", success_when="successes >= 1", window=3600
    )
    forget_airflows_own(masker, monkeypatch)
    with pytest.raises(SegmentError):
        running.resume(task, next_method, {"event": {}} if next_method == "execute_complete" else {"error": "broken"})
    assert masker.masks("canary-token-2")


def test_a_resumed_sensor_ends_although_its_connection_cannot_be_read(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CONNECTION_VARIABLE, json.dumps({"conn_type": "segment_public_api", "password": ""}))
    task = SegmentDeliveryMetricsSensor(
        task_id="wait", destination_id="d", source_id="s", success_when="successes >= 1", window=3600
    )
    with pytest.raises(SegmentError, match="the trigger failed: broken"):
        running.resume(task, "__fail__", {"error": "broken"})


@pytest.mark.parametrize(
    ("settings", "stored"),
    [
        ({"apiKey": 123456789, "writeKey": 987654.5}, {"apiKey": 123456789, "writeKey": 987654.5}),
        ({"credentials": {"pin": [123456789]}, "size": 55555}, {"credentials": {"pin": [123456789]}, "size": 55555}),
        ({"writeKey": "{{ params.number }}"}, {"writeKey": "123456789"}),
        ('{"apiKey": {{ params.number }}}', {"apiKey": 123456789}),
    ],
)
def test_numbers_under_sensitive_names_are_masked_in_rendered_fields(
    running: Running, masker: Masker, settings: Any, stored: dict[str, Any]
) -> None:
    task = create(settings=settings)
    context: Any = {"params": {"number": 123456789}}
    task.render_template_fields(context)
    shown = json.dumps(redact(serialize_template_field(task.settings, "settings"), "settings"))
    assert "123456789" not in shown
    assert "987654.5" not in shown
    assert ("55555" in shown) is ("55555" in str(settings))
    task.render_template_fields(context)
    values = task.checked()["settings"]
    assert {key: values[key] for key in stored} == stored
    assert {key: type(values[key]) for key in stored} == {key: type(value) for key, value in stored.items()}
