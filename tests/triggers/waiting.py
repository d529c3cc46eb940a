"""Triggers and what they say, shortly written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.models.trigger import Trigger

from airflow_provider_segment.sandbox.testing import SegmentSandbox
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


def as_in_the_triggerer(trigger: Any) -> Any:
    """Store and make again, as Airflow does."""
    _, arguments = trigger.serialize()
    # Airflow 2.11 has it under its private name.
    encrypt: Any = getattr(Trigger, "encrypt_kwargs", None) or Trigger._encrypt_kwargs
    stored = Trigger._decrypt_kwargs(encrypt(arguments))
    assert stored == arguments
    return type(trigger)(**stored)


async def first_event(trigger: Any) -> dict[str, Any]:
    async with aclosing(as_in_the_triggerer(trigger).run()) as events:
        payload: dict[str, Any] = (await anext(events)).payload
        assert [event async for event in events] == []  # nothing is awaited after the one event
        return payload


def looks(sandbox: SegmentSandbox) -> int:
    return sum(entry["path"].endswith("/delivery-metrics") for entry in sandbox.requests)


async def until(what: Callable[[], bool]) -> None:
    """Wait for something that happens elsewhere."""
    for _ in range(1200):
        if await asyncio.to_thread(what):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never happened")


async def both(first: Awaitable[Any], second: Awaitable[Any]) -> Any:
    """Do both at once, and return what came of the first."""
    return (await asyncio.gather(first, second))[0]
