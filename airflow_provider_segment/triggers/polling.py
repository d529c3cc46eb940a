"""A stream of polls, for one wait or for all waits with the same query."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_segment.hooks.unavailable import ConnectionUnavailableError, reading_connection
from airflow_provider_segment.protocol.delivery.criteria import MetricsQuery, Observation
from airflow_provider_segment.protocol.delivery.polling import fetch_observation
from airflow_provider_segment.protocol.delivery.schedule import ceil_to_tick, poll_delay, seconds_until_next_poll
from airflow_provider_segment.protocol.errors import SegmentError
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow

if TYPE_CHECKING:
    from airflow_provider_segment.hooks.segment import SegmentPublicApiAsyncHook


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


async def poll_indefinitely(
    *, segment_conn_id: str, query: MetricsQuery, poke_interval: float
) -> AsyncIterator[Observation | PollFailure]:
    """Poll indefinitely, yielding the result of each poll.

    The first poll comes at a random moment of the interval, so that a thousand waits that start together, as after a
    restart of the triggerer, do not poll together.

    :param segment_conn_id: the Airflow connection.
    :param query: which metrics to fetch.
    :param poke_interval: poll interval in seconds; also how long one poll may spend on retries.
    """
    # Imported late: importing a trigger must not load an HTTP library.
    from airflow_provider_segment.hooks.segment import SegmentPublicApiAsyncHook

    last: tuple[CallOptions, CallOptions] | None = None  # the options seldom change, so they are capped once

    def fetch(options: CallOptions) -> Flow[Observation]:
        nonlocal last
        if last is None or last[0] is not options:
            last = options, options.capped(poke_interval)
        return fetch_observation(last[1], query=query, now=datetime.now(UTC))

    clock = asyncio.get_running_loop().time
    due = ceil_to_tick(clock() + random.uniform(0, poll_delay(poke_interval)))  # noqa: S311 - not a secret
    await asyncio.sleep(due - clock())
    failures = 0
    async with SegmentPublicApiAsyncHook(segment_conn_id=segment_conn_id) as hook:
        while True:
            started = clock() - due
            result: Observation | PollFailure
            try:
                result = await _poll(hook, fetch)
                failures = 0
            except (SegmentError, ValueError, ConnectionUnavailableError) as error:
                failures += 1
                known = error if isinstance(error, SegmentError) else None
                wait = poll_delay(poke_interval, failures=failures, error=known)
                transient = isinstance(error, ConnectionUnavailableError) or (known is not None and known.transient)
                result = PollFailure(error, transient=transient, retry_in=wait)
            yield result
            delay = seconds_until_next_poll(poke_interval, started=started, now=clock() - due)
            await asyncio.sleep(result.retry_in if isinstance(result, PollFailure) else delay)


async def _poll(hook: SegmentPublicApiAsyncHook, fetch: Callable[[CallOptions], Flow[Observation]]) -> Observation:
    """Poll once. Before a permanent error is raised, the connection is read again, and the poll repeated if it changed.

    :raises ConnectionUnavailableError: the connection could not be read.
    """
    started = asyncio.get_running_loop().time()
    with reading_connection():
        await hook.connect()
    try:
        return await hook.run(fetch)
    except SegmentError as error:
        if error.transient:
            raise
        with reading_connection():
            changed = await hook.refresh(since=started)
        if not changed:
            raise
    return await hook.run(fetch)
