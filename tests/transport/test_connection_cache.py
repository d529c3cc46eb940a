"""The cache of connections."""

from __future__ import annotations

import asyncio
import logging

import pytest

from airflow_provider_segment.transport import connection_cache
from airflow_provider_segment.transport.connection_cache import ConnectionCache


def test_a_failed_read_is_logged_without_the_message_of_the_backend(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connection_cache, "MAX_AGE", -1)
    caplog.set_level(logging.DEBUG, logger=connection_cache.__name__)
    connections: ConnectionCache[str] = ConnectionCache()

    async def works() -> str:
        return "first"

    async def fails() -> str:
        raise OSError("backend at https://user:password@vault is down")

    async def run() -> str:
        await connections.entry("segment").get(works)
        return await connections.entry("segment").get(fails)

    assert asyncio.run(run()) == "first"
    assert [record.getMessage() for record in caplog.records] == [
        "connection 'segment' can't be read (OSError); still using the cached connection"
    ]
