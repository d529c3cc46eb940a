"""The request for a page, and the cursor of the next."""

from __future__ import annotations

from typing import Any, TypedDict

import msgspec
import pytest

from airflow_provider_segment.protocol.wire.operation import Operation
from airflow_provider_segment.protocol.wire.pagination import Listing, page_reader
from tests.protocol.samples import done


class Thing(TypedDict):
    id: str


read_page = page_reader(Thing, key="things")
LISTING = Listing(Operation("listThings", "GET", "/owners/{owner}/things"), {"owner": "a/b"}, read_page)


@pytest.mark.parametrize(
    ("cursor", "target"),
    [
        (None, "/owners/a%2Fb/things?pagination%5Bcount%5D=200"),
        ("MQ==", "/owners/a%2Fb/things?pagination%5Bcount%5D=200&pagination%5Bcursor%5D=MQ%3D%3D"),
        ("a b&c", "/owners/a%2Fb/things?pagination%5Bcount%5D=200&pagination%5Bcursor%5D=a+b%26c"),
    ],
    ids=["first", "later", "odd cursor"],
)
def test_a_page_is_requested_by_its_cursor(cursor: str | None, target: str) -> None:
    call = LISTING.page(cursor)

    assert (call.request.method, call.request.target, call.request.body) == ("GET", target, None)


def test_a_404_for_a_page_is_never_success() -> None:
    assert LISTING.page(None).gone is None


@pytest.mark.parametrize(
    ("pagination", "cursor"),
    [
        ({"pagination": {"current": "MA==", "next": "MQ=="}}, "MQ=="),
        ({"pagination": {"current": "MA==", "next": "MQ==", "previous": None, "totalEntries": 9, "new": {}}}, "MQ=="),
        ({"pagination": {"current": "MA==", "next": None, "previous": "MA=="}}, None),
        ({"pagination": {"current": "MA=="}}, None),
        ({"pagination": {}}, None),
        ({"pagination": None}, None),
        ({}, None),
    ],
    ids=["next", "all fields", "null", "absent", "empty", "null pagination", "no pagination"],
)
@pytest.mark.parametrize("things", [[], [{"id": "a"}], [{"id": "a"}, {"id": "b"}]], ids=len)
def test_only_the_next_cursor_means_another_page(
    things: list[Thing], pagination: dict[str, Any], cursor: str | None
) -> None:
    page = read_page(done({"things": things} | pagination).body)

    assert (page.items, page.cursor) == (things, cursor)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"things": None},
        {"things": {"id": "a"}},
        {"things": [{"id": 1}]},
        {"things": [], "pagination": {"next": 3}},
        {"things": [], "pagination": []},
    ],
    ids=["nothing", "null", "no list", "bad entry", "number as cursor", "list as pagination"],
)
def test_anything_else_is_a_decoding_error(data: dict[str, Any]) -> None:
    with pytest.raises(msgspec.MsgspecError):
        read_page(done(data).body)
