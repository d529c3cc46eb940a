"""How the triggers find their destination, and that waits on the same one look it up once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.request_log import poll_count
from tests.trigger_events import first_event, serialized_copy
from tests.triggers.waiting import threshold, until, waiting

PAST = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
BY_IDENTITY: dict[str, Any] = {
    "destination_id": None,
    "source_id": None,
    "source": "sandbox-web",
    "destination_type": "sandbox-analytics",
    "name": "mine",
}
BY_ID: dict[str, Any] = {"source_id": None}
SOURCES, CONNECTED = "/sources", "/sources/sandbox-web/connected-destinations"


def reads(sandbox: SegmentSandbox, *, since: int) -> list[str]:
    paths = [entry["path"] for entry in sandbox.requests[since:]]
    return [path for path in paths if not path.endswith("/delivery-metrics")]


@pytest.mark.parametrize("checked", [True, False])
def test_a_wait_by_identity_finds_the_destination(
    segment_sandbox: SegmentSandbox, destination_id: str, checked: bool
) -> None:
    segment_sandbox.deliver(destination_id, successes=10, at=PAST)
    before = len(segment_sandbox.requests)
    event = asyncio.run(first_event(waiting(**BY_IDENTITY, destination_checked=checked)))
    assert (event["status"], event["destination_checked"]) == ("succeeded", True)
    assert (event["destination_id"], event["source_id"]) == (destination_id, "sandbox-web")
    check = [] if checked else [f"/destinations/{destination_id}"]
    assert reads(segment_sandbox, since=before) == [SOURCES, CONNECTED, *check]


def test_a_wait_by_id_alone_reads_the_source_from_the_destination(
    segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    segment_sandbox.deliver(destination_id, successes=10, at=PAST)
    before = len(segment_sandbox.requests)
    event = asyncio.run(first_event(waiting(destination_id, **BY_ID)))
    assert (event["status"], event["source_id"]) == ("succeeded", "sandbox-web")
    assert reads(segment_sandbox, since=before) == [f"/destinations/{destination_id}"]


def test_the_trigger_row_holds_what_was_given() -> None:
    names = {"destination_id", "source", "source_id", "destination_type", "metadata_id", "name"}
    for trigger, given in (
        (waiting(**BY_IDENTITY), {"source": "sandbox-web", "destination_type": "sandbox-analytics", "name": "mine"}),
        (threshold("d", **BY_ID), {"destination_id": "d"}),
        (threshold("d"), {"destination_id": "d", "source_id": "sandbox-web"}),
    ):
        _, arguments = trigger.serialize()
        assert {name: value for name, value in arguments.items() if name in names} == given


def test_a_selection_is_checked_when_the_trigger_is_stored() -> None:
    with pytest.raises(ValueError, match="missing: source, destination_type, name"):
        threshold(None, **BY_ID).serialize()  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="source and source_id can't be combined"):
        threshold("d", source="sandbox-web").serialize()


def test_a_slug_and_an_id_of_the_same_letters_share_no_stream() -> None:
    by_slug = waiting("d", source="sandbox-web", source_id=None)
    assert by_slug.shared_stream_key() != waiting("d").shared_stream_key()
    assert by_slug.shared_stream_key() == waiting("d", source="sandbox-web", source_id=None).shared_stream_key()


def test_waits_that_share_a_stream_look_it_up_once(segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    pytest.importorskip("airflow.triggers.shared_stream", reason="shared streams came with Airflow 3.3")
    from tests.triggers.triggerer import Triggerer

    segment_sandbox.deliver(destination_id, successes=10, at=PAST)
    before = len(segment_sandbox.requests)
    triggers = [waiting(**BY_IDENTITY, success_when=[f"successes >= {1 + number}"]) for number in range(10)]
    events = asyncio.run(Triggerer().wait_for_all(*triggers))
    assert [event["status"] for event in events] == ["succeeded"] * 10
    assert {event["destination_id"] for event in events} == {destination_id}
    assert reads(segment_sandbox, since=before) == [SOURCES, CONNECTED]


@pytest.mark.parametrize("by_identity", [True, False])
def test_a_threshold_reports_the_ids(segment_sandbox: SegmentSandbox, destination_id: str, by_identity: bool) -> None:
    selection = BY_IDENTITY if by_identity else BY_ID | {"destination_id": destination_id}

    async def crossing() -> dict[str, Any]:
        async with aclosing(serialized_copy(threshold(**selection)).run()) as events:
            event = asyncio.ensure_future(anext(events))
            await until(lambda: poll_count(segment_sandbox) > 0)
            await asyncio.to_thread(segment_sandbox.deliver, destination_id, successes=10, at=PAST)
            payload: dict[str, Any] = (await event).payload
            return payload

    payload = asyncio.run(crossing())
    assert (payload["destination_id"], payload["source_id"]) == (destination_id, "sandbox-web")
    assert payload["metrics"]["successes"] == 10


def create() -> str:
    with SegmentPublicApiHook() as hook:
        settings = {"apiKey": "k"}
        return hook.create_destination(
            source_id="sandbox-web", metadata_id="sandbox-analytics", name="mine", settings=settings
        )["id"]


def test_a_threshold_looks_again_for_a_destination_that_does_not_exist_yet(
    segment_sandbox: SegmentSandbox, read_log: Callable[[], str]
) -> None:
    async def crossing() -> tuple[str, dict[str, Any]]:
        async with aclosing(serialized_copy(threshold(**BY_IDENTITY)).run()) as events:
            event = asyncio.ensure_future(anext(events))
            await until(lambda: "there is no destination 'mine' of type sandbox-analytics" in read_log())
            made = await asyncio.to_thread(create)
            await until(lambda: poll_count(segment_sandbox) > 0)
            await asyncio.to_thread(segment_sandbox.deliver, made, successes=10, at=PAST)
            return made, (await event).payload

    made, payload = asyncio.run(crossing())
    assert payload["destination_id"] == made
    assert reads(segment_sandbox, since=0).count(SOURCES) == 1
