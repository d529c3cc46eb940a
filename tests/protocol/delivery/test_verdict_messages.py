"""The messages of a verdict, and the evidence it returns."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_segment.protocol.api.delivery_metrics import DeliveryMetrics, add_up
from airflow_provider_segment.protocol.delivery.criteria import Observation
from airflow_provider_segment.protocol.delivery.verdict import Status, evaluate
from tests.protocol.delivery.observing import INTERVAL, NOW, criteria, metrics, verdict

BOTH = {"success_when": "successes >= 1", "fail_when": "failures >= 1"}

PROGRESS: dict[str, tuple[dict[str, Any], DeliveryMetrics, tuple[str, ...]]] = {
    "short": ({"success_when": "successes >= 10"}, metrics(7), ("successes >= 10", "now 7", "3 short")),
    "share": ({"success_when": "success_rate > 0.9"}, metrics(1, 1), ("success_rate > 0.9", "now 0.5", "0.4 short")),
    "too many": ({"success_when": "expired <= 2"}, metrics(1, 7), ("expired <= 2", "now 7")),
    "holds": ({"success_when": "successes >= 10"}, metrics(12), ("successes >= 10", "holds: 12")),
    "no value": (
        {"success_when": "time_to_success_p95 < 5"},
        metrics(1),
        ("time_to_success_p95 < 5", "no value yet"),
    ),
    "several": (
        {"success_when": ["successes >= 10", "expired == 0"]},
        metrics(7, 1),
        ("successes >= 10 (now 7, 3 short)", "expired == 0 (now 1"),
    ),
    "failure condition in view": (
        {"success_when": "successes >= 10", "fail_when": "failures > 5"},
        metrics(7, 4),
        ("successes >= 10", "now 7", "fails when failures > 5", "now 4"),
    ),
    "failed": (BOTH, metrics(7, 4), ("failures >= 1", "4", "failed")),
    "too few": (
        {"success_when": "successes >= 1", "min_attempted": 100},
        metrics(7),
        ("7 of at least 100 events attempted", "successes >= 1"),
    ),
    "large numbers": (
        {"success_when": "successes >= 2000000"},
        metrics(1_234_567),
        ("successes >= 2000000", "now 1234567", "765433 short"),
    ),
    "large numbers that hold": ({"success_when": "successes >= 1"}, metrics(1_234_567), ("holds: 1234567",)),
    "large number of events": (
        {"success_when": "successes >= 1", "min_attempted": 2_000_000},
        metrics(1_234_567),
        ("1234567 of at least 2000000 events attempted",),
    ),
}


@pytest.mark.parametrize(("changes", "found", "words"), PROGRESS.values(), ids=PROGRESS)
def test_progress_is_one_line_with_each_condition_its_value_and_its_gap(
    changes: dict[str, Any], found: DeliveryMetrics, words: tuple[str, ...]
) -> None:
    progress = verdict(criteria(**changes), found).progress

    for word in words:
        assert word in progress
    assert "\n" not in progress


def test_a_condition_on_a_time_says_why_it_has_no_value_in_a_window_of_many_requests() -> None:
    wait_criteria = criteria("time_to_success_p95 < 5")
    added_up = add_up([metrics(1, time_to_success_p95=1), metrics(1, time_to_success_p95=1)])

    found = evaluate(wait_criteria, Observation(NOW, added_up, INTERVAL, pieces=2))

    assert found.status is Status.WAITING
    assert "time_to_success_p95 < 5 (no value: averages and percentiles cannot be added up" in found.progress


def test_evidence_has_metrics_conditions_and_interval() -> None:
    found = verdict(criteria(["successes >= 10", "expired == 0"], fail_when="discarded > 5"), metrics(12, 1))

    assert found.evidence == {
        "metrics": metrics(12, 1),
        "conditions": {"successes >= 10": True, "expired == 0": False, "discarded > 5": False},
        "start_time": "2026-02-15T10:00:00Z",
        "end_time": "2026-02-15T12:00:00Z",
        "granularity": "MINUTE",
    }


def test_conditions_that_differ_a_little_are_both_in_the_evidence() -> None:
    found = verdict(criteria(["successes >= 1000001", "successes >= 1000002"]), metrics(1_000_001))

    assert found.evidence is not None
    assert list(found.evidence["conditions"].values()) == [True, False]
