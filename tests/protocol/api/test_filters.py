"""What is special about filters: `if`, the description, and a preview, which is a POST that creates nothing."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_segment.protocol.api.filters import (
    get_filter,
    list_filters,
    post_filter,
    preview_filter,
    update_filter,
)
from airflow_provider_segment.protocol.errors import SegmentAuthError, SegmentInvalidRequestError
from tests.protocol.driver import ScriptedDriver, body_of
from tests.protocol.samples import FILTER, LOST, TERMS, done, refusal

DROP = [{"type": "DROP"}]
REQUIRED = {"destination_id": "d", "source_id": "s", "title": "t", "condition": "all", "actions": DROP}


def create(**changes: Any) -> dict[str, Any]:
    """Create a filter and return the body that was sent."""
    driver = ScriptedDriver([done({"filter": FILTER})])
    driver.run(post_filter(TERMS, **REQUIRED | changes))
    return body_of(driver)


def test_create_sends_only_the_required_fields_by_default() -> None:
    required = {"sourceId": "s", "title": "t", "if": "all", "actions": DROP, "enabled": True}

    assert create() == create(description=None) == create(description="") == required
    assert create(enabled="False", description="why") == required | {"enabled": False, "description": "why"}


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        ({"title": "new", "condition": None, "enabled": None}, {"title": "new"}),
        ({"condition": "type = 'page'"}, {"if": "type = 'page'"}),
        ({"actions": '[{"type": "drop"}]'}, {"actions": DROP}),
        ({"enabled": "false"}, {"enabled": False}),
        ({"description": "why"}, {"description": "why"}),
        ({"description": ""}, {"description": None}),
    ],
)
def test_update_sends_only_what_is_set(changes: dict[str, Any], sent: dict[str, Any]) -> None:
    driver = ScriptedDriver([done({"filter": FILTER})])

    driver.run(update_filter(TERMS, destination_id="d", id="f", **changes))

    assert body_of(driver) == sent


def test_an_update_with_nothing_to_send_reads_instead() -> None:
    driver = ScriptedDriver([done({"filter": FILTER})])

    assert driver.run(update_filter(TERMS, destination_id="d", id="f", title=None)) == FILTER
    assert [(request.method, request.target) for request in driver.requests] == [("GET", "/destination/d/filters/f")]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": ""}, "title is empty"),
        ({"condition": " "}, "condition is empty"),
        ({"actions": [{"type": "BLOCK"}]}, "is 'BLOCK'; it must be one of"),
        ({"enabled": 1}, "enabled is 1"),
        ({"description": 1}, "description is 1"),
        ({"source_id": ""}, "source_id is empty"),
    ],
)
def test_invalid_arguments_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        create(**changes)


@pytest.mark.parametrize(
    "record",
    [
        FILTER,
        {key: value for key, value in FILTER.items() if key != "description"},
        {**FILTER, "description": None, "actions": []},
        {**FILTER, "actions": [{"type": "NEW_ONE", "percent": None, "path": None, "fields": None}]},
    ],
    ids=["plain", "least", "nulls", "an action not known yet"],
)
def test_every_form_of_a_filter_is_read(record: dict[str, Any]) -> None:
    driver = ScriptedDriver([done({"filter": record})])

    assert driver.run(get_filter(TERMS, destination_id="d", id="f")) == record


def test_a_preview_whose_response_was_lost_is_sent_again() -> None:
    data = {"inputPayload": {"a": 1}, "result": None}
    driver = ScriptedDriver([LOST, refusal(503), done(data)])

    assert driver.run(preview_filter(TERMS, condition="all", actions=DROP, payload={"a": 1})) == data
    assert len(driver.requests) == 3


def test_a_refused_statement_shows_segments_words() -> None:
    driver = ScriptedDriver([refusal(422, {"type": "x", "message": "Invalid FQL near oops", "field": "filter.if"})])

    with pytest.raises(SegmentInvalidRequestError, match=r"Invalid FQL near oops \(field: filter.if\)"):
        driver.run(preview_filter(TERMS, condition="oops", actions=DROP, payload={}))


@pytest.mark.parametrize("status", [401, 403])
def test_a_denied_operation_says_that_filters_need_the_business_tier(status: int) -> None:
    driver = ScriptedDriver([refusal(status)])

    with pytest.raises(SegmentAuthError, match="also needs a workspace on Segment's Business tier"):
        driver.run(list_filters(TERMS, destination_id="d"))
