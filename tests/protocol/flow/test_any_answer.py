"""Whatever comes, each operation ends with a value or a ``SegmentError``, and nothing else escapes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from airflow_provider_segment.protocol.errors import SegmentError
from airflow_provider_segment.protocol.flow.steps import Conceal, Emit, Outcome, Send
from airflow_provider_segment.protocol.wire.message import Answer, NoAnswer
from tests.protocol.driver import AnyFlow
from tests.protocol.example import Example
from tests.protocol.operations import EXAMPLES
from tests.protocol.property_settings import examples
from tests.protocol.samples import DATE, ONE_TRY

HEADERS = ("content-type", "content-length", "date", "location", "retry-after", "x-ratelimit-reset")

statuses = st.one_of(
    st.sampled_from([200, 201, 204, 302, 400, 401, 404, 409, 422, 429, 500, 503]), st.integers(100, 599)
)
headers = st.dictionaries(
    st.sampled_from(HEADERS), st.one_of(st.just("7"), st.just(DATE), st.text(max_size=30)), max_size=4
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(),
    st.text(max_size=10),
    st.sampled_from(["SUCCESS", "", "MA==", "•"]),
)
documents = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                st.sampled_from(["data", "errors", "message", "field", "type", "msBeforeNext", "id", "pagination"]),
                st.text(max_size=5),
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=8,
)
bodies = st.one_of(
    st.binary(max_size=200),
    documents.map(lambda document: json.dumps(document).encode()),
    documents.map(lambda document: json.dumps({"errors": document}).encode()),
    st.lists(documents, max_size=2).map(lambda errors: json.dumps({"errors": errors}).encode()),
    st.integers(1, 3000).map(lambda depth: b'{"data":' + b"[" * depth),
)


@st.composite
def mutated(draw: st.DrawFn, document: Any) -> Any:
    """The document with one part, chosen by going down at random, removed or replaced."""
    if isinstance(document, (dict, list)) and document and draw(st.integers(0, 9)):
        keys = list(document) if isinstance(document, dict) else range(len(document))
        chosen = draw(st.sampled_from(keys))
        copy = document.copy()
        if draw(st.integers(0, 9)):
            copy[chosen] = draw(mutated(document[chosen]))
        else:
            del copy[chosen]
        return copy
    return draw(documents)


@st.composite
def damaged(draw: st.DrawFn, body: bytes) -> bytes:
    """The bytes cut short, or with some replaced."""
    start = draw(st.integers(0, len(body)))
    end = draw(st.integers(start, min(len(body), start + 20)))
    return (
        body[:start] + draw(st.one_of(st.just(b""), st.binary(max_size=4))) + draw(st.sampled_from([body[end:], b""]))
    )


def outcomes_for(example: Example) -> st.SearchStrategy[Outcome]:
    real = {"data": example.data}
    everything = st.one_of(
        bodies,
        mutated(real).map(lambda document: json.dumps(document).encode()),
        damaged(json.dumps(real, ensure_ascii=False).encode()),
    )
    answers = st.builds(Answer, status=statuses, headers=headers, body=everything)
    successes = st.builds(Answer, status=st.just(200), body=everything)
    no_answers = st.builds(NoAnswer, reason=st.text(max_size=20), sent=st.booleans(), transient=st.booleans())
    return st.one_of(successes, answers, no_answers)


def end_of(flow: AnyFlow[Any], outcome: Outcome) -> Any:
    """What comes of the first answer: the result, the items, or the error."""
    assert isinstance(flow.send(None), Send)
    try:
        step = flow.send(outcome)
        if isinstance(step, Conceal):
            step = flow.send(None)
    except StopIteration as stop:
        return stop.value
    except SegmentError as error:
        return error
    assert isinstance(step, Emit), "one attempt is all the budget allows"
    return step.items


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
@examples(0.5)
@given(data=st.data())
def test_a_value_or_a_segment_error(example: Example, data: st.DataObject) -> None:
    outcome = data.draw(outcomes_for(example))
    if isinstance(outcome, Answer):
        note(f"headers {outcome.headers!r}, body {outcome.body!r}")  # not part of its repr

    result = end_of(example.start(ONE_TRY), outcome)

    if isinstance(result, SegmentError):
        assert str(result)
    else:
        assert isinstance(outcome, Answer)
        assert 200 <= outcome.status < 300
        json.dumps(result)
