"""No message contains a settings value, a request body or a response body."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from airflow_provider_segment.protocol.errors import SegmentError
from airflow_provider_segment.protocol.flow.steps import Outcome
from airflow_provider_segment.protocol.wire.messages import Response
from tests.protocol.driver import ScriptedDriver
from tests.protocol.example import Example
from tests.protocol.operations import BY_ID, SECRET
from tests.protocol.samples import LOST, REFUSED, TERMS, TOO_LONG, UNTRUSTED, html, refusal

WRITES = [
    BY_ID["createDestination"],
    BY_ID["updateDestination"],
    BY_ID["createDestinationSubscription"],
    BY_ID["updateSubscriptionForDestination"],
]

# An object with its secret, as a careless server would return it.
RECORD = json.dumps({"data": {"destination": {"settings": {"apiKey": SECRET}, "id": "dst1"}}}).encode()
WRONG = json.dumps({"data": {"destination": {"settings": SECRET}, "subscription": SECRET}}).encode()

OUTCOMES: dict[str, Outcome] = {
    "refused": REFUSED,
    "lost": LOST,
    "untrusted": UNTRUSTED,
    "too long": TOO_LONG,
    **{f"{status}": refusal(status) for status in (400, 401, 403, 404, 409, 413, 422, 429, 500, 503)},
    **{f"{status} html": html(status) for status in (200, 404, 502)},
    "redirect": Response(status=302, headers={"location": f"https://example.org/{SECRET}"}),
    "truncated": Response(status=200, body=RECORD[:-3]),
    "truncated 500": Response(status=500, body=RECORD[:-3]),
    "truncated 404": Response(status=404, body=RECORD[:-3]),
    "other types": Response(status=200, body=WRONG),
    "byte order mark": Response(status=200, body=b"\xef\xbb\xbf" + RECORD),
    "prefix against scripts": Response(status=500, body=b")]}',\n" + RECORD),
    "list of records": Response(status=400, body=b"[" + RECORD),
    "text": Response(status=500, body=b'"' + SECRET.encode() + b'"'),
    "headers": refusal(422, set_cookie=SECRET, date=SECRET, retry_after=SECRET),
}


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)
@pytest.mark.parametrize("example", WRITES, ids=str)
def test_no_message_contains_a_secret(example: Example, outcome: Outcome) -> None:
    options = replace(TERMS, retry_budget=3, rate_limit_budget=3)
    driver = ScriptedDriver(then=outcome)

    with pytest.raises(SegmentError) as caught:
        driver.run(example.start(options))

    error: BaseException | None = caught.value
    traces = [driver.log_text, repr(driver.requests), repr(driver.pauses)]
    while error is not None:
        traces += [str(error), repr(error), repr(vars(error))]
        error = error.__cause__ or error.__context__
    assert SECRET not in "\n".join(traces)
