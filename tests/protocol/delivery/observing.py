"""A watch and what it finds, shortly written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_segment.protocol.delivery.criteria import Watch, check_watch
from airflow_provider_segment.protocol.delivery.metrics import DeliveryMetrics, flatten
from airflow_provider_segment.protocol.delivery.sighting import Found, Sighting
from airflow_provider_segment.protocol.delivery.verdict import Verdict, judge
from airflow_provider_segment.protocol.delivery.window import Interval

NOW = datetime(2026, 2, 15, 12, 0, 0, tzinfo=UTC)
START = NOW - timedelta(hours=2)
INTERVAL = Interval(START, NOW, "MINUTE")


def watch(success_when: Any = "success_rate >= 0.9", **changes: Any) -> Watch:
    given = {"window": None, "start_time": START} if "window" not in changes else {}
    return check_watch(destination_id="d", source_id="s", success_when=success_when, **{**given, **changes})


def metrics(successes: float = 0, expired: float = 0, discarded: float = 0, **times: float) -> DeliveryMetrics:
    return flatten(
        {
            "metrics": [
                {"metricName": "successes", "total": successes},
                {"metricName": "expired", "total": expired},
                {"metricName": "discarded", "total": discarded},
                {
                    "metricName": "time_to_success",
                    "total": 1,
                    "breakdown": [{"metricName": name, "value": value} for name, value in times.items()],
                },
            ]
        }
    )


def verdict(watched: Watch, found: DeliveryMetrics, now: datetime = NOW) -> Verdict:
    return judge(watched, Sighting(now, Found(found, INTERVAL)))
