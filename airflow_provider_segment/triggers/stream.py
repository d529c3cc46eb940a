"""The base class of the delivery metrics triggers; those with equal stream keys share one stream of polls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Hashable
from contextlib import aclosing
from datetime import datetime
from functools import cached_property
from typing import Any

from airflow.providers.common.compat.triggers import BaseEventTrigger
from airflow.triggers.base import TriggerEvent

from airflow_provider_segment.protocol.delivery.criteria import Observation, WaitCriteria
from airflow_provider_segment.protocol.delivery.progress_logger import ProgressLogger
from airflow_provider_segment.protocol.delivery.verdict import Verdict, evaluate
from airflow_provider_segment.protocol.selection import DESTINATION_CHECKS
from airflow_provider_segment.triggers.polling import LogLine, PollFailure, PollResult, poll_indefinitely


class DeliveryTrigger(BaseEventTrigger):
    """The base class of the delivery metrics triggers.

    Airflow 3.3 runs one stream of polls for all triggers with the same key, whatever their conditions. Older versions
    call :meth:`run`, which opens a stream for this trigger alone. Constructors only assign, because an exception there
    would end the triggerer and every trigger in it; :meth:`serialize` checks the arguments.
    """

    destination_checked = True
    destination_name = ""
    destination_problem = ""
    next_poll_at: str | None = None

    def __init__(
        self,
        *,
        destination_id: str | None,
        source: str | None,
        source_id: str | None,
        destination_type: str | None,
        metadata_id: str | None,
        name: str | None,
        min_attempted: int,
        poke_interval: float,
        segment_conn_id: str,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.destination_id = destination_id
        self.source = source
        self.source_id = source_id
        self.destination_type = destination_type
        self.metadata_id = metadata_id
        self.name = name
        self.min_attempted = min_attempted
        self.poke_interval = poke_interval
        self.segment_conn_id = segment_conn_id

    @cached_property
    def criteria(self) -> WaitCriteria:
        """The criteria of the wait.

        :raises ValueError: an argument is invalid.
        """
        raise NotImplementedError

    def selection_arguments(self) -> dict[str, str | None]:
        """Return the arguments that select the destination."""
        return {argument: getattr(self, argument) for argument in DESTINATION_CHECKS}

    def ids(self, observation: Observation) -> dict[str, str | None]:
        """Return the ids of the destination and its source, from the arguments or from a poll.

        :param observation: the poll's observation.
        """
        return {
            "destination_id": self.destination_id or observation.destination_id,
            "source_id": self.source_id or observation.source_id,
        }

    def shared_stream_key(self) -> Hashable:
        """Return the key of the stream; triggers with equal keys share one stream.

        The key consists of the connection, the query, the poll interval and whether the destination was checked.
        """
        query, interval = self.criteria.query, float(self.poke_interval)
        return (__name__, self.segment_conn_id, query, interval, self.destination_checked)

    @classmethod
    def open_shared_stream(cls, kwargs: dict[str, Any]) -> AsyncIterator[PollResult]:
        """Poll indefinitely; yield failed polls too, so that each trigger can log them and decide whether to go on.

        :param kwargs: the arguments of any trigger with this key.
        """
        trigger = cls(**kwargs)
        return poll_indefinitely(
            segment_conn_id=trigger.segment_conn_id,
            query=trigger.criteria.query,
            poke_interval=trigger.poke_interval,
            destination_checked=trigger.destination_checked,
            not_before=None if trigger.next_poll_at is None else datetime.fromisoformat(trigger.next_poll_at),
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Run the trigger with a stream that is not shared."""
        _, kwargs = self.serialize()
        async with aclosing(self.open_shared_stream(kwargs)) as stream:  # type: ignore[type-var]
            async for event in self.filter_shared_stream(stream):
                yield event

    def evaluate_poll(self, poll: PollResult, progress: ProgressLogger) -> Verdict | None:
        """Return the verdict on a poll, and log the wait's progress.

        :param poll: the result of the poll.
        :param progress: the wait's progress log.
        :return: ``None`` if there is none: the poll failed, or the result is a line for the log.
        """
        if isinstance(poll, LogLine):
            self.log.log(poll.level, "%s", poll.message)
            return None
        if isinstance(poll, PollFailure):
            log = self.log.warning if poll.transient else self.log.error
            log("This poll failed; polling again in %.0f s: %s", poll.retry_in, poll.error)
            return None
        if destination_id := self.destination_id or poll.destination_id:
            progress.identify(destination_id, self.destination_name or self.name or "", poll.problem)
        verdict = evaluate(self.criteria, poll)
        for line in progress.lines(verdict, poll.at):
            self.log.info("%s", line)
        return verdict
