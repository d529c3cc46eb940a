"""The state of a task that resumes after a wait for a rate limit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import msgspec

from airflow_provider_segment.protocol.errors import SegmentProtocolError
from airflow_provider_segment.protocol.flow.deferral import DeferralRule
from airflow_provider_segment.protocol.flow.retry_state import RetryState, UnfinishedCall


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """The state stored while a task waits: JSON without settings or secrets.

    :param deadline: latest time, in seconds since 1970; ``None`` for any.
    :param wrote: whether this try sent a write.
    :param created: whether this try sent a create.
    :param granted: the unused requests of earlier turns.
    :param min_wait: seconds after which no request from before the wait is in flight.
    :param call: the call that waits, with its budgets spent.
    :param progress: what the task has done so far.
    """

    deadline: float | None = None
    wrote: bool = False
    created: bool = False
    granted: dict[str, int] = field(default_factory=dict)
    min_wait: float = 0.0
    call: UnfinishedCall | None = None
    progress: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the state as JSON values."""
        return cast("dict[str, Any]", msgspec.to_builtins(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """The event that ends a wait.

    :param granted: how many requests may be sent under each limit.
    :param slept: minimum number of seconds that have passed.
    :param state: the stored state.
    """

    granted: dict[str, int]
    slept: float
    state: TaskState

    @property
    def nothing_is_in_flight(self) -> bool:
        """Whether all requests sent before the wait must have ended by now."""
        return self.slept >= self.state.min_wait

    def rule(self) -> DeferralRule:
        """Return the deferral rule for the resumed flow."""
        granted = self.state.granted | self.granted
        return DeferralRule(granted=granted, wrote=self.state.wrote, created=self.state.created)

    def unfinished(self) -> dict[tuple[str, str], RetryState]:
        """Return a dict that maps the waiting call's method and path to its retry state; empty if no call waits."""
        call = self.state.call
        return {} if call is None else {(call.method, call.path): call.state}


def parse_resumption(event: Any) -> Resumption:
    """Parse the rate limit trigger's event.

    :param event: the payload.
    :raises SegmentProtocolError: the event is not from the trigger.
    """
    try:
        return msgspec.convert(event, Resumption)
    except msgspec.ValidationError as error:
        raise SegmentProtocolError(f"the rate limit trigger sent an unexpected event: {error}") from None
