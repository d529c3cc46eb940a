"""Whatever the response, each operation ends with a value or a ``SegmentError``."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from airflow_provider_segment.protocol.errors import SegmentError
from airflow_provider_segment.protocol.flow.steps import Items, Log, MaskSecrets, Outcome, Send
from airflow_provider_segment.protocol.wire.messages import RequestFailure, Response
from tests.protocol.drawn_responses import bodies_for, headers, statuses
from tests.protocol.driver import AnyFlow
from tests.protocol.example import Example
from tests.protocol.operations import EXAMPLES
from tests.protocol.property_settings import examples
from tests.protocol.samples import ONE_TRY


def outcomes_for(example: Example) -> st.SearchStrategy[Outcome]:
    everything = bodies_for(example.data)
    responses = st.builds(Response, status=statuses, headers=headers, body=everything)
    successes = st.builds(Response, status=st.just(200), body=everything)
    failures = st.builds(RequestFailure, reason=st.text(max_size=20), sent=st.booleans(), transient=st.booleans())
    return st.one_of(successes, responses, failures)


def end_of(flow: AnyFlow[Any], outcome: Outcome) -> Any:
    """Return the result, the items or the error after the first response."""
    assert isinstance(flow.send(None), Send)
    try:
        step = flow.send(outcome)
        while isinstance(step, Log):  # a page that is too long is asked for again with half the count
            assert isinstance(flow.send(None), Send)
            step = flow.send(outcome)
        if isinstance(step, MaskSecrets):
            step = flow.send(None)
    except StopIteration as stop:
        return stop.value
    except SegmentError as error:
        return error
    assert isinstance(step, Items), "one attempt is all the budget allows"
    return step.items


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
@examples(0.5)
@given(data=st.data())
def test_any_response_gives_a_value_or_a_segment_error(example: Example, data: st.DataObject) -> None:
    outcome = data.draw(outcomes_for(example))
    if isinstance(outcome, Response):
        note(f"headers {outcome.headers!r}, body {outcome.body!r}")  # not part of its repr

    result = end_of(example.start(ONE_TRY), outcome)

    if isinstance(result, SegmentError):
        assert str(result)
    else:
        assert isinstance(outcome, Response)
        assert 200 <= outcome.status < 300
        json.dumps(result)
