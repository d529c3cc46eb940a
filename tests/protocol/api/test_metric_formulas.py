"""Metrics as one flat dict."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_segment.protocol.api.delivery_metrics import DeliveryMetrics, flatten, get_delivery_metrics
from airflow_provider_segment.protocol.api.metric_names import ALL
from tests.protocol.driver import ScriptedDriver
from tests.protocol.property_settings import examples
from tests.protocol.samples import TERMS, done

NOTHING: dict[str, float | None] = {
    "successes": 0,
    "successes_on_first_attempt": 0,
    "successes_after_retry": 0,
    "expired": 0,
    "discarded": 0,
    "retried": 0,
    "time_to_success_average": None,
    "time_to_success_p95": None,
    "time_to_first_attempt_average": None,
    "time_to_first_attempt_p95": None,
    "attempted": 0,
    "failures": 0,
    "success_rate": None,
    "failure_rate": None,
    "discard_rate": None,
    "expiry_rate": None,
}


def metric(name: str, total: float, **breakdown: float) -> dict[str, Any]:
    parts = [{"metricName": key, "value": value} for key, value in breakdown.items()]
    return {"metricName": name, "total": total} | ({"breakdown": parts} if parts else {})


def summary_of(*metrics: Any, **others: Any) -> DeliveryMetrics:
    """Return the metrics that the operation returns for these."""
    flow = get_delivery_metrics(
        TERMS,
        destination_id="d",
        source_id="s",
        start_time="2026-01-01",
        end_time="2026-01-02",
        granularity="DAY",
    )
    return ScriptedDriver([done({"deliveryMetricsSummary": {"metrics": list(metrics), **others}})]).run(flow)


CASES: dict[str, tuple[list[dict[str, Any]], dict[str, float | None]]] = {
    "no metrics": ([], {}),
    "all zero": (
        [metric("successes", 0, successes_on_first_attempt=0), metric("expired", 0), metric("discarded", 0)],
        {},
    ),
    "successes alone": (
        [metric("successes", 120, successes_on_first_attempt=60, successes_after_retry=60)],
        {
            "successes": 120,
            "successes_on_first_attempt": 60,
            "successes_after_retry": 60,
            "attempted": 120,
            "success_rate": 1.0,
            "failure_rate": 0.0,
            "discard_rate": 0.0,
            "expiry_rate": 0.0,
        },
    ),
    "failures alone": (
        [metric("expired", 3), metric("discarded", 1)],
        {
            "expired": 3,
            "discarded": 1,
            "attempted": 4,
            "failures": 4,
            "success_rate": 0.0,
            "failure_rate": 1.0,
            "discard_rate": 0.25,
            "expiry_rate": 0.75,
        },
    ),
    "retried is no outcome": ([metric("retried", 50)], {"retried": 50}),
    "mixed": (
        [metric("discarded", 10), metric("retried", 7), metric("successes", 990)],
        {
            "successes": 990,
            "discarded": 10,
            "retried": 7,
            "attempted": 1000,
            "failures": 10,
            "success_rate": 0.99,
            "failure_rate": 0.01,
            "discard_rate": 0.01,
            "expiry_rate": 0.0,
        },
    ),
    "times": (
        [
            metric("time_to_success", 10, time_to_success_average=0, time_to_success_p95=1.5),
            metric("time_to_first_attempt", 10, time_to_first_attempt_p95=2.0),
        ],
        {"time_to_success_average": 0, "time_to_success_p95": 1.5, "time_to_first_attempt_p95": 2},
    ),
    "unknown names": (
        [metric("filtered", 7, filtered_by_rule=7), metric("successes", 1, successes_at_noon=1)],
        {
            "successes": 1,
            "attempted": 1,
            "success_rate": 1.0,
            "failure_rate": 0.0,
            "discard_rate": 0.0,
            "expiry_rate": 0.0,
        },
    ),
    "null breakdown": (
        [{"metricName": "expired", "total": 2, "breakdown": None}],
        {
            "expired": 2,
            "attempted": 2,
            "failures": 2,
            "success_rate": 0.0,
            "failure_rate": 1.0,
            "discard_rate": 0.0,
            "expiry_rate": 1.0,
        },
    ),
    "unknown fields": (
        [{"metricName": "retried", "total": 2, "unit": "events", "breakdown": []}],
        {"retried": 2},
    ),
}


@pytest.mark.parametrize(("metrics", "different"), CASES.values(), ids=CASES)
def test_metrics_become_one_flat_dict(metrics: list[dict[str, Any]], different: dict[str, float | None]) -> None:
    assert summary_of(*metrics, sourceId="s", destinationMetadataId="m") == NOTHING | different


def test_the_metrics_are_those_that_conditions_may_name() -> None:
    assert set(summary_of()) == set(ALL) == set(NOTHING)


@pytest.mark.parametrize(
    ("sent", "whole"), [(120, 120), (120.0, 120), (1.5, 1.5), (0, 0), (1e15, 10**15), (0.0, 0)], ids=repr
)
def test_whole_numbers_are_shown_without_a_fraction(sent: float, whole: float) -> None:
    metrics = summary_of(metric("successes", sent), metric("t", 1, time_to_success_p95=sent))

    assert repr([metrics["successes"], metrics["time_to_success_p95"]]) == repr([whole, whole])


@pytest.mark.parametrize("name", ["attempted", "failures"])
def test_sums_of_whole_numbers_are_whole(name: str) -> None:
    metrics = summary_of(metric("successes", 1.0), metric("expired", 2.0), metric("discarded", 3.0))

    assert type(metrics[name]) is int  # type: ignore[literal-required]


counts = st.integers(0, 10**12)


@examples()
@given(successes=counts, expired=counts, discarded=counts, retried=counts)
def test_rates_are_shares_of_the_attempted_events(successes: int, expired: int, discarded: int, retried: int) -> None:
    metrics = flatten(
        {
            "metrics": [
                {"metricName": "successes", "total": successes},
                {"metricName": "expired", "total": expired},
                {"metricName": "discarded", "total": discarded},
                {"metricName": "retried", "total": retried},
            ]
        }
    )

    assert metrics["attempted"] == successes + expired + discarded
    assert metrics["failures"] == expired + discarded
    if metrics["attempted"] == 0:
        assert (metrics["success_rate"], metrics["failure_rate"]) == (None, None)
    else:
        assert metrics["success_rate"] is not None
        assert metrics["failure_rate"] is not None
        assert 0 <= metrics["success_rate"] <= 1
        assert math.isclose(metrics["success_rate"] + metrics["failure_rate"], 1)
    assert json.loads(json.dumps(metrics)) == metrics
