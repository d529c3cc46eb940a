"""Short ways to make triggers and to wait for their effects."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_segment.triggers.delivery_metrics import (
    SegmentDeliveryMetricsTrigger,
    SegmentDeliveryThresholdTrigger,
)


def waiting(destination_id: str = "d", **changes: Any) -> SegmentDeliveryMetricsTrigger:
    arguments: dict[str, Any] = {
        "destination_id": destination_id,
        "source_id": "sandbox-web",
        "success_when": ["successes >= 10"],
        "window": 3600,
        "poke_interval": 1.0,
        "deadline": (datetime.now(UTC) + timedelta(seconds=60)).isoformat(),
    }
    return SegmentDeliveryMetricsTrigger(**arguments | changes)


def threshold(destination_id: str = "d", **changes: Any) -> SegmentDeliveryThresholdTrigger:
    arguments: dict[str, Any] = {
        "destination_id": destination_id,
        "source_id": "sandbox-web",
        "when": "successes >= 10",
        "window": 3600,
        "poke_interval": 1.0,
    }
    return SegmentDeliveryThresholdTrigger(**arguments | changes)


async def until(what: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    for _ in range(1200):
        if await asyncio.to_thread(what):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the condition never held")


async def both(first: Awaitable[Any], second: Awaitable[Any]) -> Any:
    """Run both concurrently, and return the result of the first."""
    return (await asyncio.gather(first, second))[0]
