"""Every status becomes its error, with a message that says what to do."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_segment.protocol.errors import (
    SegmentAmbiguousWriteError,
    SegmentApiError,
    SegmentAuthError,
    SegmentConflictError,
    SegmentConnectionError,
    SegmentError,
    SegmentInvalidRequestError,
    SegmentNotFoundError,
    SegmentProtocolError,
    SegmentRateLimitError,
    SegmentServerError,
)
from airflow_provider_segment.protocol.flow.responses import parse_outcome
from airflow_provider_segment.protocol.flow.steps import Outcome
from airflow_provider_segment.protocol.wire.messages import RequestFailure, Response
from airflow_provider_segment.protocol.wire.operation import Call, Operation
from tests.protocol.driver import ScriptedDriver
from tests.protocol.example import Example
from tests.protocol.operations import EXAMPLES
from tests.protocol.samples import ONE_TRY, TERMS, html, refusal, response

every_operation = pytest.mark.parametrize("example", EXAMPLES, ids=str)

OPERATION = Operation("op", "PATCH", "/things/{id}")
CALL: Call[bytes] = Call(OPERATION, OPERATION.request(ids={"id": "a/b"}, query=(("q", "1"),), body={}), bytes)


def error_of(outcome: Outcome) -> SegmentError:
    with pytest.raises(SegmentError) as caught:
        parse_outcome(CALL, outcome, TERMS)
    return caught.value


BY_STATUS: dict[int, type[SegmentApiError]] = {
    400: SegmentInvalidRequestError,
    401: SegmentAuthError,
    403: SegmentAuthError,
    404: SegmentNotFoundError,
    405: SegmentApiError,
    409: SegmentConflictError,
    413: SegmentInvalidRequestError,
    415: SegmentApiError,
    422: SegmentInvalidRequestError,
    429: SegmentRateLimitError,
    500: SegmentServerError,
    501: SegmentServerError,
    502: SegmentServerError,
    503: SegmentServerError,
    504: SegmentServerError,
    599: SegmentServerError,
}


@pytest.mark.parametrize(("status", "kind"), BY_STATUS.items())
def test_a_status_becomes_its_error(status: int, kind: type[SegmentApiError]) -> None:
    """The status counts, not the error's type: the documented samples contradict each other."""
    returned = {"type": "NotFound", "message": "because", "field": "id", "status": 404}
    error = error_of(refusal(status, returned, {"type": "second-type"}))

    assert type(error) is kind
    assert isinstance(error, SegmentApiError)
    assert (error.status, error.method, error.path) == (status, "PATCH", "/things/a%2Fb")
    assert error.errors == (returned, {"type": "second-type"})
    assert str(error).startswith(f"PATCH /things/a%2Fb returned {status}: because (field: id); second-type")


@pytest.mark.parametrize(("status", "kind"), BY_STATUS.items())
@every_operation
def test_a_status_becomes_its_error_in_every_operation(
    example: Example, status: int, kind: type[SegmentApiError]
) -> None:
    expected: type[SegmentError] = kind
    if example.creates and status >= 500:
        expected = SegmentAmbiguousWriteError
    driver = ScriptedDriver([refusal(status)])

    with pytest.raises(SegmentError) as caught:
        driver.run(example.start(ONE_TRY))

    assert type(caught.value) is expected
    assert f"{example.method} {example.path} returned {status}" in str(caught.value)
    if isinstance(caught.value, SegmentApiError):
        assert (caught.value.method, caught.value.path) == (example.method, example.path)


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("body", [refusal(401).body, b"", html(401).body], ids=["json", "empty", "html"])
def test_a_rejected_token_says_what_to_check(status: int, body: bytes) -> None:
    message = str(error_of(Response(status=status, body=body)))

    for part in ("'segment_eu'", "eu1.api.segmentapis.com", "token", "region", "us or eu", "permission"):
        assert part in message


@pytest.mark.parametrize(
    ("errors", "message"),
    [
        ([{"type": "input-validation", "message": '"id" is required', "field": "id"}], '"id" is required (field: id)'),
        (
            [{"message": "one", "field": "a"}, {"message": "two", "field": "b"}],
            "one (field: a); two (field: b)",
        ),
        ([{"type": "only-a-type"}], "only-a-type"),
        ([{}], "no message"),
        (["text"], "text"),
    ],
    ids=["one", "several", "no message", "nothing", "no object"],
)
def test_an_invalid_request_shows_segments_message(errors: list[Any], message: str) -> None:
    error = error_of(refusal(422, *errors))

    assert str(error) == f"PATCH /things/a%2Fb returned 422: {message}"


@pytest.mark.parametrize(
    "document", [{}, {"errors": []}, {"errors": None}, {"errors": {}}, {"message": "no"}], ids=repr
)
@pytest.mark.parametrize("status", [400, 401, 409, 422, 429, 500])
def test_json_without_errors_keeps_the_status(document: Any, status: int) -> None:
    error = error_of(response(status, document))

    assert isinstance(error, SegmentApiError)
    assert (error.status, error.errors) == (status, ())
    assert f"returned {status}" in str(error)


FOREIGN_NOT_FOUND = {
    "html": html(404),
    "empty": Response(status=404),
    "text": Response(status=404, body=b"404 page not found"),
    "json text": response(404, "not found"),
    "gateway's json": response(404, {"message": "no Route matched with those values"}),
    "half": Response(status=404, body=b'{"errors":[{"type":"not-fou'),
}


