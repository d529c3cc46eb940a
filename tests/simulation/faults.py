"""What can go wrong with a request on its way to the model and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from airflow_provider_segment.protocol.flow.steps import Outcome
from airflow_provider_segment.protocol.wire.messages import RequestFailure, Response

PAGE = b"<!doctype html>\n<html><head><title>Welcome</title></head><body><h1>Welcome</h1></body></html>\n"
_ERROR = b'{"errors":[{"type":"error","message":"Fault set by the sandbox"}]}'
_LIMIT = b'{"errors":[{"type":"RequestError","message":"Too many requests"%s}]}'


@dataclass(frozen=True)
class Fault:
    """One of them.

    :param kind: for the story.
    :param carried_out: ``no``, ``yes`` at once, or ``late``.
    :param outcome: what the client sees; ``None`` for the proper answer.
    :param broken: shows the client the first half of the proper answer.
    :param sandbox: how the sandbox is told to do the same, where it can.
    """

    kind: str
    carried_out: str
    outcome: Outcome | None = None
    broken: bool = False
    sandbox: Mapping[str, Any] | None = None

    def seen(self, proper: Response | None) -> Outcome:
        """What the client sees.

        :param proper: the answer without the fault, where it was carried out.
        """
        if self.broken and proper is not None and proper.status == 200:
            return replace(proper, status=proper.status, body=proper.body[: len(proper.body) // 2])
        if self.outcome is not None:
            return self.outcome
        if proper is None:
            raise TypeError("a request that is not carried out has no proper answer")
        return proper


def _lost(reason: str, *, sent: bool = True, seconds: float = 0.0) -> RequestFailure:
    return RequestFailure(reason=reason, sent=sent, seconds=seconds)


def _limit(data: bytes = b"", **headers: str) -> Response:
    return Response(
        status=429, headers={name.replace("_", "-"): text for name, text in headers.items()}, body=_LIMIT % data
    )


NONE = Fault("none", "yes")
CAME_LATE = Fault("what was late", "yes")
FAULTS = (
    Fault("refused", "no", _lost("no connection could be made", sent=False)),
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
    Fault("status, carried out", "yes", Response(status=500, body=_ERROR)),
    Fault("truncate", "yes", _lost("the answer broke off"), sandbox={"kind": "truncate"}),
    Fault("half an answer", "yes", broken=True),
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
    Fault("timeout, carried out", "yes", _lost("the answer timed out", seconds=30.0)),
    Fault("timeout, late", "late", _lost("the answer timed out", seconds=30.0)),
    Fault("timeout, not carried out", "no", _lost("the answer timed out", seconds=30.0)),
)


class FaultDice:
    """Draws faults, but not for ever.

    :param dice: of the history.
    :param share: of requests that meet one.
    :param most: so many, then none.
    :param pool: which ones.
    """

    def __init__(self, dice: Random, *, share: float, most: int, pool: tuple[Fault, ...] = FAULTS) -> None:
        self._dice = dice
        self.share = share
        self._pool = pool
        self.left = most

    def draw(self) -> Fault:
        """The fate of the next request."""
        if self.left <= 0 or self._dice.random() >= self.share:
            return NONE
        self.left -= 1
        return self._dice.choice(self._pool)


ABANDONED = {fault.carried_out: fault for fault in FAULTS if fault.kind in ("drop_before", "drop_after", "late")}
"""What may become of a request whose sender has died."""
IN_SANDBOX = tuple(fault for fault in FAULTS if fault.sandbox is not None)
