"""The cache of connections."""

from __future__ import annotations

import asyncio
import gc
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


def test_an_early_read_that_fails_is_repeated() -> None:
    connections: ConnectionCache[str] = ConnectionCache()

    async def run() -> str:
        go_on = asyncio.Event()

        async def fails() -> str:
            await go_on.wait()
            raise OSError("down")

        async def works() -> str:
            return "new"

        cached = connections.entry("segment")
        early = asyncio.create_task(cached.get(fails))
        await asyncio.sleep(0)
        newer = asyncio.create_task(cached.get_newer(works, than=asyncio.get_running_loop().time()))
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(OSError, match="down"):
            await early
        return await newer

    assert asyncio.run(run()) == "new"


def test_a_read_without_waiting_callers_fails_in_silence() -> None:
    """The event loop would log the error of the secrets backend, which may contain anything."""
    connections: ConnectionCache[str] = ConnectionCache()
    reported: list[object] = []

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
        go_on = asyncio.Event()

        async def fails() -> str:
            await go_on.wait()
            raise OSError("backend at https://user:password@vault is down")

        only = asyncio.create_task(connections.entry("segment").get(fails))
        await asyncio.sleep(0)
        only.cancel()
        with pytest.raises(asyncio.CancelledError):
            await only
        go_on.set()
        await asyncio.sleep(0.01)
        gc.collect()

    asyncio.run(run())
    assert reported == []


def test_a_read_that_was_cancelled_is_repeated() -> None:
    connections: ConnectionCache[str] = ConnectionCache()

    async def works() -> str:
        return "token"

    async def run() -> str:
        cached, before = connections.entry("segment"), asyncio.all_tasks()
        first = asyncio.create_task(cached.get(works))
        await asyncio.sleep(0)  # the read's task has been created, but has not run yet
        (read,) = asyncio.all_tasks() - before - {first}
        read.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        return await cached.get(works)

    assert asyncio.run(run()) == "token"
