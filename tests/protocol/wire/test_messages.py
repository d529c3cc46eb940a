"""Requests and responses as values."""

from __future__ import annotations

import pytest
from msgspec import structs

from airflow_provider_segment.protocol.wire.messages import Request, RequestFailure, Response


def request(**changes: object) -> Request:
    plain = Request(method="GET", path="/a", accept="application/json")
    return structs.replace(plain, **changes)


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ((), "/a"),
        ((("b", "c"),), "/a?b=c"),
        ((("b", "1"), ("a", "2"), ("b", "3")), "/a?b=1&a=2&b=3"),
        ((("p[count]", "200"),), "/a?p%5Bcount%5D=200"),
        ((("c", "Mw=="),), "/a?c=Mw%3D%3D"),
        ((("c", "a+b /&?#%"),), "/a?c=a%2Bb+%2F%26%3F%23%25"),
        ((("c", "a\r\nX: y"),), "/a?c=a%0D%0AX%3A+y"),
        ((("c", ""),), "/a?c="),
        ((("c", "é"),), "/a?c=%C3%A9"),
    ],
    ids=["none", "one", "order kept", "brackets", "base64", "reserved", "line break", "empty", "unicode"],
)
def test_the_target_is_path_and_encoded_query(query: tuple[tuple[str, str], ...], target: str) -> None:
    assert request(query=query).target == target


def test_the_query_string_is_empty_without_a_query() -> None:
    assert (request().query_string, request(query=(("b", "c"),)).query_string) == ("", "b=c")


def test_headers_describe_a_body_only_if_there_is_one() -> None:
    assert request().headers == {"Accept": "application/json"}
    assert request(content_type="x/y", body=b"1").headers == {"Accept": "application/json", "Content-Type": "x/y"}


def test_the_repr_of_a_message_hides_bodies_and_headers() -> None:
    shown = repr(
        (
            request(body=b'{"settings": {"apiKey": "hunter2"}}'),
            Response(status=200, headers={"set-cookie": "hunter2"}, body=b"hunter2"),
        )
    )

    assert "hunter2" not in shown


@pytest.mark.parametrize(
    "value",
    [request(), Response(status=200), RequestFailure(reason="refused", sent=False)],
    ids=lambda value: type(value).__name__,
)
def test_values_are_frozen(value: Request | Response | RequestFailure) -> None:
    (first, *_) = structs.fields(value)

    with pytest.raises(AttributeError, match="immutable"):
        setattr(value, first.name, "other")
