"""The triggers that wait for deliveries. https://docs.segmentapis.com/tag/Destinations"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from airflow.triggers.base import TriggerEvent

from airflow_provider_segment.hooks.connection_form import DEFAULT_CONN_ID
from airflow_provider_segment.protocol.arguments import check_flag, check_name
from airflow_provider_segment.protocol.delivery.criteria import Watch, check_watch
from airflow_provider_segment.protocol.delivery.progress import Narrator
from airflow_provider_segment.protocol.delivery.results import LOOK_AGAIN, TIMED_OUT, Ending, decided, refused
from airflow_provider_segment.protocol.delivery.verdict import Fate
from airflow_provider_segment.protocol.delivery.window import check_duration, check_time
from airflow_provider_segment.triggers.polling import Fault
from airflow_provider_segment.triggers.stream import DeliveryTrigger, Poll
from airflow_provider_segment.triggers.threshold_state import CrossingMemory


class SegmentDeliveryMetricsTrigger(DeliveryTrigger):
    """Waits for the sensor: until its conditions hold, or those of a failure, or its time is over.

    It fires one event, also when the conditions hold from the start. A poll that fails with a 5xx, without a connection
    or with a 429 is logged and followed by another; 401, 403, 404 and 422 end the wait. The arguments are those of the
    sensor as plain JSON.

    :param destination_id: the destination.
    :param source_id: its source.
    :param success_when: all must hold.
    :param fail_when: any one ends the wait as failed.
    :param window: seconds of a sliding window; or
    :param start_time: ISO 8601 of an anchored one, with
    :param end_time: where it stops growing.
    :param min_attempted: events attempted before anything is decided.
    :param settle: seconds after ``end_time`` in which late data is awaited.
    :param granularity: ``"auto"`` or one of Segment's.
    :param poke_interval: seconds from poll to poll; at least 1 is kept.
    :param deadline: ISO 8601, with a zone, of the moment at which the wait is over; it stays when the triggerer is
        restarted. ``None`` for none.
    :param destination_checked: whether the sensor has read the destination. If it could not, the wait ends as soon as
        Segment answers, so that the sensor does.
    :param segment_conn_id: the Airflow connection.
    """

    def __init__(
        self,
        *,
        destination_id: str,
        source_id: str,
        success_when: Sequence[str],
        fail_when: Sequence[str] = (),
        window: float | None = None,
        start_time: str | None = None,
        end_time: str | None = None,
        min_attempted: int = 1,
        settle: float = 120.0,
        granularity: str = "auto",
        poke_interval: float = 60.0,
        deadline: str | None = None,
        destination_checked: bool = True,
        segment_conn_id: str = DEFAULT_CONN_ID,
    ) -> None:
        super().__init__(
            destination_id=destination_id,
            source_id=source_id,
            min_attempted=min_attempted,
            poke_interval=poke_interval,
            segment_conn_id=segment_conn_id,
        )
        self.success_when = success_when
        self.fail_when = fail_when
        self.window = window
        self.start_time = start_time
        self.end_time = end_time
        self.settle = settle
        self.granularity = granularity
        self.deadline = deadline
        self.destination_checked = destination_checked

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Check the arguments and give them as plain JSON."""
        if self.deadline is not None:
            check_time("deadline", self.deadline)
        arguments = self.watch.plain() | {
            "poke_interval": _check_interval(self.poke_interval),
            "deadline": self.deadline,
            "destination_checked": check_flag("destination_checked", self.destination_checked),
            "segment_conn_id": check_name("segment_conn_id", self.segment_conn_id),
        }
        return f"{__name__}.{type(self).__name__}", arguments

    @cached_property
    def watch(self) -> Watch:
        """What to watch for."""
        return check_watch(
            destination_id=self.destination_id,
            source_id=self.source_id,
            success_when=self.success_when,
            fail_when=self.fail_when,
            window=self.window,
            start_time=self.start_time,
            end_time=self.end_time,
            min_attempted=self.min_attempted,
            settle=self.settle,
            granularity=self.granularity,
        )

    async def filter_shared_stream(self, shared_stream: AsyncIterator[Poll]) -> AsyncIterator[TriggerEvent]:
        """Turn polls into the one event.

        :param shared_stream: of polls.
        """
        narrator = Narrator(self.destination_id)
        # Its own clock: no poll may come before the deadline.
        left = None if self._ends_at is None else (self._ends_at - datetime.now(UTC)).total_seconds()
        limit = asyncio.timeout(left)
        try:
            async with limit:
                ending = await self._ending(shared_stream, narrator)
        except TimeoutError:
            if not limit.expired():
                raise
            ending = Ending(how=TIMED_OUT, said=narrator.last)
        # Last of all: whatever is still awaited after it would be cancelled as if a user had done it.
        yield TriggerEvent(ending.as_event() | {"deadline": self.deadline})

    async def _ending(self, stream: AsyncIterator[Poll], narrator: Narrator) -> Ending:
        while True:
            ending = self._taken(await anext(stream), narrator)
            if ending is not None:
                return ending
            # The loop's clock stands still while the machine sleeps.
            if self._ends_at is not None and datetime.now(UTC) >= self._ends_at:
                return Ending(how=TIMED_OUT, said=narrator.last)

    def _taken(self, found: Poll, narrator: Narrator) -> Ending | None:
        if not (isinstance(found, Fault) and found.passing) and not self.destination_checked:
            return Ending(how=LOOK_AGAIN)
        if isinstance(found, Fault) and not found.passing:
            return refused(found.error)
        verdict = self.look(found, narrator)
        return None if verdict is None or verdict.fate is Fate.WAITING else decided(verdict)

    @cached_property
    def _ends_at(self) -> datetime | None:
        return None if self.deadline is None else datetime.fromisoformat(self.deadline)


