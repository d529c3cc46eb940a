"""The steps a flow yields, and the terms it works on.

A flow is a generator. It yields a step, and the driver sends back what came of it: an
:class:`~airflow_provider_segment.protocol.wire.message.Answer` or ``NoAnswer`` after :class:`Send`, ``None`` after any
other. Its return value is the flow's result; a ``SegmentError`` leaves it as an exception.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeAlias, TypeVar

from airflow_provider_segment.protocol.strings import all_texts
from airflow_provider_segment.protocol.wire.messages import Answer, NoAnswer, Request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """Send this and say what came of it.

    :param request: what to send.
    """

    request: Request


@dataclass(frozen=True, slots=True)
class Pause:
    """Do nothing for a while.

    :param seconds: how long.
    :param reason: for the log.
    :param level: of the standard library's ``logging``.
    """

    seconds: float
    reason: str
    level: int = logging.WARNING


@dataclass(frozen=True, slots=True)
class Log:
    """Tell the person who reads the task's log.

    :param message: without settings or secrets.
    :param level: of the standard library's ``logging``.
    """

    message: str
    level: int = logging.INFO


@dataclass(frozen=True, slots=True)
class Conceal:
    """Let nobody read these texts in a log: they are secrets, as it turned out.

    :param texts: of any length.
    """

    texts: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Emit(Generic[T]):
    """Hand these entries to whoever iterates.

    :param items: entries of one page.
    """

    items: Sequence[T]


Step: TypeAlias = Send | Pause | Log | Conceal
Outcome: TypeAlias = Answer | NoAnswer
Flow: TypeAlias = Generator[Step, Outcome | None, T]
"""Ends with one result."""
Walk: TypeAlias = Generator[Step | Emit[T], Outcome | None, None]
"""Emits entries on its way and ends with nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms a flow works with the API.

    :param connection: how messages call the connection and its host.
    :param fault_budget: seconds one call may spend on faults.
    :param rate_limit_budget: seconds one call may wait for rate limits.
    :param settle: seconds to keep looking for an object after a write whose answer was lost.
    :param secrets: what no message may hold: the token, and the settings at work.
    """

    connection: str
    fault_budget: float = 300.0
    rate_limit_budget: float = 3600.0
    settle: float = 10.0
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def within(self, seconds: float) -> Terms:
        """The same terms, with budgets of at most this.

        :param seconds: for faults, and as many for rate limits.
        """
        return replace(
            self,
            fault_budget=min(self.fault_budget, seconds),
            rate_limit_budget=min(self.rate_limit_budget, seconds),
        )

    def hiding(self, settings: Any) -> Terms:
        """Give the same terms, with settings that no message may hold: a server may quote what it was told before.

        :param settings: one or several, of any form.
        """
        return replace(self, secrets=(*self.secrets, *all_texts(settings)))


def answered(outcome: Outcome | None) -> Outcome:
    """Make sure that a driver said what came of a request.

    :param outcome: of :class:`Send`.
    """
    if outcome is None:
        raise TypeError("a driver answers Send with an Answer or a NoAnswer")
    return outcome
