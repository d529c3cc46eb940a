"""Segment's messages may quote the request; settings are redacted in them."""

from __future__ import annotations

import base64
import html
import json
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from airflow_provider_segment.protocol.api.destinations import post_destination, update_destination
from airflow_provider_segment.protocol.api.subscriptions import update_subscription
from airflow_provider_segment.protocol.errors import (
    SegmentApiError,
    SegmentAuthError,
    SegmentError,
    SegmentInvalidRequestError,
)
from airflow_provider_segment.protocol.flow.redaction import Redactor, redactor_for
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
from airflow_provider_segment.protocol.secret_str import SecretStr
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


ENCODINGS: dict[str, tuple[Any, str]] = {
    "plain": ("hunter2", "hunter2"),
    "quotes": ('my"secret"', 'my\\"secret\\"'),
    "not ascii": ("s\u00fcperhunter", "s\\u00fcperhunter"),
    "lines, as in a key": (
        "-----BEGIN KEY-----\nhunter2\n-----END KEY-----",
        "-----BEGIN KEY----- hunter2 -----END KEY-----",
    ),
    "number": (123456789, "123456789"),
}


@pytest.mark.parametrize(("value", "quoted"), ENCODINGS.values(), ids=ENCODINGS.keys())
def test_a_value_is_redacted_in_every_encoding(value: Any, quoted: str) -> None:
    body = json.dumps({"settings": {"deep": [{"key": value}]}}).encode()
    assert redactor_for(body).redact(f"got {quoted}, sorry") == "got ***, sorry"


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
    options = CallOptions(connection="connection 'seg' to host", secrets=(SecretStr("a-secret-token"),), retry_budget=0)
    flow = update_destination(options, id="d", enabled=True)
    next(flow)
    with pytest.raises(SegmentAuthError) as caught:
        flow.send(Response(status=401, body=b"<p>Bearer a-secret-token was refused"))
    assert "a-secret-token" not in str(caught.value)
    assert "a-secret-token" not in repr(options)


def test_a_short_word_in_a_field_is_not_redacted() -> None:
    flow = update_destination(TERMS, id="d", settings={"x": "type"})
    next(flow)
    refusal = {"errors": [{"message": "no", "field": "settings.type"}]}
    with pytest.raises(SegmentInvalidRequestError, match=r"field: settings\.type"):
        flow.send(Response(status=422, body=json.dumps(refusal).encode()))


def test_without_a_body_nothing_is_redacted() -> None:
    assert redactor_for(None).redact("as it is") == "as it is"


