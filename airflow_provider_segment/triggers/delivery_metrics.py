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
from airflow_provider_segment.protocol.delivery.condition import Condition, check_conditions
from airflow_provider_segment.protocol.delivery.criteria import (
    DEFAULT_SETTLE_TIME,
    FAIL,
    WARN,
    Observation,
    WaitCriteria,
    check_criteria,
    check_window_conditions,
)
from airflow_provider_segment.protocol.delivery.progress_logger import ProgressLogger
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
    """The sensor's trigger, which waits until its conditions hold, a failure condition holds, or the deadline passes.

    It fires exactly one event, even if the conditions hold from the start. A poll that fails with a 5xx, without a
    connection or with a 429 is logged and repeated; 401, 403, 404 and 422 end the wait. The arguments are those of the
    sensor as plain JSON.

    :param destination_id: id of the destination. Without it, pass ``source``, ``destination_type`` and ``name``.
    :param source: its source, by slug or id. With ``destination_id``, it may be left out.
    :param source_id: id of its source, instead of ``source``.
    :param destination_type: its type, by slug or catalog id.
    :param metadata_id: catalog id of its type, instead of ``destination_type``.
    :param name: its display name.
    :param success_when: conditions that must all hold for success.
    :param fail_when: failure conditions; the wait fails when any of them holds.
    :param window: length of a sliding window, in seconds; ``None`` for an anchored one.
    :param start_time: start of an anchored window, in ISO 8601.
    :param end_time: end of an anchored window, in ISO 8601.
    :param min_attempted: number of attempted events needed for a verdict.
    :param settle_time: seconds after ``end_time`` to wait for late data.
    :param on_unmet: ``"wait"`` to keep waiting after the window has closed without meeting the conditions.
    :param if_disabled: what to do if the destination is disabled: ``"warn"`` or ``"fail"``; checked before the first
        poll, unless ``destination_checked``.
    :param granularity: ``"auto"`` or one of Segment's.
    :param poke_interval: poll interval in seconds; at least 1.
    :param deadline: end of the wait, in ISO 8601 with a timezone; a restart of the triggerer does not move it.
        ``None`` for no deadline.
    :param destination_checked: whether the sensor has checked the destination. If not, the trigger checks it before its
        first poll.
    :param destination_name: the destination's name, for messages; empty if it is not known.
    :param destination_problem: why the destination may never get deliveries, for messages; empty if no reason is known.
    :param next_poll_at: the earliest time of the first poll, in ISO 8601 with a timezone, because the sensor has just
        polled.
    :param segment_conn_id: the Airflow connection.
    """

    supports_triggerer_queue = True  # unlike a watcher, it belongs to a task

    def __init__(
        self,
        *,
        success_when: Sequence[str],
        destination_id: str | None = None,
        source: str | None = None,
        source_id: str | None = None,
        destination_type: str | None = None,
        metadata_id: str | None = None,
        name: str | None = None,
        fail_when: Sequence[str] = (),
        window: float | None = None,
        start_time: str | None = None,
        end_time: str | None = None,
        min_attempted: int = 1,
        settle_time: float = DEFAULT_SETTLE_TIME.total_seconds(),
        on_unmet: str = FAIL,
        if_disabled: str = WARN,
        granularity: str = AUTO,
        poke_interval: float = 60.0,
        deadline: str | None = None,
        destination_checked: bool = True,
        next_poll_at: str | None = None,
        destination_name: str = "",
        destination_problem: str = "",
        segment_conn_id: str = DEFAULT_CONN_ID,
    ) -> None:
        super().__init__(
            destination_id=destination_id,
            source=source,
            source_id=source_id,
            destination_type=destination_type,
            metadata_id=metadata_id,
            name=name,
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
        self.if_disabled = if_disabled
        self.granularity = granularity
        self.deadline = deadline
        self.destination_checked = destination_checked
        self.destination_name = destination_name
        self.destination_problem = destination_problem
        self.next_poll_at = next_poll_at
        self._observation: Observation | None = None

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Check the arguments and return them as plain JSON."""
        for name in ("deadline", "next_poll_at"):
            if (moment := getattr(self, name)) is not None:
                check_time(name, moment)
        arguments = self.criteria.to_json() | {
            "poke_interval": _check_interval(self.poke_interval),
            "deadline": self.deadline,
            "destination_checked": check_flag("destination_checked", self.destination_checked),
            "destination_name": str(self.destination_name),
            "destination_problem": str(self.destination_problem),
            "next_poll_at": self.next_poll_at,
            "segment_conn_id": check_name("segment_conn_id", self.segment_conn_id),
        }
        return f"{__name__}.{type(self).__name__}", arguments

    @cached_property
    def criteria(self) -> WaitCriteria:
        """The criteria of the wait."""
        return check_criteria(
            **self.selection_arguments(),
            success_when=self.success_when,
            fail_when=self.fail_when,
            window=self.window,
            start_time=self.start_time,
            end_time=self.end_time,
            min_attempted=self.min_attempted,
            settle_time=self.settle_time,
            on_unmet=self.on_unmet,
            if_disabled=self.if_disabled,
            granularity=self.granularity,
        )

    async def filter_shared_stream(self, shared_stream: AsyncIterator[PollResult]) -> AsyncIterator[TriggerEvent]:
        """Yield a single event when the wait ends.

        :param shared_stream: the results of the polls.
        """
        known = self.destination_name if self.destination_id is not None else ""
        progress = ProgressLogger(str(self.criteria.destination), known, self.destination_problem)
        self._observation = None
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
        state = {
            "deadline": self.deadline,
            "destination_checked": self.destination_checked or self._observation is not None,
            "destination_name": self.destination_name,
            "destination_problem": progress.problem,
            **({} if self._observation is None else self.ids(self._observation)),
        }
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
        if isinstance(poll, Observation):
            self._observation = poll
        verdict = self.evaluate_poll(poll, progress)
        if verdict is None or verdict.status is Status.WAITING:
            return None
        return result_of_verdict(verdict, progress.describe(verdict))

    @cached_property
    def _deadline(self) -> datetime | None:
        return None if self.deadline is None else datetime.fromisoformat(self.deadline)


class SegmentDeliveryThresholdTrigger(DeliveryTrigger):
    """A trigger that fires when deliveries cross a threshold, for an ``AssetWatcher`` on Airflow 3.

    It fires when the conditions begin to hold, and not again while they keep holding. Conditions that hold at the
    first poll do not fire. On Airflow 3.3 it keeps in the asset's state store whether the conditions held: after a
    restart of the triggerer it neither fires twice for one crossing nor misses one that happened meanwhile. Without a
    state store (Airflow 3.0 to 3.2), or when several assets share the trigger, it misses a crossing during a restart.

    It polls indefinitely; a poll that fails is logged and repeated. The payload of its event has a ``status``
    (``succeeded``), a ``message``, the ``destination_id``, the ``source_id`` and the keys of
    :class:`~airflow_provider_segment.types.Evidence`. A DAG run reads it from ``triggering_asset_events``, as
    ``extra["payload"]``.

    :param destination_id: id of the destination; only cloud-mode destinations have delivery data. Without it, pass
        ``source``, ``destination_type`` and ``name``, which are looked up when the trigger starts to poll.
    :param source: its source, by slug or id. With ``destination_id``, it may be left out and is read from Segment.
    :param source_id: id of its source, instead of ``source``.
    :param destination_type: its type, by slug or catalog id.
    :param metadata_id: catalog id of its type, instead of ``destination_type``.
    :param name: its display name.
    :param when: one or more conditions, all of which must hold, as in ``success_when`` of the sensor.
    :param rearm_when: one or more conditions that must all hold after an event before the next one. They keep a value
        near the threshold from starting a run at every change. By default, ``when`` must have stopped holding.
    :param window: how far back to count, ending now: seconds, or ISO 8601 such as ``"PT30M"``; at most 48 hours, or
        longer with a ``granularity`` of ``"HOUR"`` (7 days) or ``"DAY"`` (14 days).
    :param min_attempted: number of attempted events needed for the conditions to hold. Default 1.
    :param granularity: as for the sensor. Default ``"auto"``.
    :param poke_interval: poll interval in seconds; at least 1. Default 60.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :raises ValueError: an argument is invalid; raised when the DAG file is parsed.
    """

    def __init__(
        self,
        *,
        when: str | Sequence[str],
        window: float | str,
        destination_id: str | None = None,
        source: str | None = None,
        source_id: str | None = None,
        destination_type: str | None = None,
        metadata_id: str | None = None,
        name: str | None = None,
        rearm_when: str | Sequence[str] = (),
        min_attempted: int = 1,
        granularity: str = AUTO,
        poke_interval: float = 60.0,
        segment_conn_id: str = DEFAULT_CONN_ID,
    ) -> None:
        super().__init__(
            destination_id=destination_id,
            source=source,
            source_id=source_id,
            destination_type=destination_type,
            metadata_id=metadata_id,
            name=name,
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
            **self.criteria.destination.to_json(),
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
        """The criteria for crossing the threshold."""
        return check_criteria(
            **self.selection_arguments(),
            success_when=self.when,
            window=self.window,
            min_attempted=self.min_attempted,
            granularity=self.granularity,
        )

    @cached_property
    def _rearm_conditions(self) -> tuple[Condition, ...]:
        conditions = check_conditions("rearm_when", self.rearm_when)
        check_window_conditions("rearm_when", conditions, self.criteria.window)
        return conditions

    async def filter_shared_stream(self, shared_stream: AsyncIterator[PollResult]) -> AsyncIterator[TriggerEvent]:
        """Yield an event each time the threshold is crossed.

        :param shared_stream: the results of the polls.
        """
        progress = ProgressLogger(str(self.criteria.destination))
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
                result = result_of_verdict(verdict, progress.describe(verdict))
                event = {"status": result.status, "message": result.message, **self.ids(verdict.observation)}
                yield TriggerEvent(event | (result.evidence or {}))
            held = holds


def _is_rearmed(verdict: Verdict, rearm_when: Sequence[Condition]) -> bool:
    metrics = verdict.observation.metrics
    return metrics is not None and all(condition.holds(metrics) for condition in rearm_when)


def _check_interval(value: Any) -> float:
    return check_duration("poke_interval", value).total_seconds()
