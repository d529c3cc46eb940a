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


def test_a_read_that_began_too_early_is_not_reused() -> None:
    """A token may be rotated between the start of a regular read and the error of a poll with the old token."""
    connections: ConnectionCache[str] = ConnectionCache()

    async def run() -> str:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def reads_the_old_token() -> str:
            begun.set()
            await go_on.wait()
            return "old"

        async def reads_the_new_token() -> str:
            return "new"

        cached = connections.entry("segment")
        early = asyncio.create_task(cached.get(reads_the_old_token))
        await begun.wait()
        newer = asyncio.create_task(cached.get_newer(reads_the_new_token, than=asyncio.get_running_loop().time()))
        await asyncio.sleep(0)
        go_on.set()
        assert await early == "old"
        return await newer

    assert asyncio.run(run()) == "new"


def test_readers_at_the_same_time_share_one_read() -> None:
    connections: ConnectionCache[str] = ConnectionCache()
    reads: list[str] = []

    async def read() -> str:
        reads.append("read")
        await asyncio.sleep(0)
        return "token"

    async def run() -> None:
        cached, now = connections.entry("segment"), asyncio.get_running_loop().time()
        await asyncio.gather(*(cached.get_newer(read, than=now) for _ in range(10)))

    asyncio.run(run())
    assert reads == ["read"]
