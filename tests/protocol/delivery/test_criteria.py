"""The criteria of a wait, and the verdict on one poll."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_segment.protocol.api.delivery_metrics import DeliveryMetrics
from airflow_provider_segment.protocol.delivery.condition import Condition
from airflow_provider_segment.protocol.delivery.criteria import Observation, WaitCriteria, check_criteria
from airflow_provider_segment.protocol.delivery.verdict import Reason, Status, evaluate
from airflow_provider_segment.protocol.delivery.window import Window
from airflow_provider_segment.protocol.selection import DestinationSelection
from tests.protocol.delivery.observing import NOW, START, criteria, metrics, verdict
from tests.protocol.property_settings import examples

W, S, F, U = Status.WAITING, Status.SUCCEEDED, Status.FAILED, Status.UNMET
BOTH = {"success_when": "successes >= 1", "fail_when": "failures >= 1"}

CASES: dict[str, tuple[dict[str, Any], DeliveryMetrics, Status]] = {
    "holds": ({"success_when": "successes >= 10"}, metrics(10), S),
    "does not hold": ({"success_when": "successes >= 10"}, metrics(9), W),
    "all hold": ({"success_when": ["successes >= 10", "expired == 0"]}, metrics(10), S),
    "one does not": ({"success_when": ["successes >= 10", "expired == 0"]}, metrics(10, 1), W),
    "no failure": (BOTH, metrics(5), S),
    "a failure alone": (BOTH, metrics(0, 1), F),
    "failing wins": (BOTH, metrics(5, 0, 1), F),
    "any failure is enough": (
        {"success_when": "successes >= 1", "fail_when": ["expired > 5", "discarded > 5"]},
        metrics(5, 0, 6),
        F,
    ),
    "nothing attempted": ({"success_when": "expired == 0"}, metrics(), W),
    "nothing attempted, rate": ({"success_when": "success_rate >= 0.5", "min_attempted": 0}, metrics(), W),
    "nothing attempted is allowed": ({"success_when": "expired == 0", "min_attempted": 0}, metrics(), S),
    "too few for success": ({"success_when": "success_rate == 1", "min_attempted": 100}, metrics(99), W),
    "just enough for success": ({"success_when": "success_rate == 1", "min_attempted": 100}, metrics(100), S),
    "too few for failure": ({**BOTH, "min_attempted": 100}, metrics(0, 99), W),
    "just enough for failure": ({**BOTH, "min_attempted": 100}, metrics(0, 60, 40), F),
    "all outcomes count": ({"success_when": "successes >= 1", "min_attempted": 3}, metrics(1, 1, 1), S),
    "unknown time": ({"success_when": "time_to_success_p95 < 5"}, metrics(5), W),
    "unknown time does not fail": (
        {"success_when": "successes >= 1", "fail_when": "time_to_success_p95 != 5"},
        metrics(5),
        S,
    ),
    "known time": ({"success_when": "time_to_success_p95 < 5"}, metrics(5, time_to_success_p95=1.5), S),
}


@pytest.mark.parametrize(("changes", "found", "status"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("window", [{}, {"window": "PT2H"}], ids=["anchored", "sliding"])
def test_each_case_has_its_status(
    changes: dict[str, Any], found: DeliveryMetrics, status: Status, window: dict[str, Any]
) -> None:
    assert verdict(criteria(**changes, **window), found).status is status


AT_END: dict[str, tuple[timedelta, Any, Status, Status]] = {
    # Time since end_time, settle_time | status when success_when holds, when fail_when holds.
    "long before the end": (timedelta(hours=-1), 120, W, F),
    "at the end": (timedelta(0), 120, W, F),
    "not settled": (timedelta(seconds=119), 120, W, F),
    "settled": (timedelta(seconds=120), 120, S, F),
    "long after": (timedelta(hours=1), 120, S, F),
    "just before the end, no settling": (timedelta(seconds=-1), 0, W, F),
    "at the end, no settling": (timedelta(0), 0, S, F),
    "settled for long": (timedelta(minutes=59), "PT1H", W, F),
}


@pytest.mark.parametrize(("since", "settle_time", "success_status", "failure_status"), AT_END.values(), ids=AT_END)
def test_with_an_end_success_waits_for_late_data_and_failure_does_not(
    since: timedelta, settle_time: Any, success_status: Status, failure_status: Status
) -> None:
    wait_criteria = criteria(**BOTH, end_time=NOW - since, settle_time=settle_time)

    success = verdict(wait_criteria, metrics(5))
    assert success.status is success_status
    assert verdict(wait_criteria, metrics(5, 1)).status is failure_status
    assert verdict(wait_criteria, metrics(0)).status is (U if success_status is S else W)
    assert ("late data" in success.progress) is (success_status is W)


CLOSED = {"success_when": "successes >= 10", "settle_time": 120}
UNMET: dict[str, tuple[dict[str, Any], timedelta, float, Status]] = {
    # Arguments, time since end_time, retried events.
    "before settle_time": ({}, timedelta(seconds=119), 0, W),
    "after settle_time": ({}, timedelta(seconds=120), 0, U),
    "too few events": ({"min_attempted": 5}, timedelta(seconds=120), 0, U),
    "while events are retried": ({}, timedelta(hours=4), 1, W),
    "after Segment's retries": ({}, timedelta(hours=4, minutes=15), 1, U),
    "a long settle_time": ({"settle_time": "PT6H"}, timedelta(hours=5), 1, W),
    "wait": ({"on_unmet": "wait"}, timedelta(hours=9), 0, W),
    "skip": ({"on_unmet": "skip"}, timedelta(seconds=120), 0, U),
}


@pytest.mark.parametrize(("changes", "since", "retried", "status"), UNMET.values(), ids=UNMET)
def test_a_closed_window_that_does_not_meet_the_conditions_is_unmet(
    changes: dict[str, Any], since: timedelta, retried: float, status: Status
) -> None:
    wait_criteria = criteria(**{**CLOSED, **changes}, start_time=NOW - timedelta(hours=12), end_time=NOW - since)
    found = verdict(wait_criteria, {**metrics(3), "retried": retried})
    assert found.status is status
    if status is U:
        assert found.progress.endswith("; the window has closed without meeting the conditions")
        assert "successes is 3, need 10" in found.progress


RETRIED: dict[str, tuple[dict[str, Any], float, Status]] = {
    "a failure by retried events": ({"success_when": "successes > 5", "fail_when": "retried > 9"}, 10, F),
    "a success by retried events": ({"success_when": "retried >= 5"}, 5, S),
    "no event at all": ({"success_when": "retried == 0"}, 0, W),
    "too few retried events": ({"success_when": "successes > 5", "fail_when": "retried > 1", "min_attempted": 5}, 4, W),
    "retried events are no rate": ({"success_when": "retried >= 5", "fail_when": "failure_rate >= 0"}, 5, S),
}


@pytest.mark.parametrize(("changes", "retried", "status"), RETRIED.values(), ids=RETRIED)
def test_retried_events_count_for_conditions_on_retried_before_anything_was_attempted(
    changes: dict[str, Any], retried: float, status: Status
) -> None:
    assert verdict(criteria(**changes), {**metrics(), "retried": retried}).status is status


def test_waiting_for_late_data_names_its_end() -> None:
    found = verdict(criteria("successes >= 1", end_time=NOW, settle_time=90), metrics(5))

    assert "2026-02-15T12:01:30Z" in found.progress


def test_without_an_end_settle_time_has_no_effect() -> None:
    assert verdict(criteria("successes >= 1", settle_time="P1D"), metrics(1), START + timedelta(seconds=1)).status is S


def plain(value: Any) -> bool:
    """Return whether JSON returns exactly the same value: no subclass, no tuple, no datetime."""
    if type(value) is dict:
        return all(type(key) is str and plain(item) for key, item in value.items())
    if type(value) is list:
        return all(map(plain, value))
    return value is None or type(value) in {str, int, float, bool}


@pytest.mark.parametrize(("changes", "found", "status"), CASES.values(), ids=CASES)
def test_evidence_is_plain_json(changes: dict[str, Any], found: DeliveryMetrics, status: Status) -> None:
    evidence = verdict(criteria(**changes), found).evidence

    assert plain(evidence)
    assert json.loads(json.dumps(evidence, allow_nan=False)) == evidence


def test_before_the_start_there_is_no_verdict_and_no_evidence() -> None:
    early = evaluate(criteria(start_time=NOW), Observation(NOW))

    assert (early.status, early.evidence) == (W, None)
    assert "2026-02-15T12:00:00Z" in early.progress


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"start_time": NOW}, Reason.NOT_STARTED),
        ({"start_time": NOW, "end_time": NOW + timedelta(hours=1)}, Reason.NOT_DECIDED_YET),
        ({"start_time": NOW, "end_time": NOW + timedelta(hours=1), "fail_when": "failures > 5"}, Reason.NOT_STARTED),
        ({"start_time": NOW - timedelta(minutes=30), "granularity": "HOUR"}, Reason.NOT_STARTED),
    ],
    ids=["in its first second", "only success is left", "failure too", "no whole hour yet"],
)
def test_a_poll_without_requests_has_a_reason(arguments: dict[str, Any], reason: Reason) -> None:
    assert evaluate(criteria(**arguments), Observation(NOW + timedelta(milliseconds=500))).reason is reason


@examples()
@given(
    counts=st.tuples(*[st.integers(0, 5)] * 3),
    min_attempted=st.integers(0, 12),
    since=st.integers(-300, 300),
    ended=st.booleans(),
)
def test_the_verdict_follows_the_rule(
    counts: tuple[int, int, int], min_attempted: int, since: int, ended: bool
) -> None:
    successes, expired, discarded = counts
    end = {"end_time": NOW - timedelta(seconds=since)} if ended else {}
    wait_criteria = criteria(
        "successes >= 3", fail_when="failures >= 4", min_attempted=min_attempted, settle_time=120, **end
    )

    unmet = U if ended and since >= 120 else W
    if sum(counts) < min_attempted:
        expected = unmet
    elif expired + discarded >= 4:
        expected = F
    elif successes >= 3 and (not ended or since >= 120):
        expected = S
    elif successes >= 3:
        expected = W
    else:
        expected = unmet
    assert verdict(wait_criteria, metrics(*counts)).status is expected


def test_checked_arguments_become_plain_values() -> None:
    checked = check_criteria(
        destination_id="d",
        source_id="s",
        success_when="successes >= 1",
        fail_when=["expired > 0", "discarded > 0"],
        window="1:30:00",
        min_attempted="5",
        settle_time="PT1M",
        granularity="HOUR",
    )

    assert checked == WaitCriteria(
        destination=DestinationSelection(destination_id="d", source_id="s"),
        success_when=(Condition("successes", ">=", 1),),
        fail_when=(Condition("expired", ">", 0), Condition("discarded", ">", 0)),
        window=Window(length=timedelta(minutes=90), granularity="HOUR"),
        min_attempted=5,
        settle_time=timedelta(minutes=1),
        on_unmet="fail",
    )


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "destination": ({"destination_id": ""}, "destination_id is empty"),
    "source": ({"source_id": "x" * 256}, "source_id has 256 characters"),
    "no condition": ({"success_when": []}, "success_when is empty"),
    "condition": ({"success_when": "successes"}, "success_when: 'successes' is not a condition"),
    "failure condition": ({"fail_when": "success_rate > 2"}, "fail_when: .* can never hold"),
    "neither": ({"window": None}, "exactly one of window and start_time"),
    "both": ({"start_time": NOW}, "exactly one of window and start_time"),
    "min_attempted": ({"min_attempted": -1}, "min_attempted is -1"),
    "settle_time": ({"settle_time": -1}, "settle_time is "),
    "granularity": ({"granularity": "SECOND"}, "granularity is 'SECOND'"),
    "a time in a window of many requests": (
        {"window": "PT5H", "fail_when": ["failures > 5", "time_to_success_p95 > 5"]},
        "fail_when: 'time_to_success_p95 > 5' has no value in this window: averages and percentiles cannot be added up",
    ),
    "end that never settles": (
        {"window": None, "start_time": "9999-12-31T20:00:00Z", "end_time": "9999-12-31T23:59:59Z"},
        "start_time|end_time|settle_time",
    ),
    "settle_time that never ends": (
        {"window": None, "start_time": START, "end_time": NOW, "settle_time": timedelta(days=999_999_999)},
        "settle_time",
    ),
}


@pytest.mark.parametrize(
    "window",
    [
        {"window": "PT4H"},
        {"window": "PT5H", "granularity": "HOUR"},
        {"start_time": START.replace(hour=1), "end_time": START.replace(hour=9)},
        {"start_time": START + timedelta(minutes=30)},
    ],
    ids=["short", "named", "aligned to hours", "growing"],
)
def test_a_condition_on_a_time_is_allowed_where_one_request_covers_the_window(window: dict[str, Any]) -> None:
    checked = criteria("time_to_success_p95 < 5", **{"window": None} | window)

    assert [condition.is_time for condition in checked.success_when] == [True]


@pytest.mark.parametrize(("changes", "words"), BAD.values(), ids=BAD)
def test_invalid_arguments_are_named(changes: dict[str, Any], words: str) -> None:
    good: dict[str, Any] = {
        "destination_id": "d",
        "source_id": "s",
        "success_when": "successes > 0",
        "window": 60,
    }

    with pytest.raises(ValueError, match=words):
        check_criteria(**good | changes)