class SegmentDeliveryThresholdTrigger(DeliveryTrigger):
    """Fires when deliveries cross a threshold, for an ``AssetWatcher`` on Airflow 3.

    It fires on crossing into the condition, not while it stays. What holds at the very first poll is no crossing. On
    Airflow 3.3 it remembers in Airflow's state store of the asset whether the condition held: after a restart of the
    triggerer it neither fires twice for one crossing nor misses one that happened meanwhile. Where there is no such
    store (Airflow 3.0 to 3.2), or several assets share the trigger, a crossing during a restart is missed.

    Polls never end: what fails is logged, and tried again.

    :param destination_id: the destination; only cloud-mode destinations have delivery data.
    :param source_id: its source.
    :param when: one condition or several, all of which must hold; as ``success_when`` of the sensor.
    :param window: how far back to count, ending now: seconds, or ISO 8601 as ``"PT30M"``; at most 14 days.
    :param min_attempted: events attempted before the conditions can hold. Default 1.
    :param poke_interval: seconds from poll to poll; at least 1 is kept. Default 60.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :raises ValueError: an argument can't be right; when the DAG file is parsed.
    """

    def __init__(
        self,
        *,
        destination_id: str,
        source_id: str,
        when: str | Sequence[str],
        window: float | str,
        min_attempted: int = 1,
        poke_interval: float = 60.0,
        segment_conn_id: str = DEFAULT_CONN_ID,
    ) -> None:
        super().__init__(
            destination_id=destination_id,
            source_id=source_id,
            min_attempted=min_attempted,
            poke_interval=poke_interval,
            segment_conn_id=segment_conn_id,
        )
        self.when = when
        self.window = window

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Check the arguments and give them as plain JSON."""
        plain = self.watch.plain()
        arguments = {
            "destination_id": plain["destination_id"],
            "source_id": plain["source_id"],
            "when": plain["success_when"],
            "window": plain["window"],
            "min_attempted": plain["min_attempted"],
            "poke_interval": _check_interval(self.poke_interval),
            "segment_conn_id": check_name("segment_conn_id", self.segment_conn_id),
        }
        return f"{__name__}.{type(self).__name__}", arguments

    @cached_property
    def watch(self) -> Watch:
        """What to watch for."""
        return check_watch(
            destination_id=self.destination_id,
            source_id=self.source_id,
            success_when=self.when,
            window=self.window,
            min_attempted=self.min_attempted,
        )

    async def filter_shared_stream(self, shared_stream: AsyncIterator[Poll]) -> AsyncIterator[TriggerEvent]:
        """Turn polls into an event for each crossing.

        :param shared_stream: of polls.
        """
        narrator = Narrator(self.destination_id)
        memory = CrossingMemory(self)
        held = await memory.recall()
        async for found in shared_stream:
            verdict = self.look(found, narrator)
            if verdict is None:
                continue
            holds = verdict.fate is Fate.SUCCEEDED
            if holds is not held:
                # Before it fires: once too few after a crash in between, but never twice.
                await memory.keep(holds=holds)
            if holds and held is False:
                ids = {"destination_id": self.destination_id, "source_id": self.source_id}
                yield TriggerEvent({**ids, **(verdict.evidence or {})})
            held = holds


def _check_interval(value: Any) -> float:
    return check_duration("poke_interval", value).total_seconds()
