"""The session shared by asynchronous hooks, against the sandbox."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from blockbuster import BlockingError, blockbuster_ctx

from airflow_provider_segment.hooks.segment import SegmentPublicApiAsyncHook
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.transport import sessions
from tests.forwarder import Forwarder, forwarding_to
from tests.open_sessions import open_sessions

CONNECTION = "AIRFLOW_CONN_SEGMENT_PUBLIC_API_DEFAULT"


@pytest.fixture
def forwarder(segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forwarder]:
    """A forwarder through which the connection goes."""
    port = urlsplit(segment_sandbox.url).port
    assert port is not None
    with forwarding_to(port) as made:
        monkeypatch.setenv(CONNECTION, segment_sandbox.conn_uri.replace(str(port), str(made.port)))
        yield made


def test_hooks_of_one_connection_share_a_session_closed_by_the_last(forwarder: Forwarder) -> None:
    async def waits() -> None:
        first, second = SegmentPublicApiAsyncHook(), SegmentPublicApiAsyncHook()
        await asyncio.gather(first.get_workspace(), second.get_workspace())
        (session,) = open_sessions()
        await first.close()
        await first.close()
        await second.get_workspace()
        assert [session.closed] == [False]
        await second.close()
        assert [session.closed] == [True]
        assert open_sessions() == []

    asyncio.run(waits())
    assert forwarder.connections <= 2


def test_successive_polls_use_one_connection(forwarder: Forwarder) -> None:
    async def wait() -> None:
        async with SegmentPublicApiAsyncHook() as holder:
            await holder.get_workspace()
            for _ in range(20):
                async with SegmentPublicApiAsyncHook() as hook:
                    await hook.get_workspace()

    asyncio.run(wait())
    assert forwarder.connections == 1


def test_cancelling_a_hook_while_the_session_opens_does_not_affect_others(forwarder: Forwarder) -> None:
    async def waits() -> None:
        cancelled, other = SegmentPublicApiAsyncHook(), SegmentPublicApiAsyncHook()
        doomed = asyncio.create_task(cancelled.get_workspace())
        while not sessions._SHARED:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0)
        fine = asyncio.create_task(other.get_workspace())
        doomed.cancel()
        assert (await fine)["slug"] == "sandbox"
        with pytest.raises(asyncio.CancelledError):
            await doomed
        await other.close()
        assert open_sessions() == []

    asyncio.run(waits())


def test_a_hook_can_be_closed_after_a_cancelled_call(segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("delay", seconds=30)

    async def wait() -> None:
        async with SegmentPublicApiAsyncHook() as hook:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(hook.get_workspace(), 0.3)
        assert open_sessions() == []

    asyncio.run(wait())


def test_each_event_loop_has_its_own_session(segment_sandbox: SegmentSandbox) -> None:
    async def wait() -> str:
        async with SegmentPublicApiAsyncHook() as hook:
            return (await hook.get_workspace())["slug"]

    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        assert [asyncio.run(wait()), asyncio.run(wait())] == ["sandbox", "sandbox"]
        gc.collect()


def test_an_unreadable_ca_bundle_is_an_error_for_each_hook(
    segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("no certificate")
    monkeypatch.setenv(CONNECTION, f"{segment_sandbox.conn_uri}/?verify={bundle}")

    async def waits() -> None:
        for _ in range(2):
            works, _message = await SegmentPublicApiAsyncHook().test_connection()
            assert not works
        assert open_sessions() == []

    asyncio.run(waits())


def test_nothing_blocks_the_event_loop(segment_sandbox: SegmentSandbox) -> None:
    """From reading the connection to closing the session; blocking calls are detected, no time is measured."""

    async def wait() -> None:
        with pytest.raises(BlockingError):
            Path(__file__).stat()  # noqa: ASYNC240 - shows that blocking calls are detected
        async with SegmentPublicApiAsyncHook() as hook:
            await hook.get_workspace()
            assert [source["id"] async for source in hook.list_sources()] == ["sandbox-web", "sandbox-shop"]

    with blockbuster_ctx():
        asyncio.run(wait())


@pytest.mark.slow
def test_waiting_for_a_turn_does_not_count_towards_the_timeout(
    segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server takes most of the timeout for each request, and the session's requests come in three rounds."""
    monkeypatch.setattr(sessions, "_MAX_CONNECTIONS", 4)
    monkeypatch.setenv(CONNECTION, f"{segment_sandbox.conn_uri}?timeout=3&retry_budget=0")
    segment_sandbox.fault("delay", seconds=1.5, times=None)

    async def requests() -> list[str]:
        async with SegmentPublicApiAsyncHook() as hook:
            workspaces = await asyncio.gather(*(hook.get_workspace() for _ in range(12)))
            return [workspace["slug"] for workspace in workspaces]

    assert asyncio.run(requests()) == ["sandbox"] * 12
