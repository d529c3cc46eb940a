"""Short ways to make times, criteria, metrics and verdicts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_segment.protocol.api.delivery_metrics import DeliveryMetrics, flatten
from airflow_provider_segment.protocol.api.granularity import Interval
from airflow_provider_segment.protocol.delivery.criteria import Observation, WaitCriteria, check_criteria
from airflow_provider_segment.protocol.delivery.verdict import Verdict, evaluate
from airflow_provider_segment.protocol.delivery.window import WINDOW_CHECKS, Window, build_window, check_one_window

NOW = datetime(2026, 2, 15, 12, 0, 0, tzinfo=UTC)
START = NOW - timedelta(hours=2)
INTERVAL = Interval(START, NOW, "MINUTE")


def ago(**length: float) -> datetime:
    """Return a time before ``NOW``."""
    return NOW - timedelta(**length)


def criteria(success_when: Any = "success_rate >= 0.9", **changes: Any) -> WaitCriteria:
    window = {"window": None, "start_time": START} if "window" not in changes else {}
    return check_criteria(destination_id="d", source_id="s", success_when=success_when, **{**window, **changes})


def check_window(**arguments: Any) -> Window:
    """Check the arguments that define a window, and build it."""
    check_one_window(window=arguments.get("window"), start_time=arguments.get("start_time"))
    present = {name: value for name, value in arguments.items() if value is not None}
    return build_window(**{name: WINDOW_CHECKS[name](name, value) for name, value in present.items()})


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


def verdict(wait_criteria: WaitCriteria, found: DeliveryMetrics, now: datetime = NOW) -> Verdict:
    return evaluate(wait_criteria, Observation(now, found, INTERVAL))