@pytest.mark.parametrize("outcome", FOREIGN_NOT_FOUND.values(), ids=FOREIGN_NOT_FOUND)
def test_a_404_that_is_not_the_apis_does_not_mean_a_missing_object(outcome: Response) -> None:
    """Otherwise a delete at the wrong host would succeed."""
    error = error_of(outcome)

    assert type(error) is SegmentProtocolError
    assert not error.transient
    assert error.status == 404
    assert "check the host of connection 'segment_eu'" in str(error)


@pytest.mark.parametrize("status", [200, 201, 400, 401, 403, 404, 407, 409, 413, 422, 429, 500, 502, 503])
def test_the_beginning_of_an_html_page_is_shown(status: int) -> None:
    with pytest.raises(SegmentError) as caught:
        ScriptedDriver([html(status)]).run(EXAMPLES[0].start(ONE_TRY))

    message = str(caught.value)
    assert f"returned {status}" in message
    assert "an HTML page instead of JSON, beginning '<!DOCTYPE html> <html><head><title>" in message
    assert len(message) < 500
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
@every_operation
def test_redirects_are_never_followed(example: Example, status: int) -> None:
    driver = ScriptedDriver([Response(status=status, headers={"location": "https://evil.example/destinations"})])

    with pytest.raises(SegmentProtocolError, match=f"returned {status}, a redirect, which is never followed") as caught:
        driver.run(example.start(TERMS))

    assert caught.value.status == status
    assert "evil.example" not in str(caught.value)
    assert len(driver.requests) == 1


GARBLED = {
    "empty": (b"", "an empty body instead of JSON"),
    "half": (b'{"data":{"workspace":{"id":"', "invalid JSON"),
    "list": (b"[1, 2", "JSON"),
    "text": (b"upstream connect error", "text instead of JSON, beginning 'upstream connect error'"),
    "control characters": (b"bad\x1b[31m\x00gate", "beginning 'bad?[31m?gate'"),
    "not utf-8": (b'{"data":{"workspace":{"id":"\xff","name":"n","slug":"s"}}}', "JSON"),
    "not utf-8 in a skipped field": (b'{"extra":"\xff","data":{}}', "JSON"),
    "deep": (b'{"data":' + b"[" * 100_000, "JSON"),
    "errors": (b'{"errors":[{"type":"x"}]}', "unexpected JSON"),
    "missing field": (b'{"data":{"workspace":{"id":"a","name":"n"}}}', "unexpected JSON"),
    "other type": (b'{"data":{"workspace":{"id":1,"name":"n","slug":"s"}}}', "unexpected JSON"),
    "number": (b"17", "unexpected JSON"),
}


@pytest.mark.parametrize(("body", "message"), GARBLED.values(), ids=GARBLED)
def test_a_garbled_success_is_transient(body: bytes, message: str) -> None:
    with pytest.raises(SegmentProtocolError) as caught:
        ScriptedDriver([Response(status=200, body=body)]).run(EXAMPLES[0].start(ONE_TRY))

    assert "GET / returned 200 with" in str(caught.value)
    assert message in str(caught.value)
    assert "'segment_eu'" in str(caught.value)
    assert caught.value.transient
    assert caught.value.status == 200


@pytest.mark.parametrize(("sent", "transient"), [(True, True), (False, True), (False, False), (True, False)])
def test_a_request_failure_becomes_a_connection_error(sent: bool, transient: bool) -> None:
    error = error_of(RequestFailure(reason="the response timed out", sent=sent, transient=transient))

    assert type(error) is SegmentConnectionError
    assert (error.sent, error.transient) == (sent, transient)
    assert str(error) == f"PATCH /things/a%2Fb: the response timed out ({TERMS.connection})"


@pytest.mark.parametrize(
    "body", [b'{"message":"Slow  down"}', b'{"error":{"message":"Slow down"}}', b'{"error":"Slow down"}']
)
@pytest.mark.parametrize("status", [400, 401, 409, 422, 429, 500])
def test_other_error_bodies_are_read_for_their_message(status: int, body: bytes) -> None:
    error = error_of(Response(status=status, headers={}, body=body))

    assert type(error) is BY_STATUS[status]
    assert f"returned {status}: Slow down" in str(error)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"message":"no Route matched"}', "JSON in an unknown format: no Route matched"),
        (b'{"data":null}', "JSON in an unknown format: no reason given"),
        (b'["x"]', "JSON in an unknown format: no reason given"),
        (b'{"errors":[', "invalid JSON (11 bytes)"),
    ],
)
def test_valid_json_on_a_404_is_not_called_broken_nor_missing(body: bytes, words: str) -> None:
    """A gateway without such a route says so in JSON too; the object may well exist."""
    error = error_of(Response(status=404, headers={}, body=body))

    assert type(error) is SegmentProtocolError
    assert f"returned 404 with {words}; check the host of" in str(error)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 500])
@pytest.mark.parametrize(
    "body",
    [
        b'{"errors":[{"type":"t","message":"Use the EU-hosted API"}]}',
        b'{"message":"Use the EU-hosted API"}',
        b"Use the EU-hosted API for this workspace",
    ],
)
def test_the_other_region_is_suggested_wherever_the_message_names_its_api(status: int, body: bytes) -> None:
    error = error_of(Response(status=status, headers={}, body=body))

    assert str(error).endswith(
        f". The workspace of {TERMS.connection} is in the other region; set the extra field `region` to 'eu'"
    )


def test_the_message_of_another_error_body_is_redacted() -> None:
    sent = OPERATION.request(ids={"id": "a"}, body={"settings": {"apiKey": "a-secret-key-4711"}})
    call: Call[bytes] = Call(OPERATION, sent, bytes)

    with pytest.raises(SegmentError) as caught:
        parse_outcome(call, Response(status=400, headers={}, body=b'{"message":"bad a-secret-key-4711"}'), TERMS)

    assert "a-secret-key-4711" not in str(caught.value)
