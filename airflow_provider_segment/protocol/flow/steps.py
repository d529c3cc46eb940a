"""The steps that a flow yields, and the options of its calls.

A flow is a generator. It yields a step, and the driver sends back the step's outcome: after :class:`Send` a
:class:`~airflow_provider_segment.protocol.wire.messages.Response`, a ``RequestFailure`` or a ``HeldBack``; after any
other step ``None``. The flow's return value is its result; it raises ``SegmentError``.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeAlias, TypeVar

from msgspec import Struct

from airflow_provider_segment.protocol.flow.retry_state import RetryState, UnfinishedCall
from airflow_provider_segment.protocol.printable import printable
from airflow_provider_segment.protocol.secret_str import SecretStr
from airflow_provider_segment.protocol.strings import all_strings
from airflow_provider_segment.protocol.wire.messages import HeldBack, Request, RequestFailure, Response

T = TypeVar("T")


class Send(Struct, frozen=True, gc=False):
    """Send a request; the driver replies with the response, a failure, or the time at which to send the request.

    :param request: the request.
    :param slot: the slot it got when it was held back, if it was.
    :param max_wait: seconds for which it may be held back.
    """

    request: Request
    slot: float | None = None
    max_wait: float = math.inf


@dataclass(frozen=True, slots=True)
class Pause:
    """Sleep for a number of seconds.

    :param seconds: how long to sleep.
    :param reason: logged before the pause.
    :param level: log level, as in the standard library's ``logging``.
    :param for_rate_limit: whether it counts against ``rate_limit_budget``.
    :param call: the call that waits for the rate limit.
    :param may_defer: whether the task may be deferred instead.
    """

    seconds: float
    reason: str
    level: int = logging.WARNING
    for_rate_limit: bool = False
    call: UnfinishedCall | None = None
    may_defer: bool = True


@dataclass(frozen=True, slots=True)
class Upcoming:
    """Announce the number of upcoming requests under one rate limit, before the first is sent.

    :param limited_as: name of the rate limit.
    :param count: number of requests.
    """

    limited_as: str
    count: int


@dataclass(frozen=True, slots=True)
class Log:
    """Write a line to the task log.

    :param message: the line, without settings or secrets.
    :param level: log level, as in the standard library's ``logging``.
    :param lines: further lines below it, such as a table.
    """

    message: str
    level: int = logging.INFO
    lines: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The message and any further lines; characters that could forge log lines are escaped."""
        return "\n".join(map(printable, (self.message, *self.lines)))


@dataclass(frozen=True, slots=True)
class MaskSecrets:
    """Mask strings in logs.

    :param strings: secrets, of any length.
    """

    strings: tuple[SecretStr, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Items(Generic[T]):
    """Yield items to the code that iterates over the flow.

    :param items: the entries of one page.
    """

    items: Sequence[T]


Step: TypeAlias = Send | Pause | Upcoming | Log | MaskSecrets
Outcome: TypeAlias = Response | RequestFailure
Reply: TypeAlias = Outcome | HeldBack
"""A driver's reply to a request: its outcome, or the time at which to send it."""
Flow: TypeAlias = Generator[Step, Reply | None, T]
"""A flow that returns one result."""
PagedFlow: TypeAlias = Generator[Step | Items[T], Reply | None, None]
"""A flow that yields items, page by page, and returns nothing."""


def read_clocks() -> tuple[float, float]:
    """Return the times of the wall clock and the monotonic clock, in seconds."""
    return time.time(), time.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOptions:
    """The options for the calls that a flow makes; each call has its own budgets.

    :param connection: name of the connection and its host, for messages.
    :param retry_budget: seconds that one call may spend on failed attempts.
    :param rate_limit_budget: seconds that one call may wait for rate limits.
    :param reconcile_timeout: seconds to keep looking for an object after a write whose response was lost.
    :param pending_age: seconds, at least, since an earlier try ended; its writes are in flight for at most
        ``reconcile_timeout`` after that.
    :param min_poll_interval: seconds between two polls of counts per minute; a poll in between returns nothing new.
    :param secrets: strings to redact in messages: the token, and the settings in use.
    :param unfinished: what calls used of their budgets before the task was deferred, by method and path; the first call
        of that method and path continues from there.
    :param region_setting: what sets the region, for messages.
    :param clocks: return the seconds that the wall clock and the monotonic clock show.
    """

    connection: str
    retry_budget: float = 300.0
    rate_limit_budget: float = 3600.0
    reconcile_timeout: float = 30.0
    pending_age: float = 0.0
    min_poll_interval: float = 60.0
    secrets: tuple[SecretStr, ...] = field(default=(), repr=False)
    unfinished: dict[tuple[str, str], RetryState] = field(default_factory=dict, repr=False, compare=False)
    region_setting: str = "the extra field `region`"
    clocks: Callable[[], tuple[float, float]] = field(default=read_clocks, repr=False, compare=False)

    @property
    def pending_timeout(self) -> float:
        """Seconds to keep polling for objects that requests of an earlier try may still create."""
        return max(0.0, self.reconcile_timeout - self.pending_age)

    def capped(self, seconds: float) -> CallOptions:
        """Return the same options, with both budgets capped.

        :param seconds: upper bound of ``retry_budget`` and of ``rate_limit_budget``.
        """
        return replace(
            self,
            retry_budget=min(self.retry_budget, seconds),
            rate_limit_budget=min(self.rate_limit_budget, seconds),
        )

    def redacting(self, settings: Any) -> CallOptions:
        """Return options that also redact these settings, which a server may quote in a later response.

        :param settings: any value with strings in it.
        """
        return replace(self, secrets=(*self.secrets, *all_strings(settings)))


def require_outcome(outcome: Reply | None) -> Reply:
    """Return the outcome of a request, or raise ``TypeError`` if the driver sent none.

    :param outcome: outcome of :class:`Send`.
    """
    if outcome is None:
        raise TypeError(
            "the driver replied to Send with None; it must reply with a Response, a RequestFailure or a HeldBack"
        )
    return outcome
