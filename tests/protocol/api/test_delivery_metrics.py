"""The request for delivery metrics."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_segment.protocol.api.delivery_metrics import get_delivery_metrics
from tests.protocol.driver import ScriptedDriver
from tests.protocol.samples import METRICS_SUMMARY, TERMS, done

ARGUMENTS = {
    "destination_id": "d",
    "source_id": "s",
    "start_time": "2026-01-01T00:00:00Z",
    "end_time": "2026-01-01T01:00:00Z",
    "granularity": "HOUR",
}


def sent(**changes: Any) -> dict[str, str]:
    arguments: dict[str, Any] = ARGUMENTS | changes
    driver = ScriptedDriver([done({"deliveryMetricsSummary": METRICS_SUMMARY})])
    driver.run(get_delivery_metrics(TERMS, **arguments))
    return dict(driver.requests[0].query)


def test_all_parameters_are_sent_because_the_api_defaults_contradict_its_limits() -> None:
    assert sent() == {
        "sourceId": "s",
        "startTime": "2026-01-01T00:00:00Z",
        "endTime": "2026-01-01T01:00:00Z",
        "granularity": "HOUR",
    }


@pytest.mark.parametrize("granularity", ["MINUTE", "HOUR", "DAY"])
def test_every_granularity_is_accepted(granularity: str) -> None:
    assert sent(granularity=granularity)["granularity"] == granularity


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"granularity": "auto"}, r"granularity is 'auto'; it must be one of 'MINUTE', 'HOUR', 'DAY'"),
        ({"granularity": "minute"}, "granularity is 'minute'"),
        ({"source_id": ""}, "source_id is empty"),
        ({"destination_id": "x" * 256}, "destination_id has 256 characters"),
        ({"start_time": "yesterday"}, "start_time is 'yesterday'"),
        ({"end_time": 17}, "end_time is 17"),
    ],
    ids=["auto", "lower case", "source", "destination", "start", "end"],
)
def test_an_invalid_argument_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sent(**changes)


def test_metrics_that_a_caller_changes_are_its_own() -> None:
    """Equal responses are decoded once."""
    response = done({"deliveryMetricsSummary": METRICS_SUMMARY})
    first, second = (ScriptedDriver([response]).run(get_delivery_metrics(TERMS, **ARGUMENTS)) for _ in range(2))

    first["successes"] = -1

    assert second["successes"] == 90
    assert ScriptedDriver([response]).run(get_delivery_metrics(TERMS, **ARGUMENTS))["successes"] == 90


def test_the_source_id_is_percent_encoded_in_the_query() -> None:
    arguments: dict[str, Any] = ARGUMENTS | {"source_id": "a b/c&startTime=0\r\n%é"}
    driver = ScriptedDriver([done({"deliveryMetricsSummary": METRICS_SUMMARY})])
    driver.run(get_delivery_metrics(TERMS, **arguments))

    assert driver.requests[0].target.startswith(
        "/destinations/d/delivery-metrics?sourceId=a+b%2Fc%26startTime%3D0%0D%0A%25%C3%A9&startTime=2026"
    )
