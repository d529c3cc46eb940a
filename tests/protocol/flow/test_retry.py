"""The retry policy, as tables: fault x kind of operation."""

from __future__ import annotations

import logging
import re

import msgspec
import pytest

from airflow_provider_segment.protocol.errors import (
    SegmentAmbiguousWriteError,
    SegmentAuthError,
    SegmentConflictError,
    SegmentConnectionError,
    SegmentError,
    SegmentInvalidRequestError,
    SegmentNotFoundError,
    SegmentProtocolError,
    SegmentRateLimitError,
)
from airflow_provider_segment.protocol.flow.responses import parse_outcome
from airflow_provider_segment.protocol.flow.retry import GiveUp, Retry, decide, hold_back
from airflow_provider_segment.protocol.flow.retry_state import RetryState
from airflow_provider_segment.protocol.flow.steps import CallOptions, Outcome
from airflow_provider_segment.protocol.wire.messages import HeldBack, Response
from airflow_provider_segment.protocol.wire.operation import Call, Operation
from tests.protocol.driver import ScriptedDriver
from tests.protocol.example import Example
from tests.protocol.operations import BY_ID
from tests.protocol.samples import (
    DATE,
    LOST,
    REFUSED,
    TERMS,
    TOO_LONG,
    UNTRUSTED,
    done,
    html,
    refusal,
    response,
)

AGAIN = None
"""Marks a fault after which the call is retried and succeeds."""

Expected = type[SegmentError] | None
_AMBIGUOUS = SegmentAmbiguousWriteError

# Outcome | result of GET, PATCH, DELETE | result of POST.
FAULTS: dict[str, tuple[Outcome, Expected, Expected]] = {
    "refused": (REFUSED, AGAIN, AGAIN),
    "lost": (LOST, AGAIN, _AMBIGUOUS),
    "untrusted": (UNTRUSTED, SegmentConnectionError, SegmentConnectionError),
    "too long a response": (TOO_LONG, SegmentConnectionError, _AMBIGUOUS),
    "500": (refusal(500), AGAIN, _AMBIGUOUS),
    "502 html": (html(502), AGAIN, _AMBIGUOUS),
    "503 empty": (Response(status=503), AGAIN, _AMBIGUOUS),
    "504": (refusal(504), AGAIN, _AMBIGUOUS),
    "200 empty": (Response(status=200), AGAIN, _AMBIGUOUS),
    "204": (Response(status=204), AGAIN, _AMBIGUOUS),
    "200 cut short": (Response(status=200, body=b'{"data":{"dest'), AGAIN, _AMBIGUOUS),
    "200 html": (html(200), AGAIN, _AMBIGUOUS),
    "200 other json": (response(200, {"data": {"else": 1}}), AGAIN, _AMBIGUOUS),
    "200 not utf-8": (Response(status=200, body=b'{"data":{"destination":{"id":"\xff'), AGAIN, _AMBIGUOUS),
    "429": (refusal(429), AGAIN, AGAIN),
    "429 html": (html(429), AGAIN, AGAIN),
    "302": (Response(status=302), SegmentProtocolError, SegmentProtocolError),
    "400": (refusal(400), SegmentInvalidRequestError, SegmentInvalidRequestError),
    "401": (refusal(401), SegmentAuthError, SegmentAuthError),
    "403": (refusal(403), SegmentAuthError, SegmentAuthError),
    "404": (refusal(404), SegmentNotFoundError, SegmentNotFoundError),
    "404 html": (html(404), SegmentProtocolError, SegmentProtocolError),
    "408": (refusal(408), AGAIN, _AMBIGUOUS),
    "408 html": (html(408), AGAIN, _AMBIGUOUS),
    "409": (refusal(409), SegmentConflictError, SegmentConflictError),
    "413 html": (html(413), SegmentInvalidRequestError, SegmentInvalidRequestError),
    "421": (refusal(421), AGAIN, AGAIN),
    "422": (refusal(422), SegmentInvalidRequestError, SegmentInvalidRequestError),
    "425": (refusal(425), AGAIN, AGAIN),
    "425 html": (html(425), AGAIN, AGAIN),
}

