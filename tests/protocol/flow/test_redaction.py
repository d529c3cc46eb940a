"""Segment's messages may quote the request; settings are redacted in them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_segment.protocol.api.destinations import post_destination, update_destination
from airflow_provider_segment.protocol.api.subscriptions import update_subscription
from airflow_provider_segment.protocol.errors import SegmentAuthError, SegmentError, SegmentInvalidRequestError
from airflow_provider_segment.protocol.flow.redaction import redact
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
from airflow_provider_segment.protocol.wire.messages import Response

SECRET = "hunter2-hunter2"
TERMS = CallOptions(connection="connection 'seg' to host")
SETTINGS = {"apiKey": SECRET, "nested": {"list": ["short", f"{SECRET}-longer"]}, "tiny": "us"}


@pytest.mark.parametrize(
    "flow",
    [
        post_destination(TERMS, source_id="s", metadata_id="m", name="n", settings=SETTINGS),
        update_destination(TERMS, id="d", settings=SETTINGS),
        update_subscription(TERMS, destination_id="d", id="s", settings=SETTINGS),
    ],
    ids=["create", "update", "subscription"],
)
def test_quoted_settings_are_redacted(flow: Flow[object]) -> None:
    next(flow)
    quoting = {
        "type": "x",
        "message": f"{SECRET} and {SECRET}-longer are\n no keys in us",
        "field": "settings",
        "data": {"given": [SECRET, 7]},
    }
    refusal = Response(status=422, body=json.dumps({"errors": [quoting]}).encode())
    with pytest.raises(SegmentInvalidRequestError) as caught:
        flow.send(refusal)
    assert str(caught.value).endswith("returned 422: *** and *** are no keys in us (field: settings)")
    assert caught.value.errors[0]["data"] == {"given": ["***", 7]}
    assert SECRET not in repr(vars(caught.value))


def test_endlessly_nested_error_data_is_dropped() -> None:
    flow = update_destination(TERMS, id="d", settings=SETTINGS)
    next(flow)
    refusal = b'{"errors": [{"message": "no", "data": ' + b"[" * 700 + b"]" * 700 + b"}]}"
    with pytest.raises(SegmentInvalidRequestError, match="returned 422: no"):
        flow.send(Response(status=422, body=refusal))


def test_a_very_long_message_is_shortened() -> None:
    flow = update_destination(TERMS, id="d", enabled=True)
    next(flow)
    with pytest.raises(SegmentInvalidRequestError) as caught:
        flow.send(Response(status=422, body=json.dumps({"errors": [{"message": "x" * 5000}]}).encode()))
    assert 900 < len(str(caught.value)) < 1200


SPELLINGS: dict[str, tuple[Any, str]] = {
    "plain": ("hunter2", "hunter2"),
    "quotes": ('my"secret"', 'my\\"secret\\"'),
    "not ascii": ("s\u00fcperhunter", "s\\u00fcperhunter"),
    "lines, as in a key": (
        "-----BEGIN KEY-----\nhunter2\n-----END KEY-----",
        "-----BEGIN KEY----- hunter2 -----END KEY-----",
    ),
    "number": (123456789, "123456789"),
}


@pytest.mark.parametrize(("value", "quoted"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_a_value_is_redacted_in_every_encoding(value: Any, quoted: str) -> None:
    body = json.dumps({"settings": {"deep": [{"key": value}]}}).encode()
    assert redact(f"got {quoted}, sorry", body=body) == "got ***, sorry"


@pytest.mark.parametrize("status", [200, 400, 404, 422, 502])
def test_a_value_quoted_by_a_gateways_page_is_redacted(status: int) -> None:
    flow = update_destination(TERMS, id="d", settings=SETTINGS)
    next(flow)
    page = Response(status=status, body=f"<html>Blocked value\n {SECRET} of a-secret-token</html>".encode())
    steps: list[Any] = []
    try:
        steps.append(flow.send(page))
    except SegmentError as error:
        steps.append(error)
    assert "Blocked value" in str(steps)
    assert SECRET not in str(steps)


def test_the_token_is_redacted() -> None:
    options = CallOptions(connection="connection 'seg' to host", secrets=("a-secret-token",), retry_budget=0)
    flow = update_destination(options, id="d", enabled=True)
    next(flow)
    with pytest.raises(SegmentAuthError) as caught:
        flow.send(Response(status=401, body=b"<p>Bearer a-secret-token was refused"))
    assert "a-secret-token" not in str(caught.value)
    assert "a-secret-token" not in repr(options)


def test_a_field_is_not_blotted_out() -> None:
    flow = update_destination(TERMS, id="d", settings={"x": "type"})
    next(flow)
    refusal = {"errors": [{"message": "no", "field": "settings.type"}]}
    with pytest.raises(SegmentInvalidRequestError, match=r"field: settings\.type"):
        flow.send(Response(status=422, body=json.dumps(refusal).encode()))


def test_without_a_body_nothing_is_redacted() -> None:
    assert redact("as it is", body=None) == "as it is"
