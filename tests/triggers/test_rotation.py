"""A token, host or CA that changes during waits, and a secrets backend that fails meanwhile."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import certifi
import pytest

from airflow_provider_segment.hooks import airflow_connection
from airflow_provider_segment.hooks.segment import SegmentPublicApiAsyncHook, SegmentPublicApiHook
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor
from tests.request_log import poll_count
from tests.trigger_events import first_event
from tests.triggers.rotating import CONN_ID, Rotating
from tests.triggers.waiting import until, waiting

PAST = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()


def wait(**changes: Any) -> asyncio.Task[dict[str, Any]]:
    return asyncio.create_task(first_event(waiting("d", segment_conn_id=CONN_ID, **changes)))


def test_waits_go_on_with_a_rotated_token(rotating: Rotating) -> None:
    async def run() -> list[str]:
        events = [wait(window=3600 + number) for number in range(5)]
        await until(lambda: poll_count(rotating.client) >= 5)
        rotating.rotate("second-token")
        rotating.connect()
        await asyncio.to_thread(rotating.client.deliver, "d", successes=10, at=PAST)
        return [event["status"] for event in await asyncio.gather(*events)]

    assert asyncio.run(run()) == ["succeeded"] * 5


def test_a_token_that_is_still_wrong_ends_the_wait(rotating: Rotating) -> None:
    async def run() -> dict[str, Any]:
        event = wait()
        await until(lambda: poll_count(rotating.client) >= 1)
        rotating.rotate("second-token")
        return await event

    event = asyncio.run(run())
    assert (event["status"], event["error"]) == ("error", "SegmentAuthError")


def test_many_waits_read_the_connection_once(rotating: Rotating, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    read = vars(airflow_connection)["get_async_connection"]

    async def counting(conn_id: str, **arguments: Any) -> Any:
        reads.append(conn_id)
        return await read(conn_id, **arguments)

    monkeypatch.setattr(airflow_connection, "get_async_connection", counting)
    rotating.client.deliver("d", successes=10, at=PAST)

    async def run() -> list[dict[str, Any]]:
        return await asyncio.gather(*(wait(window=3600 + number) for number in range(50)))

    assert {event["status"] for event in asyncio.run(run())} == {"succeeded"}
    assert reads == [CONN_ID]


def test_a_missing_connection_does_not_end_the_wait(rotating: Rotating, read_log: Callable[[], str]) -> None:
    """Airflow reports a secrets backend that is down in the same way."""
    rotating.disconnect()
    rotating.client.deliver("d", successes=10, at=PAST)

    async def run() -> dict[str, Any]:
        event = wait()
        await asyncio.sleep(1.5)
        assert not event.done()
        rotating.connect()
        return await event

    assert asyncio.run(run())["status"] == "succeeded"
    assert "This poll failed; polling again in" in read_log()


def test_a_token_rotated_while_the_secrets_backend_is_down_does_not_end_the_wait(rotating: Rotating) -> None:
    async def run() -> dict[str, Any]:
        event = wait()
        await until(lambda: poll_count(rotating.client) >= 1)
        rotating.disconnect()
        rotating.rotate("second-token")
        await asyncio.to_thread(rotating.client.deliver, "d", successes=10, at=PAST)
        await until(lambda: poll_count(rotating.client) >= 2)
        rotating.connect()
        return await event

    assert asyncio.run(run())["status"] == "succeeded"


def sensor(**changes: Any) -> SegmentDeliveryMetricsSensor:
    return SegmentDeliveryMetricsSensor(
        task_id="wait",
        destination_id="d",
        source_id="sandbox-web",
        success_when="successes >= 10",
        window=3600,
        segment_conn_id=CONN_ID,
        **changes,
    )


def test_poke_mode_goes_on_with_a_rotated_token(rotating: Rotating) -> None:
    task = sensor()
    assert not task.poke({})
    rotating.rotate("second-token")
    rotating.connect()
    rotating.client.deliver("d", successes=10, at=PAST)
    assert task.poke({})


def test_poke_mode_goes_on_while_the_secrets_backend_is_down(rotating: Rotating) -> None:
    task = sensor()
    assert not task.poke({})
    rotating.disconnect()
    rotating.rotate("second-token")
    rotating.client.deliver("d", successes=10, at=PAST)
    assert not task.poke({})
    rotating.connect()
    assert task.poke({})


def test_a_rescheduled_poll_without_a_connection_does_not_end_the_wait(rotating: Rotating) -> None:
    rotating.disconnect()
    assert not sensor(mode="reschedule").poke({"task_reschedule_count": 1})


def test_a_replaced_ca_is_noticed(rotating: Rotating, tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_bytes(Path(certifi.where()).read_bytes())
    rotating.connect(verify=str(ca))

    async def refresh() -> list[bool]:
        loop = asyncio.get_running_loop()
        async with SegmentPublicApiAsyncHook(segment_conn_id=CONN_ID) as hook:
            await hook.get_workspace()
            unchanged = await hook.refresh(since=loop.time())
            _touch(ca)
            return [unchanged, await hook.refresh(since=loop.time())]

    with SegmentPublicApiHook(segment_conn_id=CONN_ID) as hook:
        hook.get_workspace()
        assert not hook.refresh()
        _touch(ca)
        assert hook.refresh()
        hook.get_workspace()
    assert asyncio.run(refresh()) == [False, True]


def _touch(file: Path) -> None:
    modified = file.stat().st_mtime_ns + 1_000_000_000
    os.utime(file, ns=(modified, modified))