KINDS = [
    BY_ID[operation]
    for operation in (
        "getDestination",
        "listDestinations",
        "updateDestination",
        "deleteDestination",
        "createDestination",
        "getSubscriptionFromDestination",
        "updateSubscriptionForDestination",
        "removeSubscriptionFromDestination",
        "createDestinationSubscription",
    )
]


@pytest.mark.parametrize(("outcome", "expected", "expected_of_post"), FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("example", KINDS, ids=lambda example: f"{example.method}-{example}")
def test_a_fault_is_retried_or_raised(
    example: Example, outcome: Outcome, expected: Expected, expected_of_post: Expected
) -> None:
    if example.creates:
        expected = expected_of_post
    if example.method == "GET" and expected is SegmentConflictError:
        expected = AGAIN  # a conflict with a write that is still processed
    # A page that is too long is asked for again with half the count, down to a single entry.
    attempts = 8 if outcome is TOO_LONG and str(example).startswith("list") else 1
    driver = ScriptedDriver([outcome, done(example.data)] if expected is AGAIN else [outcome] * attempts)

    if expected is AGAIN:
        driver.run(example.start(TERMS))
        first, second = driver.requests
        # So is a page that takes too long.
        assert first == second or (str(example).startswith("list") and first.path == second.path)
        assert len(driver.pauses) == 1
    else:
        with pytest.raises(SegmentError) as caught:
            driver.run(example.start(TERMS))
        assert type(caught.value) is expected
        assert len(driver.requests) == attempts
        assert driver.now == 0


# The decision as a pure function.


def call_of(method: str, *, limited: bool = False) -> Call[dict[str, object]]:
    operation = Operation("op", method, "/things", limited=limited)
    return Call(operation, operation.request(), msgspec.json.Decoder(dict).decode)


def decision(
    outcome: Outcome, *, state: RetryState, options: CallOptions = TERMS, jitter: float = 1.0
) -> Retry | GiveUp:
    call = call_of("GET")
    try:
        parse_outcome(call, outcome, options)
    except SegmentError as error:
        return decide(call, error, outcome, state, options, jitter=jitter)
    raise AssertionError("no fault")


def again(outcome: Outcome, *, state: RetryState, jitter: float = 1.0) -> Retry:
    result = decision(outcome, state=state, jitter=jitter)
    assert isinstance(result, Retry)
    return result


@pytest.mark.parametrize(
    ("failures", "longest"), [(0, 0.5), (1, 1.0), (2, 2.0), (3, 4.0), (5, 16.0), (6, 30.0), (50, 30.0), (10_000, 30.0)]
)
def test_backoff_doubles_up_to_half_a_minute(failures: int, longest: float) -> None:
    state = RetryState(failures=failures)

    assert again(LOST, state=state, jitter=1.0).pause.seconds == pytest.approx(longest)
    assert again(LOST, state=state, jitter=0.0).pause.seconds == pytest.approx(longest / 2)


LIMITED: dict[str, tuple[Response, int, float, str]] = {
    "seconds": (refusal(429, retry_after="17"), 0, 17, "Retry-After"),
    "date": (
        refusal(429, retry_after="Wed, 01 Jan 2025 00:00:07 GMT", date=DATE),
        0,
        67,
        "Retry-After",
    ),
    "milliseconds": (
        refusal(429, {"type": "RequestError", "data": {"msBeforeNext": 57647, "remainingPoints": 0}}),
        0,
        57.647,
        "msBeforeNext",
    ),
    "reset": (
        refusal(429, x_ratelimit_reset="Wed, 01 Jan 2025 00:00:00 GMT", date=DATE),
        0,
        60,
        "X-RateLimit-Reset",
    ),
    "nothing, first": (refusal(429), 0, 1, "no wait requested"),
    "nothing, fourth": (refusal(429), 3, 8, "no wait requested"),
    "nothing, late": (html(429), 40, 60, "no wait requested"),
    "zero, first": (refusal(429, retry_after="0"), 0, 0.25, "Retry-After"),
    "zero, late": (refusal(429, retry_after="0"), 40, 5, "Retry-After"),
    "a little, late": (refusal(429, retry_after="6"), 40, 6, "Retry-After"),
}


@pytest.mark.parametrize(
    ("limited", "message"),
    [
        (True, "is rate limited (documented limit: 5 a minute): retrying in"),
        (False, "is rate limited: retrying in"),
    ],
)
def test_the_message_about_a_429_says_the_limit_if_it_is_documented(limited: bool, message: str) -> None:
    call, outcome = call_of("PATCH", limited=limited), refusal(429, retry_after="17")
    with pytest.raises(SegmentRateLimitError) as caught:
        parse_outcome(call, outcome, TERMS)

    decided = decide(call, caught.value, outcome, RetryState(), TERMS, jitter=1.0)

    assert isinstance(decided, Retry)
    assert message in decided.pause.reason


@pytest.mark.parametrize(("limit", "message"), [(5, "the rate limit (5 a minute)"), (None, "the rate limit")])
def test_the_messages_about_a_known_limit_say_what_it_is(limit: int | None, message: str) -> None:
    held = HeldBack(seconds=20, slot=20, limit=limit)

    _, pause = hold_back(call_of("PATCH", limited=True), held, RetryState(), TERMS)
    assert f"is held back by {message}: sending in 20.0 s" in pause.reason
    with pytest.raises(SegmentRateLimitError, match=re.escape(f"was not sent: {message} delays it by 20 s")):
        hold_back(call_of("PATCH", limited=True), held, RetryState(), TERMS.capped(1))


@pytest.mark.parametrize(("outcome", "before", "seconds", "source"), LIMITED.values(), ids=LIMITED)
def test_the_wait_after_a_rate_limit(outcome: Response, before: int, seconds: float, source: str) -> None:
    decided = again(outcome, state=RetryState(rate_limits=before, rate_limit_seconds=11))

    assert decided.pause.seconds == pytest.approx(seconds)
    assert decided.pause.level == logging.INFO
    assert source in decided.pause.reason
    assert f"retrying in {seconds:.1f} s" in decided.pause.reason
    assert "of 3600 s" in decided.pause.reason
    assert decided.state.rate_limits == before + 1
    assert decided.state.rate_limit_seconds == pytest.approx(11 + seconds)
    assert (decided.state.failures, decided.state.failure_seconds, decided.state.maybe_applied) == (0, 0, False)


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_a_requested_wait_is_never_shortened(jitter: float) -> None:
    assert again(refusal(429, retry_after="17"), state=RetryState(), jitter=jitter).pause.seconds >= 17


@pytest.mark.parametrize(
    ("outcome", "maybe_applied"),
    [(REFUSED, False), (LOST, True), (refusal(500), True), (html(200), True)],
    ids=["refused", "lost", "500", "garbled"],
)
@pytest.mark.parametrize("before", [False, True])
def test_a_call_that_may_have_been_applied_stays_so(outcome: Outcome, maybe_applied: bool, before: bool) -> None:
    assert again(outcome, state=RetryState(maybe_applied=before)).state.maybe_applied is (maybe_applied or before)


@pytest.mark.parametrize("outcome", [LOST, REFUSED, refusal(503)], ids=["lost", "refused", "503"])
def test_a_pause_after_a_fault_warns_with_the_reason(outcome: Outcome) -> None:
    pause = again(outcome, state=RetryState()).pause

    assert pause.level == logging.WARNING
    assert "GET /things" in pause.reason
    assert "retrying in 0.5 s" in pause.reason
    assert "of 300 s)" in pause.reason


@pytest.mark.parametrize(
    ("header", "seconds"), [({"retry-after": "42"}, 42.0), ({"retry-after": "100000"}, 300.0), ({}, 0.5)]
)
def test_retry_after_of_a_503_is_honoured_within_the_budget(header: dict[str, str], seconds: float) -> None:
    retry = again(Response(status=503, headers=header), state=RetryState())
    assert retry.pause.seconds == seconds
