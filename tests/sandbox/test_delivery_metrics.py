from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.sandbox.client import ANALYTICS, CLASSIC, TRACK, WEB, Client

NOW = datetime.now(UTC)
"""The time these tests start; their deliveries are hours older."""

START = NOW.replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)


@pytest.fixture
def destination(segment_sandbox: SegmentSandbox) -> str:
    segment_sandbox.seed({"destinations": [{"id": "d", "sourceId": WEB, "metadataId": ANALYTICS}]})
    return "d"


def summary(segment: Client, **query: Any) -> Any:
    params = {"sourceId": WEB, **{name: query_value(value) for name, value in query.items()}}
    data = segment.data("GET", "/destinations/d/delivery-metrics", params=params)
    return data["deliveryMetricsSummary"]


def query_value(value: datetime | str) -> str:
    return value.isoformat() if isinstance(value, datetime) else value


def totals(segment: Client, **query: Any) -> dict[str, float]:
    return {metric["metricName"]: metric["total"] for metric in summary(segment, **query)["metrics"]}


def test_metrics_without_deliveries_are_zero(segment: Client, destination: str) -> None:
    assert summary(segment) == {
        "sourceId": WEB,
        "destinationMetadataId": ANALYTICS,
        "metrics": [
            {
                "metricName": "successes",
                "total": 0,
                "breakdown": [
                    {"metricName": "successes_on_first_attempt", "value": 0},
                    {"metricName": "successes_after_retry", "value": 0},
                ],
            },
            {"metricName": "expired", "total": 0},
            {"metricName": "discarded", "total": 0},
            {"metricName": "retried", "total": 0},
            {
                "metricName": "time_to_success",
                "total": 0,
                "breakdown": [
                    {"metricName": "time_to_success_average", "value": 0},
                    {"metricName": "time_to_success_p95", "value": 0},
                ],
            },
            {
                "metricName": "time_to_first_attempt",
                "total": 0,
                "breakdown": [
                    {"metricName": "time_to_first_attempt_average", "value": 0},
                    {"metricName": "time_to_first_attempt_p95", "value": 0},
                ],
            },
        ],
    }


def test_deliveries_are_added_up(segment: Client, segment_sandbox: SegmentSandbox, destination: str) -> None:
    at = START + timedelta(minutes=5)
    segment_sandbox.deliver("d", successes=120, successes_after_retry=60, time_to_success_average=10, at=at)
    segment_sandbox.deliver(
        "d", successes=40, discarded=3, expired=2, retried=7, time_to_success_average=50, time_to_success_p95=90, at=at
    )

    metrics = {item["metricName"]: item for item in summary(segment, startTime=START)["metrics"]}

    assert metrics["successes"]["total"] == 160
    assert [part["value"] for part in metrics["successes"]["breakdown"]] == [100, 60]
    assert (metrics["discarded"]["total"], metrics["expired"]["total"], metrics["retried"]["total"]) == (3, 2, 7)
    assert metrics["time_to_success"]["total"] == 160
    assert [part["value"] for part in metrics["time_to_success"]["breakdown"]] == [20, 90]


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [(0, 10, 0), (10, 20, 1), (5, 10.5, 1), (10.5, 20, 0)],
)
def test_window_start_is_inclusive_and_end_exclusive(
    segment: Client, segment_sandbox: SegmentSandbox, destination: str, start: float, end: float, count: int
) -> None:
    segment_sandbox.deliver("d", successes=1, at=START + timedelta(minutes=10))

    window = {"startTime": START + timedelta(minutes=start), "endTime": START + timedelta(minutes=end)}

    assert totals(segment, **window)["successes"] == count


@pytest.mark.parametrize(
    ("granularity", "start", "end", "count"),
    [("MINUTE", 10.5, 11, 1), ("MINUTE", 9, 10.1, 1), ("MINUTE", 9, 10, 0), ("HOUR", 30, 40, 1), ("DAY", 30, 40, 1)],
)
def test_bucket_alignment_counts_whole_buckets(
    segment: Client,
    segment_sandbox: SegmentSandbox,
    destination: str,
    granularity: str,
    start: float,
    end: float,
    count: int,
) -> None:
    segment_sandbox.settings(metrics_align="bucket")
    segment_sandbox.deliver("d", successes=1, at=START + timedelta(minutes=10, seconds=12))

    window = {"startTime": START + timedelta(minutes=start), "endTime": START + timedelta(minutes=end)}

    assert totals(segment, granularity=granularity, **window)["successes"] == count


def test_events_are_visible_after_the_metrics_lag(
    segment: Client, segment_sandbox: SegmentSandbox, destination: str
) -> None:
    segment_sandbox.settings(metrics_lag_seconds=600)
    segment_sandbox.deliver("d", successes=1)

    counts = []
    for offset in (0, 300, 601):
        segment_sandbox.settings(clock_offset_seconds=offset)
        counts.append(totals(segment)["successes"])

    assert counts == [0, 0, 1]


@pytest.mark.parametrize(("granularity", "hours"), [("MINUTE", 1), ("HOUR", 7 * 24), ("DAY", 14 * 24)])
def test_start_time_has_a_default(
    segment: Client, segment_sandbox: SegmentSandbox, destination: str, granularity: str, hours: int
) -> None:
    segment_sandbox.deliver("d", successes=1, at=datetime.now(UTC) - timedelta(hours=hours) + timedelta(minutes=10))
    segment_sandbox.deliver("d", successes=10, at=datetime.now(UTC) - timedelta(hours=hours) - timedelta(minutes=10))

    assert totals(segment, granularity=granularity)["successes"] == 1