TOKEN = "a-Token_of+40/characters~0123456789abcdef"
PEM_LINES = ["MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "BKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj", "c2hvcnQgbGluZQ=="]
PEM = "\n".join(["-----BEGIN PRIVATE KEY-----", *PEM_LINES, "-----END PRIVATE KEY-----"])
SERVICE_ACCOUNT = json.dumps(
    {"type": "service", "project_id": "warehouse", "private_key": PEM, "client_email": "loader@example.test"}
)


def every_part(secret: str) -> dict[str, Any]:
    """Return an error object with a secret in every part."""
    return {
        "type": f"type {secret}",
        "message": f"message {secret}",
        "field": f"settings.{secret}",
        "data": {secret: [{"value": secret}, 1]},
    }


@pytest.mark.parametrize("status", [400, 401, 404, 409, 429, 500])
def test_every_part_of_an_error_object_is_redacted(status: int) -> None:
    options = CallOptions(connection="c", secrets=(SecretStr(TOKEN),), retry_budget=0, rate_limit_budget=0)
    flow = update_destination(options, id="d", settings={"apiKey": SECRET})
    next(flow)
    body = json.dumps({"errors": [every_part(TOKEN), every_part(SECRET), TOKEN, [SECRET], 5]}).encode()
    with pytest.raises(SegmentApiError) as caught:
        flow.send(Response(status=status, body=body))
    shown = f"{caught.value} {vars(caught.value)}"
    assert TOKEN not in shown
    assert SECRET not in shown
    assert caught.value.errors[0] == every_part("***")


def test_a_number_in_the_data_of_an_error_is_redacted() -> None:
    redactor = redactor_for(b'{"settings": {"account": 123456789}}')
    assert redactor.redact_value({"given": [123456789, 7, True, None, 1.5]}) == {"given": ["***", 7, True, None, 1.5]}


@pytest.mark.parametrize("length", range(160, 206, 5))
def test_a_secret_across_the_cut_of_a_message_is_redacted(length: int) -> None:
    options = CallOptions(connection="c", secrets=(SecretStr(TOKEN),), retry_budget=0)
    for padding in ("x" * length, "x" * (length + 800), " " * (length + 3_950), "<" + "x" * (length - 110)):
        for body in (json.dumps({"errors": [f"{padding}{TOKEN}"]}), f"{padding}{TOKEN}"):
            flow = update_destination(options, id="d", enabled=True)
            next(flow)
            with pytest.raises(SegmentError) as caught:
                flow.send(Response(status=401, body=body.encode()))
            assert TOKEN[:4] not in f"{caught.value} {vars(caught.value)}"


QUOTED: dict[str, tuple[str, str]] = {
    "upper case": (TOKEN, TOKEN.upper()),
    "lower case": (TOKEN, TOKEN.lower()),
    "base64": (TOKEN, base64.b64encode(TOKEN.encode()).decode()),
    "base64 behind a byte": (TOKEN, base64.b64encode(f"x{TOKEN}".encode()).decode()[2:]),
    "base64 for URLs": ("a?b>c~d\u00fc?>~", base64.urlsafe_b64encode("a?b>c~d\u00fc?>~".encode()).decode()),
    "URL": (TOKEN, quote(TOKEN, safe="")),
    "URL, lower case": (TOKEN, quote(TOKEN, safe="").lower()),
    "form": ("two words & more", quote_plus("two words & more")),
    "HTML": ("<two> & 'more'", html.escape("<two> & 'more'")),
    "HTML, by numbers": ('it\'s & "more"', "it&#39;s &amp; &#34;more&#34;"),
    "JSON": ('my "secret" \u00fc', json.dumps('my "secret" \u00fc')[1:-1]),
    "JSON, upper case": ('my "secret" \u00fc', json.dumps('my "secret" \u00fc')[1:-1].upper()),
    "a line": (PEM, PEM_LINES[2]),
    "a run": (TOKEN, TOKEN[9:25]),
    "a run across lines": (PEM, f"{PEM_LINES[0][-9:]}\n{PEM_LINES[1][:6]}"),
    "a run across folded lines": (PEM, f"{PEM_LINES[0][-9:]} {PEM_LINES[1][:6]}"),
    "a run of base64": (TOKEN, base64.b64encode(TOKEN.encode()).decode()[4:20]),
    "a leaf": (SERVICE_ACCOUNT, "loader@example.test"),
    "a run of a leaf": (SERVICE_ACCOUNT, PEM_LINES[1][3:19]),
    "a line of a leaf": (SERVICE_ACCOUNT, PEM_LINES[2]),
    "as a whole": (SERVICE_ACCOUNT, SERVICE_ACCOUNT),
}


@pytest.mark.parametrize(("secret", "quoted"), QUOTED.values(), ids=QUOTED)
def test_a_quote_of_a_secret_is_redacted(secret: str, quoted: str) -> None:
    redacted = Redactor([secret]).redact(f"bad: '{quoted}'!")
    assert redacted in {"bad: '***'!", "bad: '***='!", "bad: '***Y='!", "bad: '***g='!"}


@pytest.mark.parametrize("secret", [PEM, SERVICE_ACCOUNT])
def test_words_that_merely_occur_in_a_secret_stay_readable(secret: str) -> None:
    message = "the private_key of the service is no PEM of type PRIVATE KEY (-----BEGIN PRIVATE KEY-----): project_id"
    assert Redactor([secret]).redact(message) == message


@given(st.text(min_size=16, max_size=60), st.text(max_size=40), st.text(max_size=40), st.data())
def test_any_run_of_16_characters_is_redacted(secret: str, before: str, after: str, data: st.DataObject) -> None:
    assume(not secret.lstrip().startswith(("{", "[")) and "-----" not in secret)
    start = data.draw(st.integers(0, len(secret) - 16))
    run = secret[start : start + 16]
    assume(run not in before and run not in after)
    assert run not in Redactor([secret]).redact(f"{before}{run}{after}")


def test_redacting_is_linear_in_a_long_repetitive_message() -> None:
    assert Redactor(["ab" * 5000]).redact("ab" * 2000 + "!") == "***!"
