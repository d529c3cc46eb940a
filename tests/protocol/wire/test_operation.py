"""Operations and the requests made from them."""

from __future__ import annotations

import pytest

from airflow_provider_segment.protocol.wire.operation import Call, Operation, Stage


@pytest.mark.parametrize(
    ("stage", "accept", "content_type"),
    [
        (Stage.V1, "application/vnd.segment.v1+json", "application/json"),
        (Stage.BETA, "application/vnd.segment.v1beta+json", "application/json"),
        (Stage.ALPHA, "application/vnd.segment.v1alpha+json", "application/vnd.segment.v1alpha+json"),
    ],
)
def test_media_types_depend_on_the_stage(stage: Stage, accept: str, content_type: str) -> None:
    operation = Operation("op", "POST", "/things", stage)

    assert operation.request().headers == {"Accept": accept}
    assert operation.request(body={}).headers == {"Accept": accept, "Content-Type": content_type}


@pytest.mark.parametrize(("method", "creates"), [("GET", False), ("POST", True), ("PATCH", False), ("DELETE", False)])
def test_only_a_post_creates(method: str, creates: bool) -> None:
    assert Operation("op", method, "/").creates is creates


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (None, None),
        ({}, b"{}"),
        ({"a": None, "b": False, "c": 0, "d": ""}, b'{"a":null,"b":false,"c":0,"d":""}'),
        ({"a": "é•\n"}, '{"a":"é•\\n"}'.encode()),
        ({"a": 2**70}, b'{"a":1180591620717411303424}'),
    ],
    ids=["none", "empty", "falsy values", "unicode", "large number"],
)
def test_a_body_is_encoded_as_json(body: dict[str, object] | None, sent: bytes | None) -> None:
    assert Operation("op", "POST", "/").request(body=body).body == sent


def test_a_call_is_shown_as_its_method_and_path() -> None:
    request = Operation("op", "GET", "/a/{id}").request(ids={"id": "x y"}, query=(("secret", "s"),))

    assert str(Call(Operation("op", "GET", "/a/{id}"), request, bytes.decode)) == "GET /a/x%20y"
