"""One stream of polls, for one wait or for all that ask the same question."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import AirflowNotFoundException

from airflow_provider_segment.protocol.delivery.polling import sight
from airflow_provider_segment.protocol.delivery.schedule import next_beat, next_look, on_tick
from airflow_provider_segment.protocol.delivery.sighting import Question, Sighting
from airflow_provider_segment.protocol.errors import SegmentError
from airflow_provider_segment.protocol.flow.steps import Flow, Terms


@dataclass(frozen=True, slots=True)
class Fault:
    """A poll that found nothing out.

    :param error: why.
    :param passing: whether a later one may well do better.
    :param next_in: seconds until then.
    """

    error: Exception
    passing: bool
    next_in: float


async def polls(*, segment_conn_id: str, question: Question, poke_interval: float) -> AsyncIterator[Sighting | Fault]:
    """Ask for ever.

    The first poll comes at a random moment of the interval: a thousand waits that begin together, as after a restart of
    the triggerer, are not to ask together.

    :param segment_conn_id: the Airflow connection.
    :param question: what to ask.
    :param poke_interval: seconds from one poll to the next; also how long one may spend on its own retries.
    """
    # Only now: importing a trigger must not load an HTTP library.
    from airflow_provider_segment.hooks.segment import SegmentPublicApiAsyncHook

    patient: Terms | None = None  # made once: the hook's terms stay the same

    def look(terms: Terms) -> Flow[Sighting]:
        nonlocal patient
        patient = patient or terms.within(poke_interval)
        return sight(patient, question=question, now=datetime.now(UTC))

    clock = asyncio.get_running_loop().time
    due = on_tick(clock() + random.uniform(0, next_look(poke_interval)))  # noqa: S311 - not a secret
    await asyncio.sleep(due - clock())
    faults = 0
    async with SegmentPublicApiAsyncHook(segment_conn_id=segment_conn_id) as hook:
        while True:
            began = clock() - due
            found: Sighting | Fault
            try:
                found = await hook.run(look)
                faults = 0
            except (SegmentError, ValueError, AirflowNotFoundException) as error:
                faults += 1
                known = error if isinstance(error, SegmentError) else None
                wait = next_look(poke_interval, faults=faults, error=known)
                found = Fault(error, passing=known is not None and known.transient, next_in=wait)
            yield found
            beat = next_beat(poke_interval, began=began, now=clock() - due)
            await asyncio.sleep(found.next_in if isinstance(found, Fault) else beat)
