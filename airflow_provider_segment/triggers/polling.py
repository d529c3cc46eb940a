"""A stream of polls, for one wait or for all waits with the same query."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from airflow_provider_segment.hooks.unavailable import ConnectionUnavailableError, reading_connection
from airflow_provider_segment.protocol.delivery.criteria import MetricsQuery, Observation
from airflow_provider_segment.protocol.delivery.failures import FailureRule
from airflow_provider_segment.protocol.delivery.locating import locate
from airflow_provider_segment.protocol.delivery.polling import FinalPieces, fetch_observation
from airflow_provider_segment.protocol.delivery.schedule import (
    ceil_to_tick,
    next_in_phase,
    poll_delay,
    seconds_until_next_poll,
    useful_interval,
)
from airflow_provider_segment.protocol.errors import SegmentError
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
from airflow_provider_segment.protocol.provisioning.references import ResolvedIds

if TYPE_CHECKING:
    from airflow_provider_segment.hooks.segment import SegmentPublicApiAsyncHook

_MAX_SLEEP = 300.0
"""Seconds after which a long sleep is checked against the wall clock: the loop's clock stops with the machine."""


@dataclass(frozen=True, slots=True)
class PollFailure:
    """A poll that failed.

    :param error: the error.
    :param transient: whether a later poll may succeed.
    :param retry_in: seconds until the next poll.
    """

    error: Exception
    transient: bool
    retry_in: float


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line to log for every wait that shares the stream.

    :param level: log level, as in the standard library's ``logging``.
    :param message: the line.
    """

    level: int
    message: str


PollResult = Observation | PollFailure | LogLine


class _LogLines:
    """A collector of the driver's log lines, such as those about pauses."""

    def __init__(self) -> None:
        self._lines: list[LogLine] = []

    def log(self, level: int, msg: Any, /, *args: Any) -> None:
        """Store a log line until :meth:`take` returns it."""
        self._lines.append(LogLine(level, str(msg) % args if args else str(msg)))

    def take(self) -> list[LogLine]:
        """Return the lines logged since the last call."""
        lines, self._lines = self._lines, []
        return lines


async def poll_indefinitely(
    *,
    segment_conn_id: str,
    query: MetricsQuery,
    poke_interval: float,
    destination_checked: bool = True,
    not_before: datetime | None = None,
) -> AsyncIterator[PollResult]:
    """Poll indefinitely, yielding the result of each poll.

    The first poll runs at a random point in the interval, so that a thousand waits that start together, as after a
    restart of the triggerer, do not poll together.

    :param segment_conn_id: the Airflow connection.
    :param query: which metrics to fetch.
    :param poke_interval: poll interval in seconds; also how long one poll may spend on retries.
    :param destination_checked: whether the destination need not be checked before the first metrics are fetched.
    :param not_before: earliest time of the first poll; ``None`` for any time.
    """
    # Imported late: importing a trigger must not load an HTTP library.
    from airflow_provider_segment.hooks.segment import SegmentPublicApiAsyncHook

    clock = asyncio.get_running_loop().time
    interval = poll_delay(poke_interval)
    held_back = 0.0 if not_before is None else (not_before - datetime.now(UTC)).total_seconds()
    spread = random.uniform(0, interval)  # noqa: S311 - not a secret
    due = ceil_to_tick(clock() + min(max(held_back, 0.0), interval) + spread)
    poller = _Poller(query, poke_interval, destination_checked=destination_checked)
    log, failures, delay = _LogLines(), 0, due - clock()
    rule = FailureRule(datetime.now(UTC))
    async with SegmentPublicApiAsyncHook(segment_conn_id=segment_conn_id) as hook:
        hook.driver_log = log
        while True:
            # Use a plain sleep where possible instead of the poller's coroutine, which takes more memory in each of a
            # thousand waits.
            await (asyncio.sleep(delay) if poller.may_poll_at_any_time else poller.sleep(delay))
            started = clock() - due
            result: Observation | PollFailure
            try:
                result = await poller.poll(hook)
                failures = 0
                rule.succeeded(result.at)
            except (SegmentError, ValueError, ConnectionUnavailableError) as error:
                failures += 1
                known = error if isinstance(error, SegmentError) else None
                delay = poll_delay(poke_interval, failures=failures, error=known)
                transient = isinstance(error, ConnectionUnavailableError) or (
                    known is not None and rule.is_transient(known, datetime.now(UTC))
                )
                result = PollFailure(error, transient=transient, retry_in=delay)
            for line in log.take():
                yield line
            yield result
            if isinstance(result, Observation):
                delay = seconds_until_next_poll(poller.interval_after(result), started=started, now=clock() - due)


