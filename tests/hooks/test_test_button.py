"""The "Test" button, as the web server of Airflow 2 and 3 runs it: with a temporary connection."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from airflow.models.connection import Connection

from airflow_provider_segment.hooks import connection_form
from airflow_provider_segment.sandbox.testing import SegmentSandbox


def press_test(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> tuple[bool, str]:
    """Put the form's fields into an environment variable, as a URI, and call the hook, as both web servers do."""
    connection: Any = Connection(conn_id="transient", conn_type=connection_form.CONN_TYPE, **fields)
    monkeypatch.setenv("AIRFLOW_CONN_TRANSIENT", connection.get_uri())
    works, message = connection.test_connection()
    return works, message


def test_the_fields_of_a_form_connect(segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    address = urlsplit(segment_sandbox.url)
    as_forms_leave_them = dict.fromkeys(connection_form.EXTRA_FIELDS) | {"region": "us", "reconcile_timeout": ""}
    assert press_test(
        monkeypatch,
        host=f"http://{address.hostname}",
        port=address.port,
        password=segment_sandbox.token,
        extra=json.dumps(as_forms_leave_them),
    ) == (True, "Connected to workspace Sandbox (sandbox)")


def test_an_unknown_key_of_the_extra_is_reported(
    segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    works, message = press_test(
        monkeypatch, host=segment_sandbox.url, password=segment_sandbox.token, extra=json.dumps({"regoin": "eu"})
    )
    warning = "connection 'transient', field extra: unknown key 'regoin' is ignored; did you mean 'region'?"
    assert (works, message) == (True, f"Connected to workspace Sandbox (sandbox); {warning}")
    assert warning in capsys.readouterr().out


def test_a_wrong_token_is_reported(segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    works, message = press_test(monkeypatch, host=segment_sandbox.url, password="wrong-token")
    assert not works
    assert "token" in message
    assert "wrong-token" not in message