@pytest.mark.parametrize(
    ("granularity", "longest", "oldest"),
    [
        ("MINUTE", timedelta(hours=4), timedelta(hours=48)),
        ("HOUR", timedelta(days=7), timedelta(days=7)),
        ("DAY", timedelta(days=14), timedelta(days=14)),
    ],
)
def test_each_granularity_limits_length_and_age_of_the_window(
    segment: Client, destination: str, granularity: str, longest: timedelta, oldest: timedelta
) -> None:
    path = "/destinations/d/delivery-metrics"
    base = {"sourceId": WEB, "granularity": granularity}
    now = datetime.now(UTC)  # not NOW, which may be minutes old
    minute, hour = timedelta(minutes=1), timedelta(hours=1)

    good = [
        {"startTime": query_value(now - oldest + minute), "endTime": query_value(now - oldest + minute + longest)},
        {"startTime": query_value(now - longest + minute)},
    ]
    for window in good:
        assert segment.send("GET", path, params={**base, **window}).status_code == 200
    too_old = {"startTime": query_value(now - oldest - minute), "endTime": query_value(now - oldest + minute)}
    too_long = {"startTime": query_value(now - longest + hour), "endTime": query_value(now + 2 * hour)}
    assert segment.errors("GET", path, params={**base, **too_old}) == (422, ["startTime"])
    assert segment.errors("GET", path, params={**base, **too_long}) == (422, ["endTime"])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "sourceId"),
        ({"sourceId": ""}, "sourceId"),
        ({"sourceId": WEB, "granularity": "minute"}, "granularity"),
        ({"sourceId": WEB, "startTime": "yesterday"}, "startTime"),
        ({"sourceId": WEB, "endTime": "0001-01-01T00:00:00+14:00", "startTime": query_value(START)}, "endTime"),
        ({"sourceId": WEB, "startTime": query_value(START), "endTime": query_value(START)}, "endTime"),
    ],
)
def test_an_invalid_query_returns_422(segment: Client, destination: str, query: dict[str, str], field: str) -> None:
    assert segment.errors("GET", "/destinations/d/delivery-metrics", params=query) == (422, [field])


def test_a_source_that_is_not_connected_returns_404(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.seed(
        {
            "sources": [{"id": WEB}, {"id": "other"}],
            "destinations": [{"id": "d", "sourceId": WEB, "metadataId": ANALYTICS}],
        }
    )

    for source in ("other", "none"):
        query = {"sourceId": source}
        assert segment.errors("GET", "/destinations/d/delivery-metrics", params=query) == (404, ["sourceId"])


def test_enabled_destinations_deliver_automatically(
    segment: Client, segment_sandbox: SegmentSandbox, destination: str
) -> None:
    segment_sandbox.settings(deliveries_per_minute=60)
    subscription = segment.create_subscription("d")
    path = f"/destinations/d/subscriptions/{subscription['id']}"

    segment_sandbox.settings(clock_offset_seconds=600)
    assert 599 <= totals(segment)["successes"] <= 660

    # Disabling either the subscription or the destination stops the deliveries.
    for off, on in (
        (("PATCH", path, {"input": {"enabled": False}}), ("PATCH", path, {"input": {"enabled": True}})),
        (("PATCH", "/destinations/d", {"enabled": False}), ("PATCH", "/destinations/d", {"enabled": True})),
    ):
        segment.data(*off)
        before = totals(segment)["successes"]
        offset = segment_sandbox.settings()["clock_offset_seconds"]
        segment_sandbox.settings(clock_offset_seconds=offset + 300)
        assert totals(segment)["successes"] == before
        segment.data(*on)
        segment_sandbox.settings(clock_offset_seconds=offset + 360)
        assert before + 59 <= totals(segment)["successes"] <= before + 120

    segment.data("DELETE", path)
    before = totals(segment)["successes"]
    segment_sandbox.settings(clock_offset_seconds=segment_sandbox.settings()["clock_offset_seconds"] + 300)
    assert totals(segment)["successes"] == before


def test_nothing_is_delivered_without_an_enabled_subscription(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.settings(deliveries_per_minute=60)
    segment_sandbox.seed(
        {
            "destinations": [
                {"id": "d", "sourceId": WEB, "metadataId": ANALYTICS},
                {"id": "classic", "sourceId": WEB, "metadataId": CLASSIC},
                {
                    "id": "off",
                    "sourceId": WEB,
                    "metadataId": ANALYTICS,
                    "enabled": False,
                    "subscriptions": [{"actionId": TRACK}],
                },
                {"id": "on", "sourceId": WEB, "metadataId": ANALYTICS, "subscriptions": [{"actionId": TRACK}]},
            ]
        }
    )
    segment_sandbox.settings(clock_offset_seconds=60)

    delivered = {item["id"]: item["deliveries"]["successes"] for item in segment_sandbox.destinations}

    assert delivered.pop("on") >= 59
    assert delivered == {"d": 0, "classic": 0, "off": 0}
