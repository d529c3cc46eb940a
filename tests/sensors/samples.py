"""A sensor of delivery metrics with usual arguments, and what its tests pass to it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor


def sensor(destination_id: str = "d", **changes: Any) -> SegmentDeliveryMetricsSensor:
    """Return a sensor that waits for 10 successes in the last hour.

    :param changes: arguments with other values.
    """
    arguments: dict[str, Any] = {
        "task_id": "wait",
        "destination_id": destination_id,
        "source_id": "sandbox-web",
        "success_when": "successes >= 10",
        "window": timedelta(hours=1),
        "poke_interval": 0.05,
        "timeout": 20,
    }
    if "start_time" in changes:
        del arguments["window"]
    return SegmentDeliveryMetricsSensor(**arguments | changes)


def ago(**back: float) -> str:
    """Return a past time in ISO 8601, as the sandbox takes it."""
    return (datetime.now(UTC) - timedelta(**back)).isoformat()


class StateStore:
    """The part of a task's state store (Airflow 3.3) that the sensor uses."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def get(self, key: str, default: Any = None) -> Any:
        return self.values.get(key, default)

    def set(self, key: str, value: Any) -> None:
        self.values[key] = json.loads(json.dumps(value))
