"""Faults of a request on its way to the model and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from msgspec import structs

from airflow_provider_segment.protocol.flow.steps import Outcome
from airflow_provider_segment.protocol.wire.messages import RequestFailure, Response

PAGE = b"<!doctype html>\n<html><head><title>Welcome</title></head><body><h1>Welcome</h1></body></html>\n"
_ERROR = b'{"errors":[{"type":"error","message":"Fault injected by the sandbox"}]}'
_LIMIT = b'{"errors":[{"type":"RequestError","message":"Too many requests"%s}]}'


@dataclass(frozen=True)
class Fault:
    """One fault.

    :param kind: its name in the story.
    :param applied: whether the request is applied: ``no``, ``yes`` at once, or ``late``.
    :param outcome: what the client gets; ``None`` for the real response.
    :param broken: the client gets the first half of the real response.
    :param sandbox: the settings of the same fault in the sandbox, if it has one.
    """

    kind: str
    applied: str
    outcome: Outcome | None = None
    broken: bool = False
    sandbox: Mapping[str, Any] | None = None

    def seen(self, real: Response | None) -> Outcome:
        """Return what the client gets.

        :param real: the response without the fault, if the request was applied.
        """
        if self.broken and real is not None and real.status == 200:
            return structs.replace(real, status=real.status, body=real.body[: len(real.body) // 2])
        if self.outcome is not None:
            return self.outcome
        if real is None:
            raise TypeError("a request that is not applied has no real response")
        return real


def _lost(reason: str, *, sent: bool = True, seconds: float = 0.0) -> RequestFailure:
    return RequestFailure(reason=reason, sent=sent, seconds=seconds)


def _limit(data: bytes = b"", **headers: str) -> Response:
    return Response(
        status=429, headers={name.replace("_", "-"): text for name, text in headers.items()}, body=_LIMIT % data
    )


NONE = Fault("none", "yes")
APPLIED_LATE = Fault("applied late", "yes")
FAULTS = (
    Fault("refused", "no", _lost("the connection failed", sent=False)),
    Fault("drop_before", "no", _lost("reset"), sandbox={"kind": "drop_before"}),
    Fault("drop_after", "yes", _lost("reset"), sandbox={"kind": "drop_after"}),
    Fault("late", "late", _lost("reset"), sandbox={"kind": "late", "seconds": 1}),
    Fault("status", "no", Response(status=503, body=_ERROR), sandbox={"kind": "status", "status": 503}),
    Fault(
        "status, a page",
        "no",
        Response(status=502, body=PAGE),
        sandbox={"kind": "status", "status": 502, "html": True},
    ),
    Fault("status, applied", "yes", Response(status=500, body=_ERROR)),
    Fault("truncate", "yes", _lost("the response was truncated"), sandbox={"kind": "truncate"}),
    Fault("half a response", "yes", broken=True),
    Fault("garbage", "yes", Response(status=200, body=PAGE), sandbox={"kind": "garbage"}),
    Fault("rate_limit, silent", "no", _limit(), sandbox={"kind": "rate_limit"}),
    Fault(
        "rate_limit, Retry-After",
        "no",
        _limit(retry_after="3"),
        sandbox={"kind": "rate_limit", "retryAfter": 3},
    ),
    Fault(
        "rate_limit, msBeforeNext",
        "no",
        _limit(b',"data":{"msBeforeNext":2500,"remainingPoints":0,"consumedPoints":1}'),
        sandbox={"kind": "rate_limit", "msBeforeNext": 2500},
    ),
    Fault("timeout, applied", "yes", _lost("the response timed out", seconds=30.0)),
    Fault("timeout, late", "late", _lost("the response timed out", seconds=30.0)),
    Fault("timeout, not applied", "no", _lost("the response timed out", seconds=30.0)),
)


class FaultDice:
    """Draws a limited number of faults.

    :param dice: of the history.
    :param share: of requests that get a fault.
    :param most: number of faults; after that there are none.
    :param pool: the faults to draw from.
    """

    def __init__(self, dice: Random, *, share: float, most: int, pool: tuple[Fault, ...] = FAULTS) -> None:
        self._dice = dice
        self.share = share
        self._pool = pool
        self.left = most

    def draw(self) -> Fault:
        """Return the fault of the next request."""
        if self.left <= 0 or self._dice.random() >= self.share:
            return NONE
        self.left -= 1
        return self._dice.choice(self._pool)


ABANDONED = {fault.applied: fault for fault in FAULTS if fault.kind in ("drop_before", "drop_after", "late")}
"""What may happen to a request whose sender has died."""
IN_SANDBOX = tuple(fault for fault in FAULTS if fault.sandbox is not None)
