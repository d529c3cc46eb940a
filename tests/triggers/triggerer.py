"""Triggers in Airflow's shared stream, which came with Airflow 3.3; importing it skips the tests on older ones."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.trigger_events import serialized_copy

shared_stream = pytest.importorskip("airflow.triggers.shared_stream", reason="shared streams came with Airflow 3.3")


class Triggerer:
    """Runs triggers as Airflow's triggerer does."""

    def __init__(self) -> None:
        self._manager = shared_stream.SharedStreamManager(log=shared_stream.log)

    async def wait(self, number: int, trigger: Any) -> Any:
        """Run one trigger to its first event."""
        copy = serialized_copy(trigger)
        key = copy.shared_stream_key()
        stream = self._manager.subscribe(trigger_id=number, trigger=copy, key=key)
        try:
            async for event in copy.filter_shared_stream(stream):
                return event.payload
        finally:
            await self._manager.unsubscribe(number, key)

    async def wait_for_all(self, *triggers: Any) -> list[Any]:
        return await asyncio.gather(*(self.wait(number, trigger) for number, trigger in enumerate(triggers)))
