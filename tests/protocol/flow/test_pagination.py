"""Pagination: pages are fetched as they are consumed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypedDict

import pytest
from msgspec import structs

from airflow_provider_segment.protocol.errors import SegmentConnectionError, SegmentProtocolError, SegmentRateLimitError
from airflow_provider_segment.protocol.flow.pagination import collect, paginate
from airflow_provider_segment.protocol.flow.steps import Items, Outcome, Send
from airflow_provider_segment.protocol.wire.operation import Operation
from airflow_provider_segment.protocol.wire.pagination import Listing, page_reader
from tests.protocol.driver import ScriptedDriver
from tests.protocol.samples import LOST, TERMS, TOO_LONG, done, page, refusal


class Thing(TypedDict):
    id: str


LISTING = Listing(Operation("listThings", "GET", "/things"), {}, page_reader(Thing, key="things"))


def things(*ids: str, next: str | None = None) -> Outcome:
    return page("things", *({"id": id} for id in ids), next=next)


THREE_PAGES = (things("a", "b", next="MQ=="), things(next="Mw=="), things("c"))


def cursors(driver: ScriptedDriver) -> list[str | None]:
    return [dict(request.query).get("pagination[cursor]") for request in driver.requests]


def consumed(driver: ScriptedDriver) -> Iterator[str]:
    return (thing["id"] for thing in driver.iterate(paginate(LISTING, TERMS)))


def test_a_page_is_fetched_only_when_the_previous_one_is_consumed() -> None:
    driver = ScriptedDriver([things("a", "b", next="MQ=="), things("c")])
    items = consumed(driver)
    assert cursors(driver) == []

    assert [next(items), next(items)] == ["a", "b"]
    assert cursors(driver) == [None]

    assert next(items) == "c"
    assert cursors(driver) == [None, "MQ=="]

    assert list(items) == []
    assert len(driver.requests) == 2


def test_pages_are_fetched_in_order_with_the_page_size() -> None:
    driver = ScriptedDriver(list(THREE_PAGES))

    assert list(consumed(driver)) == ["a", "b", "c"]
    assert cursors(driver) == [None, "MQ==", "Mw=="]
    assert {dict(request.query)["pagination[count]"] for request in driver.requests} == {"200"}


@pytest.mark.parametrize(
    "last",
    [
        things("z"),
        done({"things": [{"id": "z"}], "pagination": {"current": "x", "next": None}}),
        done({"things": [{"id": "z"}], "pagination": None}),
        done({"things": [{"id": "z"}]}),
    ],
    ids=["absent", "null", "null pagination", "no pagination"],
)
def test_pagination_ends_without_a_next_cursor(last: Outcome) -> None:
    assert list(consumed(ScriptedDriver([things("a", next="MQ=="), last]))) == ["a", "z"]


def test_an_empty_listing_has_no_items() -> None:
    assert list(consumed(ScriptedDriver([things()]))) == []


@pytest.mark.parametrize(
    "pages",
    [
        [things("a", next="A"), things("b", next="A")],
        [things("a", next="A"), things("b", next="B"), things("c", next="A")],
        [things("a", next="A"), things(next="A")],
    ],
    ids=["itself", "an earlier one", "empty page"],
)
def test_a_repeated_cursor_is_an_error_instead_of_an_endless_loop(pages: list[Outcome]) -> None:
    driver = ScriptedDriver(list(pages))

    with pytest.raises(SegmentProtocolError, match="listThings: pagination loop: a cursor was repeated") as caught:
        list(consumed(driver))

    assert not caught.value.transient
    assert TERMS.connection in str(caught.value)
    assert len(driver.requests) == len(pages)


def test_each_page_has_its_own_budgets() -> None:
    limited = refusal(429, retry_after="7")
    options = replace(TERMS, rate_limit_budget=10)
    driver = ScriptedDriver([limited, things("a", next="A"), limited, things("b", next="B"), limited, things("c")])

    assert [thing["id"] for thing in driver.iterate(paginate(LISTING, options))] == ["a", "b", "c"]
    with pytest.raises(SegmentRateLimitError):
        list(ScriptedDriver(then=limited).iterate(paginate(LISTING, options)))


def test_items_before_a_fault_are_yielded() -> None:
    items = ScriptedDriver([things("a", next="A")], then=LOST).iterate(
        paginate(LISTING, replace(TERMS, retry_budget=0))
    )

    assert next(items) == {"id": "a"}
    with pytest.raises(SegmentConnectionError):
        next(items)


def test_collect_returns_all_items() -> None:
    driver = ScriptedDriver([LOST, *THREE_PAGES])

    assert driver.run(collect(LISTING, TERMS)) == [{"id": "a"}, {"id": "b"}, {"id": "c"}]
    assert driver.items == []
    assert len(driver.pauses) == 1
    assert cursors(driver) == [None, None, "MQ==", "Mw=="]


def test_collect_also_fails_on_a_repeated_cursor() -> None:
    with pytest.raises(SegmentProtocolError, match="pagination loop"):
        ScriptedDriver([things("a", next="A"), things("b", next="A")]).run(collect(LISTING, TERMS))


def test_each_page_is_yielded_once() -> None:
    steps = paginate(LISTING, TERMS)
    steps.send(None)

    assert steps.send(THREE_PAGES[0]) == Items([{"id": "a"}, {"id": "b"}])


def test_pages_without_end_are_an_error() -> None:
    def endless() -> Iterator[Outcome]:
        number = 0
        while True:
            number += 1
            yield things(next=str(number))

    outcomes = endless()
    flow = collect(LISTING, TERMS)
    step = next(flow)

    def run() -> None:
        nonlocal step
        while isinstance(step, Send):
            step = flow.send(next(outcomes))

    with pytest.raises(SegmentProtocolError, match="listThings: more than 5000 pages"):
        run()


def test_an_enormous_cursor_is_an_error() -> None:
    with pytest.raises(SegmentProtocolError, match="listThings: a cursor of 5000 characters"):
        ScriptedDriver([things("a", next="x" * 5000)]).run(collect(LISTING, TERMS))


def counts(driver: ScriptedDriver) -> list[str]:
    return [dict(request.query)["pagination[count]"] for request in driver.requests]


def test_a_page_that_is_too_long_is_asked_for_again_with_half_the_count() -> None:
    driver = ScriptedDriver([TOO_LONG, TOO_LONG, things("a", next="MQ=="), things("b")])
    assert list(consumed(driver)) == ["a", "b"]
    assert counts(driver) == ["200", "100", "50", "50"]
    assert cursors(driver) == [None, None, None, "MQ=="]


@pytest.mark.parametrize("outcome", [LOST, refusal(504), refusal(408)], ids=["here", "504", "408"])
def test_a_page_that_times_out_is_asked_for_again_with_half_the_count(outcome: Outcome) -> None:
    driver = ScriptedDriver([outcome, outcome, things("a", next="MQ=="), things("b")])
    assert list(consumed(driver)) == ["a", "b"]
    assert counts(driver) == ["200", "100", "50", "50"]
    assert cursors(driver) == [None, None, None, "MQ=="]
    assert len(driver.pauses) == 2


def test_a_page_that_times_out_has_one_budget() -> None:
    driver = ScriptedDriver(then=structs.replace(LOST, seconds=10.0))
    with pytest.raises(SegmentConnectionError, match=r"tried \d+ times over"):
        list(driver.iterate(paginate(LISTING, replace(TERMS, retry_budget=100.0))))
    assert driver.now <= 110.0
    assert counts(driver)[:4] == ["200", "100", "50", "25"]


def test_another_fault_does_not_change_the_count() -> None:
    list(consumed(driver := ScriptedDriver([structs.replace(LOST, reason="reset"), refusal(503), things("a")])))
    assert counts(driver) == ["200", "200", "200"]


def test_an_entry_that_is_too_long_alone_raises() -> None:
    driver = ScriptedDriver(then=TOO_LONG)
    with pytest.raises(SegmentConnectionError):
        list(consumed(driver))
    assert counts(driver)[-1] == "1"


def test_an_entry_on_two_pages_counts_once() -> None:
    driver = ScriptedDriver([things("a", "b", next="MQ=="), things("b", "c")])
    assert list(consumed(driver)) == ["a", "b", "c"]
