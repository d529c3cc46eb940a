"""The messages of a verdict, and the evidence it returns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from airflow_provider_segment.protocol.api.delivery_metrics import DeliveryMetrics, add_up
from airflow_provider_segment.protocol.api.granularity import Interval
from airflow_provider_segment.protocol.delivery.condition import check_conditions
from airflow_provider_segment.protocol.delivery.criteria import Observation
from airflow_provider_segment.protocol.delivery.progress_logger import ProgressLogger
from airflow_provider_segment.protocol.delivery.progress_messages import interval_text, numbers_text
from airflow_provider_segment.protocol.delivery.verdict import Status, evaluate
from tests.protocol.delivery.observing import INTERVAL, NOW, criteria, metrics, verdict
from tests.protocol.property_settings import examples

BOTH = {"success_when": "successes >= 1", "fail_when": ["failures >= 1", "success_rate < 0.9", "retried > 5"]}
GOAL = {"success_when": "success_rate >= 0.99"}

PROGRESS: dict[str, tuple[dict[str, Any], DeliveryMetrics, str]] = {
    "a rate": (GOAL, metrics(990, 10, 5), "990 of 1,005 delivered (98.5 %, need 99 %), 15 failed"),
    "a rate above": (
        {"success_when": "success_rate > 0.5"},
        metrics(1, 1),
        "1 of 2 delivered (50.0 %, need over 50 %), 1 failed",
    ),
    "a rate that holds": (GOAL, metrics(199, 1), "199 of 200 delivered (99.5 %), 1 failed"),
    "a rate that one decimal would round up": (
        GOAL,
        metrics(98_996, 1_004),
        "98,996 of 100,000 delivered (98.996 %, need 99 %), 1,004 failed",
    ),
    "a fine limit": (
        {"success_when": "success_rate >= 0.9995"},
        metrics(999, 1),
        "999 of 1,000 delivered (99.9 %, need 99.95 %), 1 failed",
    ),
    "a count": (
        {"success_when": "successes >= 2000000"},
        metrics(1_234_567),
        "1,234,567 of 1,234,567 delivered (100.0 %), 0 failed; successes is 1,234,567, need 2,000,000",
    ),
    "too many": (
        {"success_when": "expired <= 2"},
        metrics(1, 7),
        "1 of 8 delivered (12.5 %), 7 failed; expired is 7, need at most 2",
    ),
    "no value": (
        {"success_when": "time_to_success_p95 < 5"},
        metrics(1),
        "1 of 1 delivered (100.0 %), 0 failed; time_to_success_p95 has no value yet, need below 5",
    ),
    "several": (
        {"success_when": ["successes >= 10", "expired == 0", "discarded == 0"]},
        metrics(7, 1),
        "7 of 8 delivered (87.5 %), 1 failed; successes is 7, need 10; expired is 1, need exactly 0",
    ),
    "a condition for failure that does not hold": (
        {"success_when": "successes >= 1", "fail_when": "failures > 5"},
        metrics(7, 4),
        "7 of 11 delivered (63.6 %), 4 failed",
    ),
    "failed": (
        BOTH,
        metrics(7, 4),
        "7 of 11 delivered (63.6 %), 4 failed; failures is 4, allowed below 1; success_rate is 63.6 %, allowed at least"
        " 90 %",
    ),
    "too few": (
        {"success_when": "successes >= 1", "min_attempted": 1_000},
        metrics(7),
        "7 of 7 delivered (100.0 %), 0 failed; need 1,000 attempted",
    ),
    "nothing": (GOAL, metrics(), "no events attempted; need 1 attempted"),
}


@pytest.mark.parametrize(("changes", "found", "expected"), PROGRESS.values(), ids=PROGRESS)
def test_progress_leads_with_the_numbers(changes: dict[str, Any], found: DeliveryMetrics, expected: str) -> None:
    assert verdict(criteria(**changes), found).progress == expected


def test_retried_events_are_named() -> None:
    retried = metrics(7) | {"retried": 1_200}

    assert verdict(criteria("successes >= 1"), retried).progress == (
        "7 of 7 delivered (100.0 %), 0 failed, 1,200 being retried"
    )
    assert verdict(criteria("retried < 5"), metrics() | {"retried": 7}).progress == (
        "no events attempted, 7 being retried; retried is 7, need below 5"
    )


def test_a_line_of_the_log_has_status_numbers_window_and_destination() -> None:
    start, end = datetime(2026, 11, 25, tzinfo=UTC), datetime(2026, 11, 26, tzinfo=UTC)
    found = evaluate(
        criteria("success_rate >= 0.99"), Observation(end, metrics(990, 15), Interval(start, end, "MINUTE"))
    )

    _, line = ProgressLogger("39aee8", "Ads").lines(found, end)
    assert line == (
        "waiting: 990 of 1,005 delivered (98.5 %, need 99 %), 15 failed; 25 Nov 00:00 to 26 Nov 00:00 UTC, by minute;"
        " destination 'Ads' (39aee8)"
    )
    assert ProgressLogger("39aee8").describe(found).endswith("; destination 39aee8")
    soon = Interval(start, start + timedelta(seconds=90), "MINUTE")
    assert interval_text(soon) == "25 Nov 00:00:00 to 25 Nov 00:01:30 UTC, by minute"


@examples()
@given(
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.sampled_from([">", ">=", "<", "<=", "==", "!="]),
    st.integers(0, 1000).map(lambda number: number / 1000),
)
def test_a_shown_rate_is_on_the_side_of_the_limit_on_which_the_rate_is(
    successes: int, failures: int, op: str, limit: float
) -> None:
    assume(successes + failures and (op, limit) not in [("<", 0), (">", 1)])
    found = metrics(successes, failures)
    (condition,) = check_conditions("success_when", f"success_rate {op} {limit}")

    shown = float(numbers_text(found, [condition]).partition("(")[2].partition(" %")[0])

    assert condition.compare(round(shown / 100, 10)) is condition.holds(found) or abs(shown / 100 - limit) < 1e-7


def test_a_condition_on_a_time_says_why_it_has_no_value_in_a_window_of_many_requests() -> None:
    wait_criteria = criteria("time_to_success_p95 < 5")
    added_up = add_up([metrics(1, time_to_success_p95=1), metrics(1, time_to_success_p95=1)])

    found = evaluate(wait_criteria, Observation(NOW, added_up, INTERVAL, pieces=2))

    assert found.status is Status.WAITING
    assert "time_to_success_p95 has no value: averages and percentiles cannot be added up" in found.progress


def test_evidence_has_metrics_conditions_and_interval() -> None:
    found = verdict(criteria(["successes >= 10", "expired == 0"], fail_when="discarded > 5"), metrics(12, 1))

    assert found.evidence == {
        "metrics": metrics(12, 1),
        "conditions": {"successes >= 10": True, "expired == 0": False, "discarded > 5": False},
        "start_time": "2026-02-15T10:00:00Z",
        "end_time": "2026-02-15T12:00:00Z",
        "granularity": "MINUTE",
    }


def test_evidence_that_a_caller_changes_is_its_own() -> None:
    found = verdict(criteria("successes >= 10"), metrics(12))
    evidence = found.evidence
    assert evidence is not None

    evidence["metrics"]["successes"] = -1

    assert found.observation.metrics == metrics(12)


def test_conditions_that_differ_a_little_are_both_in_the_evidence() -> None:
    found = verdict(criteria(["successes >= 1000001", "successes >= 1000002"]), metrics(1_000_001))

    assert found.evidence is not None
    assert list(found.evidence["conditions"].values()) == [True, False]
