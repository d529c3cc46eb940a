"""One stream of polls, for one wait or for all that ask the same question."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import AirflowNotFoundException

from airflow_provider_segment.protocol.delivery.criteria import MetricsQuery, Observation
from airflow_provider_segment.protocol.delivery.polling import fetch_observation
from airflow_provider_segment.protocol.delivery.schedule import ceil_to_tick, poll_delay, seconds_until_next_poll
from airflow_provider_segment.protocol.errors import SegmentError
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow


@dataclass(frozen=True, slots=True)
class PollFailure:
    """A poll that result nothing out.

    :param error: why.
    :param transient: whether a later one may well do better.
    :param retry_in: seconds until then.
    """

    error: Exception
    transient: bool
    retry_in: float


async def poll_indefinitely(
    *, segment_conn_id: str, query: MetricsQuery, poke_interval: float
) -> AsyncIterator[Observation | PollFailure]:
    """Ask for ever.

    The first poll comes at a random moment of the interval: a thousand waits that begin together, as after a restart of
    the triggerer, are not to ask together.

    :param segment_conn_id: the Airflow connection.
    :param query: what to ask.
    :param poke_interval: seconds from one poll to the next; also how long one may spend on its own retries.
    """
    # Only now: importing a trigger must not load an HTTP library.
    from airflow_provider_segment.hooks.segment import SegmentPublicApiAsyncHook

    capped: CallOptions | None = None  # built once: the options of a hook do not change

    def fetch(options: CallOptions) -> Flow[Observation]:
        nonlocal capped
        capped = capped or options.capped(poke_interval)
        return fetch_observation(capped, query=query, now=datetime.now(UTC))

    clock = asyncio.get_running_loop().time
    due = ceil_to_tick(clock() + random.uniform(0, poll_delay(poke_interval)))  # noqa: S311 - not a secret
    await asyncio.sleep(due - clock())
    failures = 0
    async with SegmentPublicApiAsyncHook(segment_conn_id=segment_conn_id) as hook:
        while True:
            started = clock() - due
            result: Observation | PollFailure
            try:
                result = await hook.run(fetch)
                failures = 0
            except (SegmentError, ValueError, AirflowNotFoundException) as error:
                failures += 1
                known = error if isinstance(error, SegmentError) else None
                wait = poll_delay(poke_interval, failures=failures, error=known)
                result = PollFailure(error, transient=known is not None and known.transient, retry_in=wait)
            yield result
            delay = seconds_until_next_poll(poke_interval, started=started, now=clock() - due)
            await asyncio.sleep(result.retry_in if isinstance(result, PollFailure) else delay)
