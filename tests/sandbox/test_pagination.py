from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.sandbox.client import ANALYTICS, WEB, Client

NOTATIONS = {
    "brackets": "pagination[count]={count}&pagination[cursor]={cursor}",
    "brackets encoded": "pagination%5Bcount%5D={count}&pagination%5Bcursor%5D={cursor}",
    "dots": "pagination.count={count}&pagination.cursor={cursor}",
    "dots encoded": "pagination%2Ecount={count}&pagination%2Ecursor={cursor}",
    "json": 'pagination={{"cursor":"{cursor}","count":{count}}}',
    "json encoded": quote('pagination={"cursor": "', safe="=") + "{cursor}" + quote('", "count": ') + "{count}%7D",
}


@pytest.fixture
def five(segment_sandbox: SegmentSandbox) -> list[str]:
    """Seed five destinations and return their ids."""
    names = [f"d{number}" for number in range(5)]
    segment_sandbox.seed({"destinations": [{"id": name, "sourceId": WEB, "metadataId": ANALYTICS} for name in names]})
    return names


def ids(data: Any) -> list[str]:
    return [destination["id"] for destination in data["destinations"]]


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("encoded", [True, False])
def test_every_notation_selects_the_same_page(segment: Client, five: list[str], notation: str, encoded: bool) -> None:
    cursor = "Mw%3D%3D" if encoded else "Mw=="
    query = NOTATIONS[notation].format(count=1, cursor=cursor)

    data = segment.get_raw(f"/destinations?{query}")

    assert ids(data) == ["d3"]
    assert data["pagination"] == {"current": "Mw==", "next": "NA==", "previous": "Mg==", "totalEntries": 5}


@pytest.mark.parametrize("path", ["/destinations", f"/sources/{WEB}/connected-destinations"])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 1000])
def test_following_the_cursors_returns_every_item_once(segment: Client, five: list[str], path: str, count: int) -> None:
    found: list[str] = []
    query = f"pagination.count={count}"
    while True:
        data = segment.data("GET", f"{path}?{query}")
        found += ids(data)
        if data["pagination"].get("next") is None:
            break
        query = f"pagination.count={count}&pagination.cursor={data['pagination']['next']}"

    assert found == five


def test_first_page_has_no_previous_and_last_page_no_next(segment: Client, five: list[str]) -> None:
    first = segment.data("GET", "/destinations?pagination.count=4")["pagination"]
    last = segment.data("GET", f"/destinations?pagination.count=4&pagination.cursor={first['next']}")["pagination"]

    assert first == {"current": "MA==", "next": "NA==", "totalEntries": 5}
    assert last == {"current": "NA==", "previous": "MA==", "totalEntries": 5}


def test_page_size_defaults_to_200(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.seed({"sources": [{"id": f"s{number}"} for number in range(201)]})

    data = segment.data("GET", "/sources")

    assert len(data["sources"]) == 200
    assert len(segment.data("GET", "/sources?pagination.count=1000")["sources"]) == 201
    assert len(segment.data("GET", f"/sources?pagination.count=9&pagination.cursor={data['pagination']['next']}")) == 2


def test_a_cursor_beyond_the_end_returns_an_empty_page(segment: Client, five: list[str]) -> None:
    data = segment.data("GET", "/destinations?pagination.count=2&pagination.cursor=OTk=")

    assert data["destinations"] == []
    assert "next" not in data["pagination"]
    assert data["pagination"]["previous"] == "Mw=="


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("pagination.count=0", "pagination.count"),
        ("pagination.count=1001", "pagination.count"),
        ("pagination.count=-1", "pagination.count"),
        ("pagination.count=1.0", "pagination.count"),
        ("pagination.count=%20%31", "pagination.count"),
        ("pagination.count=", "pagination.count"),
        ("pagination.count=99999999999999999999", "pagination.count"),
        ("pagination.cursor=MA==", "pagination.count"),
        ("pagination[count]=1&pagination[cursor]=", "pagination.cursor"),
        ("pagination[count]=1&pagination[cursor]=nonsense!", "pagination.cursor"),
        ("pagination[count]=1&pagination[cursor]=LTE=", "pagination.cursor"),
        ("pagination[count]=1&pagination[size]=1", "pagination.size"),
        ("pagination[count]=1&pagination.cursor=MA==", "pagination"),
        ("pagination=1", "pagination"),
        ("pagination=", "pagination"),
        ("pagination={}", "pagination.count"),
        ("pagination=[1]", "pagination"),
        ('pagination={"count":"1"}', "pagination.count"),
        ('pagination={"count":true}', "pagination.count"),
    ],
)
def test_invalid_pagination_returns_422(segment: Client, query: str, field: str) -> None:
    assert segment.errors("GET", f"/destinations?{query}") == (422, [field])


@pytest.mark.parametrize(
    "path", ["/sources", "/catalog/destinations", "/destinations/d0/subscriptions", "/destination/d0/filters"]
)
def test_every_list_is_paginated(segment: Client, five: list[str], path: str) -> None:
    data = segment.data("GET", f"{path}?pagination.count=1")

    assert data["pagination"]["current"] == "MA=="
    assert segment.errors("GET", f"{path}?pagination.count=0") == (422, ["pagination.count"])
