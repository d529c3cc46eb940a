"""Decoding the envelope of a success, and the error objects of an error."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

import msgspec
import pytest

from airflow_provider_segment.protocol.wire.envelope import data_reader, read_errors


class Thing(TypedDict):
    id: str
    note: NotRequired[str | None]


read_thing = data_reader(("thing", Thing), ("extra", int | None, None))


@pytest.mark.parametrize(
    ("body", "thing", "extra"),
    [
        (b'{"data":{"thing":{"id":"a"}}}', {"id": "a"}, None),
        (b' \n{"data" : {"thing":{"id":"a"},"extra":7}} \n', {"id": "a"}, 7),
        (
            b'{"data":{"thing":{"id":"a","note":null,"more":[{}]},"other":1},"also":"x"}',
            {"id": "a", "note": None},
            None,
        ),
        (b'{"data":{"thing":{"id":"\\u00e9"},"extra":null}}', {"id": "é"}, None),
    ],
    ids=["least", "whitespace", "unknown fields", "escape and null"],
)
def test_data_is_decoded(body: bytes, thing: Thing, extra: int | None) -> None:
    data = read_thing(body)

    assert (data.thing, data.extra) == (thing, extra)
    assert type(data.thing) is dict


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"data":null}',
        b'{"data":{}}',
        b'{"data":{"thing":{}}}',
        b'{"data":{"thing":{"id":1}}}',
        b'{"data":{"thing":{"id":"a"}}',
        b'{"errors":[{"type":"x"}]}',
        b"<html>",
    ],
    ids=repr,
)
def test_anything_else_is_a_decoding_error(body: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        read_thing(body)


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        (
            b'{"errors":[{"type":"t","message":"m","field":"f","status":422,"data":{"x":[1]},"unknown":1}]}',
            ({"type": "t", "message": "m", "field": "f", "status": 422, "data": {"x": [1]}},),
        ),
        (b'{"errors":[{"type":"a"},{"type":"b"}]}', ({"type": "a"}, {"type": "b"})),
        (b'{"errors":[{"type":7,"message":["m"],"field":null,"status":"422"}]}', ({},)),
        (b'{"errors":["plain text"]}', ({"message": "plain text"},)),
        (b'{"errors":[null,{"message":"m"}]}', ({"message": "null"}, {"message": "m"})),
        (b'{"errors":[]}', ()),
    ],
    ids=["all fields", "several", "fields of other types", "text", "null", "none"],
)
def test_error_objects_are_decoded(body: bytes, errors: tuple[dict[str, Any], ...]) -> None:
    assert read_errors(body) == errors


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"errors":[',
        b'"text"',
        b"[]",
        b"7",
        b"null",
        b'{"errors":["\xff"]}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"errors":' + b"[" * 100_000,
    ],
    ids=["empty", "html", "half", "text", "list", "number", "null", "not utf-8", "bytes", "deep", "deep errors"],
)
def test_anything_but_a_json_object_is_none(body: bytes) -> None:
    assert read_errors(body) is None
