"""Each operation: its exact request, and the result of a successful response."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_segment.protocol.api import operations
from airflow_provider_segment.protocol.api.subscriptions import (
    list_subscriptions,
)
from airflow_provider_segment.protocol.errors import SegmentAmbiguousWriteError, SegmentProtocolError
from airflow_provider_segment.protocol.flow.steps import Items, Send
from airflow_provider_segment.protocol.wire.messages import Request
from airflow_provider_segment.protocol.wire.operation import Operation
from airflow_provider_segment.sandbox.api.operations import OPERATIONS as SANDBOX_OPERATIONS
from tests.protocol.driver import AnyFlow, ScriptedDriver
from tests.protocol.example import Example
from tests.protocol.operations import EXAMPLES, SECRET
from tests.protocol.samples import ONE_TRY, SUBSCRIPTION, TERMS, done

every_operation = pytest.mark.parametrize("example", EXAMPLES, ids=str)


def first_request(flow: AnyFlow[Any]) -> Request:
    step = flow.send(None)
    assert isinstance(step, Send)
    return step.request


def test_each_operation_of_the_package_has_an_example() -> None:
    rows = [value for value in vars(operations).values() if isinstance(value, Operation)]
    assert {row.name for row in rows} == {example.operation_id for example in EXAMPLES}


def test_the_sandbox_has_each_operation_of_the_package() -> None:
    served = {row.name: (row.method, row.path) for row in SANDBOX_OPERATIONS}

    for row in vars(operations).values():
        if isinstance(row, Operation):
            assert served[row.name] == (row.method, row.path)


@every_operation
def test_an_operation_sends_exactly_this_request(example: Example) -> None:
    request = first_request(example.start(TERMS))

    assert (request.method, request.target) == (example.method, example.target)
    assert request.headers == {"Accept": example.accept} | (
        {} if example.content_type is None else {"Content-Type": example.content_type}
    )
    assert (None if request.body is None else json.loads(request.body)) == example.body


@every_operation
def test_a_successful_response_becomes_the_value_without_unknown_fields(example: Example) -> None:
    driver = ScriptedDriver([done(example.data)])

    result = driver.run(example.start(TERMS))

    assert (driver.items if isinstance(example.value, list) else result) == example.value
    assert len(driver.requests) == 1
    assert driver.log_text == ""


@every_operation
def test_the_repr_of_a_request_hides_its_body(example: Example) -> None:
    step = example.start(TERMS).send(None)

    assert SECRET not in repr(step)
    assert SECRET not in str(step)


@every_operation
def test_a_value_under_another_key_is_an_error(example: Example) -> None:
    renamed = {f"{key}Of": value for key, value in example.data.items()}

    with pytest.raises((SegmentProtocolError, SegmentAmbiguousWriteError), match="unexpected JSON"):
        ScriptedDriver([done(renamed)]).run(example.start(ONE_TRY))


ODD_IDS = {
    "slash": ("a/b", "a%2Fb"),
    "parent": ("../sources", "..%2Fsources"),
    "space": ("a b", "a%20b"),
    "percent": ("100%", "100%25"),
    "encoded already": ("a%2Fb", "a%252Fb"),
    "query": ("a?b=c&d#e", "a%3Fb%3Dc%26d%23e"),
    "unicode": ("ключ", "%D0%BA%D0%BB%D1%8E%D1%87"),
    "emoji": ("🙂", "%F0%9F%99%82"),
    "carriage return and line feed": ("a\r\nHost: evil", "a%0D%0AHost%3A%20evil"),
    "nul": ("a\0b", "a%00b"),
    "braces": ("{id}", "%7Bid%7D"),
    "semicolon": ("a;b", "a%3Bb"),
    "longest": ("x" * 255, "x" * 255),
}

with_ids = pytest.mark.parametrize("example", [example for example in EXAMPLES if example.ids], ids=str)


@pytest.mark.parametrize(("raw", "encoded"), ODD_IDS.values(), ids=ODD_IDS)
@with_ids
def test_an_id_becomes_one_segment_of_the_path(example: Example, raw: str, encoded: str) -> None:
    expected = [encoded if segment in example.ids.values() else segment for segment in example.path.split("/")]

    assert first_request(example.start(TERMS, **dict.fromkeys(example.ids, raw))).path == "/".join(expected)


@pytest.mark.parametrize("bad", ["", "  ", ".", "..", "x" * 256, "\ud800", 7], ids=repr)
@with_ids
def test_an_impossible_id_is_rejected_before_any_request(example: Example, bad: Any) -> None:
    for name in example.ids:
        driver = ScriptedDriver()

        with pytest.raises(ValueError, match=name):
            driver.run(example.start(TERMS, **{name: bad}))

        assert driver.requests == []


def test_an_example_has_all_ids_of_its_operation() -> None:
    rows = {row.name: row.path.count("{") for row in vars(operations).values() if isinstance(row, Operation)}

    assert {example.operation_id: len(example.ids) for example in EXAMPLES} == rows


def test_items_are_plain_dicts() -> None:
    """So they can be pushed to XCom."""
    flow = list_subscriptions(TERMS, destination_id="d")
    flow.send(None)
    step = flow.send(done({"subscriptions": [SUBSCRIPTION]}))

    assert isinstance(step, Items)
    assert [type(item) for item in step.items] == [dict]
