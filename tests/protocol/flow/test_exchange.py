"""One call and its retries: budgets, lost responses, repeated deletes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from airflow_provider_segment.protocol.errors import (
    SegmentAmbiguousWriteError,
    SegmentConnectionError,
    SegmentError,
    SegmentNotFoundError,
    SegmentProtocolError,
    SegmentRateLimitError,
    SegmentServerError,
)
from airflow_provider_segment.protocol.flow.steps import Outcome
from airflow_provider_segment.protocol.phrases import counted
from airflow_provider_segment.protocol.wire.messages import RequestFailure
from tests.protocol.driver import ScriptedDriver
from tests.protocol.example import Example
from tests.protocol.operations import BY_ID
from tests.protocol.samples import LOST, REFUSED, TERMS, done, html, refusal

GET = BY_ID["getDestination"]
CREATE = BY_ID["createDestination"]
CREATE_SUBSCRIPTION = BY_ID["createDestinationSubscription"]
DELETE = BY_ID["deleteDestination"]
REMOVE_SUBSCRIPTION = BY_ID["removeSubscriptionFromDestination"]

NOT_FOUND = refusal(404)
LIMITED = refusal(429, retry_after="7")
SLOW = RequestFailure(reason="the response timed out", sent=True, seconds=30)


SPENT: dict[str, tuple[Outcome, type[SegmentError]]] = {
    "refused": (REFUSED, SegmentConnectionError),
    "lost": (LOST, SegmentConnectionError),
    "slow": (SLOW, SegmentConnectionError),
    "500": (refusal(500), SegmentServerError),
    "502 html": (html(502), SegmentServerError),
    "garbled": (html(200), SegmentProtocolError),
}


@pytest.mark.parametrize("budget", [0, 0.1, 5, 100, 1000])
@pytest.mark.parametrize(("outcome", "kind"), SPENT.values(), ids=SPENT)
def test_a_spent_budget_says_how_often_and_how_long(outcome: Outcome, kind: type[SegmentError], budget: float) -> None:
    driver = ScriptedDriver(then=outcome)

    with pytest.raises(SegmentError) as caught:
        driver.run(GET.start(replace(TERMS, retry_budget=budget)))

    assert type(caught.value) is kind
    message = str(caught.value)
    assert message.endswith(
        f"; tried {counted(len(driver.requests), 'time')} over {driver.now:.0f} s (retry_budget: {budget:.0f} s)"
    )
    assert "GET /destinations/dst1" in message
    assert sum(pause.seconds for pause in driver.pauses) <= budget
    # Only the last attempt may start within the budget and finish after it.
    assert driver.now <= budget + outcome.seconds
    assert len(driver.requests) == len(driver.pauses) + 1


def test_a_larger_budget_allows_more_attempts() -> None:
    attempts = []
    for budget in (0, 5, 100):
        driver = ScriptedDriver(then=LOST)
        with pytest.raises(SegmentConnectionError):
            driver.run(GET.start(replace(TERMS, retry_budget=budget)))
        attempts.append(len(driver.requests))

    assert attempts[0] == 1
    assert attempts == sorted(set(attempts))


@pytest.mark.parametrize("example", [GET, CREATE, DELETE, BY_ID["updateDestination"]], ids=str)
def test_a_spent_rate_limit_budget_says_how_often_and_how_long(example: Example) -> None:
    driver = ScriptedDriver(then=LIMITED)

    with pytest.raises(SegmentRateLimitError) as caught:
        driver.run(example.start(replace(TERMS, rate_limit_budget=30)))

    assert len(driver.requests) == 5
    assert driver.now == 28
    for part in ("rate limited 5 times", "waited 28 s", "next wait of 7 s", "rate_limit_budget of 30 s"):
        assert part in str(caught.value)
    assert (caught.value.status, caught.value.method) == (429, example.method)


def test_a_wait_beyond_the_budget_is_not_started() -> None:
    driver = ScriptedDriver(then=refusal(429, retry_after="999999999"))

    with pytest.raises(SegmentRateLimitError, match="rate limited 1 time and waited 0 s"):
        driver.run(GET.start(TERMS))

    assert driver.now == 0


def test_a_requested_wait_of_0_seconds_is_no_hot_loop() -> None:
    driver = ScriptedDriver(then=refusal(429, retry_after="0"))

    with pytest.raises(SegmentRateLimitError):
        driver.run(GET.start(replace(TERMS, rate_limit_budget=600)))

    assert len(driver.requests) < 300


def test_the_two_budgets_are_independent() -> None:
    options = replace(TERMS, retry_budget=2, rate_limit_budget=100)
    driver = ScriptedDriver([LIMITED] * 10 + [LOST] + [LIMITED] * 4 + [done(GET.data)])

    assert driver.run(GET.start(options)) == GET.value
    assert driver.now > 98


def test_each_call_has_the_whole_budgets() -> None:
    options = replace(TERMS, rate_limit_budget=10)
    driver = ScriptedDriver(now=1000.0)
    for _ in range(2):
        driver.script = [LIMITED, done(GET.data)]
        assert driver.run(GET.start(options)) == GET.value


@pytest.mark.parametrize("example", [CREATE, CREATE_SUBSCRIPTION], ids=str)
@pytest.mark.parametrize(
    "lost",
    [LOST, SLOW, refusal(500), html(503), html(200), done({"else": 1})],
    ids=["lost", "slow", "500", "503", "html", "other json"],
)
@pytest.mark.parametrize("before", [[], [REFUSED], [LIMITED, REFUSED, LIMITED]], ids=["first", "refused", "several"])
def test_a_create_that_may_have_been_applied_is_never_repeated(
    example: Example, before: list[Outcome], lost: Outcome
) -> None:
    driver = ScriptedDriver([*before, lost])

    with pytest.raises(SegmentAmbiguousWriteError) as caught:
        driver.run(example.start(TERMS))

    assert len(driver.requests) == len(before) + 1
    assert isinstance(caught.value.__cause__, SegmentError)
    assert str(caught.value.__cause__) in str(caught.value)
    assert f"POST {example.path}" in str(caught.value)
    assert not caught.value.transient


@pytest.mark.parametrize("example", [CREATE, CREATE_SUBSCRIPTION], ids=str)
@pytest.mark.parametrize(
    "before", [[REFUSED], [LIMITED], [REFUSED, LIMITED, REFUSED]], ids=["refused", "limited", "both"]
)
def test_a_create_that_was_not_applied_is_repeated(example: Example, before: list[Outcome]) -> None:
    driver = ScriptedDriver([*before, done(example.data)])

    assert driver.run(example.start(TERMS)) == example.value
    assert len(set(driver.requests)) == 1


def test_a_create_that_never_reached_segment_is_not_ambiguous() -> None:
    driver = ScriptedDriver(then=REFUSED)

    with pytest.raises(SegmentConnectionError, match=r"connection refused .*; tried \d+ times"):
        driver.run(CREATE.start(replace(TERMS, retry_budget=20)))


removals = pytest.mark.parametrize("example", [DELETE, REMOVE_SUBSCRIPTION], ids=str)


@removals
@pytest.mark.parametrize(
    "before",
    [[LOST], [refusal(500)], [html(200)], [LOST, REFUSED], [LOST, LIMITED, REFUSED], [REFUSED, LOST]],
    ids=["lost", "500", "garbled", "lost, refused", "lost, limited, refused", "refused, lost"],
)
def test_a_404_after_a_lost_response_to_a_delete_is_success(example: Example, before: list[Outcome]) -> None:
    driver = ScriptedDriver([*before, NOT_FOUND])

    driver.run(example.start(TERMS))

    assert len(driver.requests) == len(before) + 1


@removals
@pytest.mark.parametrize(
    "before", [[], [REFUSED], [LIMITED], [REFUSED, LIMITED]], ids=["first", "refused", "limited", "both"]
)
def test_a_404_to_the_first_delete_is_an_error(example: Example, before: list[Outcome]) -> None:
    with pytest.raises(SegmentNotFoundError):
        ScriptedDriver([*before, NOT_FOUND]).run(example.start(TERMS))


@removals
def test_a_gateways_404_after_a_lost_response_is_not_success(example: Example) -> None:
    with pytest.raises(SegmentProtocolError):
        ScriptedDriver([LOST, html(404)]).run(example.start(TERMS))


@pytest.mark.parametrize("example", [GET, BY_ID["updateDestination"]], ids=str)
def test_only_a_delete_takes_a_404_for_success(example: Example) -> None:
    with pytest.raises(SegmentNotFoundError):
        ScriptedDriver([LOST, NOT_FOUND]).run(example.start(TERMS))


def test_waits_are_random_so_that_tasks_do_not_retry_in_step() -> None:
    waits = set()
    for _ in range(20):
        driver = ScriptedDriver([LOST, done(GET.data)])
        driver.run(GET.start(TERMS))
        waits.add(driver.pauses[0].seconds)

    assert len(waits) > 1