class _Poller:
    """A poller for one query.

    :param query: which metrics to fetch.
    :param poke_interval: poll interval in seconds.
    :param destination_checked: whether the destination has been checked.
    """

    def __init__(self, query: MetricsQuery, poke_interval: float, *, destination_checked: bool) -> None:
        self._query = query
        self._poke_interval = self._interval = poke_interval
        self._destination_checked = destination_checked
        self._options: tuple[CallOptions, CallOptions] | None = None
        self._final = FinalPieces()
        self._ids = ResolvedIds()
        self._located = destination_checked and query.selection is None
        self._reports_ids = query.selection is not None
        self._problem = ""

    async def poll(self, hook: SegmentPublicApiAsyncHook) -> Observation:
        """Poll; after a permanent error, reload the connection and, if it has changed, poll again.

        :raises ConnectionUnavailableError: the connection could not be read.
        """
        started = asyncio.get_running_loop().time()
        if not hook.is_connected:
            with reading_connection():
                await hook.connect()
        try:
            return await hook.run(self._fetch)
        except SegmentError as error:
            if error.transient:
                raise
            with reading_connection():
                changed = await hook.refresh(since=started)
            if not changed:
                raise
        return await hook.run(self._fetch)

    def interval_after(self, observation: Observation) -> float:
        """Return the poll interval in seconds, raised if more frequent polls could not change the verdict.

        :param observation: the last poll's observation.
        """
        per_minute = 0.0 if self._options is None else self._options[0].min_poll_interval
        self._interval = useful_interval(self._poke_interval, observation.granularity, per_minute=per_minute)
        return self._interval

    @property
    def may_poll_at_any_time(self) -> bool:
        """Whether the next poll may run at any time: no earliest time is set, or the destination is not located yet."""
        return self._query.not_before is None or not self._located

    async def sleep(self, delay: float) -> None:
        """Sleep until the next poll that can give a verdict.

        :param delay: seconds until the next poll if every poll could give a verdict.
        """
        not_before = self._query.not_before or datetime.now(UTC)
        clock = asyncio.get_running_loop().time
        due = clock() + delay
        while True:
            useful = clock() + (not_before - datetime.now(UTC)).total_seconds()
            left = next_in_phase(due, poke_interval=self._interval, not_before=useful) - clock()
            await asyncio.sleep(min(left, _MAX_SLEEP))
            if left <= _MAX_SLEEP:
                return

    def _fetch(self, options: CallOptions) -> Flow[Observation]:
        if self._options is None or self._options[0] is not options:  # cached, because the options rarely change
            self._options = options, options.capped(self._poke_interval)
        capped = self._options[1]
        if self._located and not self._reports_ids and not self._problem:
            return fetch_observation(capped, query=self._query, now=datetime.now(UTC), final=self._final)
        return self._locate_and_fetch(capped)

    def _locate_and_fetch(self, options: CallOptions) -> Flow[Observation]:
        if not self._located:
            check = not self._destination_checked
            self._query, _, self._problem = yield from locate(options, query=self._query, ids=self._ids, check=check)
            self._located = True
        query, now = self._query, datetime.now(UTC)
        observation = yield from fetch_observation(options, query=query, now=now, final=self._final)
        if self._reports_ids:
            observation = replace(observation, destination_id=query.destination_id, source_id=query.source_id)
        return replace(observation, problem=self._problem) if self._problem else observation
