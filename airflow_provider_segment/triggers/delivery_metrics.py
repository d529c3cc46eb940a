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
from airflow_provider_segment.protocol.delivery.condition import Condition
from airflow_provider_segment.protocol.delivery.criteria import (
    FAIL,
    Observation,
    WaitCriteria,
    check_criteria,
    check_window_conditions,
)
from airflow_provider_segment.protocol.delivery.progress import ProgressLogger
from airflow_provider_segment.protocol.delivery.results import (
    TIMED_OUT,
    WaitResult,
    result_of_error,
    result_of_verdict,
)
from airflow_provider_segment.protocol.delivery.verdict import Status, Verdict
from airflow_provider_segment.protocol.delivery.window import AUTO
from airflow_provider_segment.protocol.times import check_duration, check_time
from airflow_provider_segment.triggers.polling import PollFailure, PollResult
from airflow_provider_segment.triggers.stream import DeliveryTrigger
from airflow_provider_segment.triggers.threshold_state import ThresholdState


class SegmentDeliveryMetricsTrigger(DeliveryTrigger):
    """The trigger of the sensor: waits until its conditions hold, a failure condition holds, or the deadline passes.

    It fires exactly one event, even if the conditions hold from the start. A poll that fails with a 5xx, without a
    connection or with a 429 is logged and repeated; 401, 403, 404 and 422 end the wait. The arguments are those of the
    sensor as plain JSON.

    :param destination_id: the destination.
    :param source_id: its source.
    :param success_when: conditions that must all hold for success.
    :param fail_when: failure conditions; the wait fails when any of them holds.
    :param window: length of a sliding window, in seconds; ``None`` for an anchored one.
    :param start_time: start of an anchored window, in ISO 8601.
    :param end_time: end of an anchored window, in ISO 8601.
    :param min_attempted: number of attempted events needed for a verdict.
    :param settle_time: seconds after ``end_time`` to wait for late data.
    :param on_unmet: ``"wait"`` to keep waiting after the window has closed without meeting the conditions.
    :param granularity: ``"auto"`` or one of Segment's.
    :param poke_interval: poll interval in seconds; at least 1.
    :param deadline: end of the wait, in ISO 8601 with a timezone; a restart of the triggerer does not move it.
        ``None`` for no deadline.
    :param destination_checked: whether the sensor has checked the destination. If not, the trigger checks it before its
        first poll.
    :param next_poll_at: the earliest time of the first poll, in ISO 8601 with a timezone, because the sensor has polled
        a moment ago.
    :param segment_conn_id: the Airflow connection.
    """

    supports_triggerer_queue = True  # unlike a watcher, it belongs to a task

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
        settle_time: float = 120.0,
        on_unmet: str = FAIL,
        granularity: str = AUTO,
        poke_interval: float = 60.0,
        deadline: str | None = None,
        destination_checked: bool = True,
        next_poll_at: str | None = None,
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
        self.settle_time = settle_time
        self.on_unmet = on_unmet
        self.granularity = granularity
        self.deadline = deadline
        self.destination_checked = destination_checked
        self.next_poll_at = next_poll_at

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Check the arguments and return them as plain JSON."""
        for name in ("deadline", "next_poll_at"):
            if (moment := getattr(self, name)) is not None:
                check_time(name, moment)
        arguments = self.criteria.to_json() | {
            "poke_interval": _check_interval(self.poke_interval),
            "deadline": self.deadline,
            "destination_checked": check_flag("destination_checked", self.destination_checked),
            "next_poll_at": self.next_poll_at,
            "segment_conn_id": check_name("segment_conn_id", self.segment_conn_id),
        }
        return f"{__name__}.{type(self).__name__}", arguments

    @cached_property
    def criteria(self) -> WaitCriteria:
        """The criteria of the wait."""
        return check_criteria(
            destination_id=self.destination_id,
            source_id=self.source_id,
            success_when=self.success_when,
            fail_when=self.fail_when,
            window=self.window,
            start_time=self.start_time,
            end_time=self.end_time,
            min_attempted=self.min_attempted,
            settle_time=self.settle_time,
            on_unmet=self.on_unmet,
            granularity=self.granularity,
        )

    async def filter_shared_stream(self, shared_stream: AsyncIterator[PollResult]) -> AsyncIterator[TriggerEvent]:
        """Yield the one event of the wait.

        :param shared_stream: the results of the polls.
        """
        progress = ProgressLogger(self.destination_id)
        self._verified = self.destination_checked
        # A timeout, because no poll may come before the deadline.
        left = None if self._deadline is None else (self._deadline - datetime.now(UTC)).total_seconds()
        limit = asyncio.timeout(left)
        try:
            async with limit:
                result = await self._wait(shared_stream, progress)
        except TimeoutError:
            if not limit.expired():
                raise
            result = WaitResult(status=TIMED_OUT, message=progress.last_message)
        # Last: Airflow cancels whatever is still awaited after the event, as if a user had cancelled the task.
        state = {"deadline": self.deadline, "destination_checked": self._verified}
        yield TriggerEvent(result.to_event() | state)

    async def _wait(self, stream: AsyncIterator[PollResult], progress: ProgressLogger) -> WaitResult:
        while True:
            result = self._result_of_poll(await anext(stream), progress)
            if result is not None:
                return result
            # The timeout above is late after the machine has slept: the loop's clock stops meanwhile.
            if self._deadline is not None and datetime.now(UTC) >= self._deadline:
                return WaitResult(status=TIMED_OUT, message=progress.last_message)

    def _result_of_poll(self, poll: PollResult, progress: ProgressLogger) -> WaitResult | None:
        if isinstance(poll, PollFailure) and not poll.transient:
            return result_of_error(poll.error)
        self._verified = self._verified or isinstance(poll, Observation)
        verdict = self.evaluate_poll(poll, progress)
        return None if verdict is None or verdict.status is Status.WAITING else result_of_verdict(verdict)

    @cached_property
    def _deadline(self) -> datetime | None:
        return None if self.deadline is None else datetime.fromisoformat(self.deadline)


class SegmentDeliveryThresholdTrigger(DeliveryTrigger):
    """The trigger of an ``AssetWatcher`` on Airflow 3: fires when deliveries cross a threshold.

    It fires when the conditions begin to hold, and not again while they keep holding. Conditions that hold at the
    first poll do not fire. On Airflow 3.3 it keeps in the asset's state store whether the conditions held: after a
    restart of the triggerer it neither fires twice for one crossing nor misses one that happened meanwhile. Without a
    state store (Airflow 3.0 to 3.2), or when several assets share the trigger, it misses a crossing during a restart.

    It polls indefinitely; a poll that fails is logged and repeated.

    :param destination_id: the destination; only cloud-mode destinations have delivery data.
    :param source_id: its source.
    :param when: one or more conditions, all of which must hold; as ``success_when`` of the sensor.
    :param rearm_when: one or more conditions that must all hold, after an event, before there can be another. Keeps a
        value near the threshold from starting a run at each change. Default: that ``when`` does not hold.
    :param window: how far back to count, ending now: seconds, or ISO 8601 such as ``"PT30M"``; at most 48 hours, or
        longer with a ``granularity`` of ``"HOUR"`` (7 days) or ``"DAY"`` (14 days).
    :param min_attempted: number of attempted events needed for the conditions to hold. Default 1.
    :param granularity: as that of the sensor. Default ``"auto"``.
    :param poke_interval: poll interval in seconds; at least 1. Default 60.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :raises ValueError: an argument is invalid; raised when the DAG file is parsed.
    """

    def __init__(
        self,
        *,
        destination_id: str,
        source_id: str,
        when: str | Sequence[str],
        window: float | str,
        rearm_when: str | Sequence[str] = (),
        min_attempted: int = 1,
        granularity: str = AUTO,
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
        self.rearm_when = rearm_when
        self.window = window
        self.granularity = granularity

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Check the arguments and return them as plain JSON."""
        plain = self.criteria.to_json()
        arguments = {
            "destination_id": plain["destination_id"],
            "source_id": plain["source_id"],
            "when": plain["success_when"],
            "rearm_when": [str(condition) for condition in self._rearm_conditions],
            "window": plain["window"],
            "min_attempted": plain["min_attempted"],
            "granularity": plain["granularity"],
            "poke_interval": _check_interval(self.poke_interval),
            "segment_conn_id": check_name("segment_conn_id", self.segment_conn_id),
        }
        return f"{__name__}.{type(self).__name__}", arguments

    @cached_property
    def criteria(self) -> WaitCriteria:
        """The criteria of the threshold."""
        return check_criteria(
            destination_id=self.destination_id,
            source_id=self.source_id,
            success_when=self.when,
            window=self.window,
            min_attempted=self.min_attempted,
            granularity=self.granularity,
        )

    @cached_property
    def _rearm_conditions(self) -> tuple[Condition, ...]:
        return check_window_conditions("rearm_when", self.rearm_when, self.criteria.window)

    async def filter_shared_stream(self, shared_stream: AsyncIterator[PollResult]) -> AsyncIterator[TriggerEvent]:
        """Yield an event for each crossing.

        :param shared_stream: the results of the polls.
        """
        progress = ProgressLogger(self.destination_id)
        rearm_when, state = self._rearm_conditions, ThresholdState(self)
        held = await state.load()
        async for poll in shared_stream:
            verdict = self.evaluate_poll(poll, progress)
            if verdict is None:
                continue
            holds = verdict.status is Status.SUCCEEDED or (bool(held) and not _is_rearmed(verdict, rearm_when))
            # Saved before it fires: a crash in between loses the event, but never repeats one.
            await state.save(holds=holds)
            if holds and held is False:
                ids = {"destination_id": self.destination_id, "source_id": self.source_id}
                yield TriggerEvent({**ids, **(verdict.evidence or {})})
            held = holds


def _is_rearmed(verdict: Verdict, rearm_when: Sequence[Condition]) -> bool:
    metrics = verdict.observation.metrics
    return metrics is not None and all(condition.holds(metrics) for condition in rearm_when)


def _check_interval(value: Any) -> float:
    return check_duration("poke_interval", value).total_seconds()
