"""A token that changes while waits and watchers share a stream in Airflow's own manager."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.request_log import poll_count
from tests.triggers.rotating import CONN_ID, Rotating
from tests.triggers.triggerer import Triggerer
from tests.triggers.waiting import threshold, until, waiting

PAST = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()


def wait(**changes: Any) -> Any:
    return waiting("d", segment_conn_id=CONN_ID, **changes)


def test_waits_of_one_stream_go_on_with_a_rotated_token(rotating: Rotating) -> None:
    async def run() -> list[dict[str, Any]]:
        events = asyncio.create_task(Triggerer().wait_for_all(*(wait(min_attempted=n) for n in range(5))))
        await until(lambda: poll_count(rotating.client) >= 2)
        rotating.rotate("second-token")
        rotating.connect()
        await asyncio.to_thread(rotating.client.deliver, "d", successes=10, at=PAST)
        return await events

    assert [event["status"] for event in asyncio.run(run())] == ["succeeded"] * 5


def test_a_stream_with_a_wrong_token_recovers_for_its_watcher_and_for_later_waits(rotating: Rotating) -> None:
    async def run() -> tuple[Any, Any, Any]:
        triggerer = Triggerer()
        watching = asyncio.create_task(triggerer.wait(0, threshold("d", segment_conn_id=CONN_ID)))
        await until(lambda: poll_count(rotating.client) >= 1)
        rotating.rotate("second-token")  # the connection still has the first one
        polls = poll_count(rotating.client)
        await until(lambda: poll_count(rotating.client) >= polls + 2)
        refused = await triggerer.wait(1, wait())
        rotating.connect()
        later = asyncio.create_task(triggerer.wait(2, wait()))
        polls = poll_count(rotating.client)
        await until(lambda: poll_count(rotating.client) >= polls + 2)
        await asyncio.to_thread(rotating.client.deliver, "d", successes=10, at=PAST)
        return refused, await later, await watching

    refused, later, crossing = asyncio.run(run())

    assert (refused["status"], refused["error"]) == ("error", "SegmentAuthError")
    assert later["status"] == "succeeded"
    assert crossing["metrics"]["successes"] == 10
