"""Faults: errors, dropped connections and delays that a test injects into the next matching requests.

===============  =====================================================================  ==================
kind             what the client receives                                               request processed?
===============  =====================================================================  ==================
``status``       the given ``status``, as an API error or as a proxy's page (``html``)  no
``rate_limit``   a 429; ``retryAfter``, ``msBeforeNext`` and ``resetSeconds`` set its   no
                 ``Retry-After``, its ``msBeforeNext`` and its ``X-RateLimit-Reset``
``drop_before``  nothing: the connection is closed                                      no
``drop_after``   nothing: the connection is closed                                      yes
``late``         nothing: the connection is closed                                      ``seconds`` later
``delay``        the response, ``seconds`` later                                        yes, immediately
``truncate``     the headers and half of the body, then the connection is closed        yes
``garbage``      a 200 with an HTML page                                                yes
===============  =====================================================================  ==================

A fault with a ``probability`` applies to some of the matching requests, drawn at random from its ``seed``: the same
sequence of requests meets the same faults again.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from airflow_provider_segment.sandbox.errors import Headers, invalid_field
from airflow_provider_segment.sandbox.validation import Field, validate_object

_MAX_SECONDS = 3600.0
_MAX_RESET_SECONDS = 1e9  # about 30 years; with a larger number, the time could exceed the range of dates
_SECONDS = Field(name="seconds", kind="number", required=True, minimum=0, maximum=_MAX_SECONDS)
FIELDS_BY_KIND: Mapping[str, tuple[Field, ...]] = {
    "status": (
        Field(name="status", kind="integer", required=True, minimum=300, maximum=599),
        Field(name="headers", kind="object"),
        Field(name="html", kind="boolean"),
    ),
    "rate_limit": (
        Field(name="retryAfter", kind="integer", nullable=True, minimum=0),
        Field(name="msBeforeNext", kind="integer", nullable=True, minimum=0),
        Field(
            name="resetSeconds", kind="integer", nullable=True, minimum=-_MAX_RESET_SECONDS, maximum=_MAX_RESET_SECONDS
        ),
    ),
    "drop_before": (),
    "drop_after": (),
    "late": (_SECONDS,),
    "delay": (_SECONDS,),
    "truncate": (),
    "garbage": (),
}
"""The fields of each kind of fault, besides the common ones."""

_COMMON_FIELDS = (
    Field(name="kind", kind="string", required=True, choices=tuple(FIELDS_BY_KIND)),
    Field(name="match", kind="object"),
    Field(name="times", kind="integer", nullable=True, minimum=1),
    Field(name="probability", kind="number", minimum=0, maximum=1),
    Field(name="seed", kind="integer", minimum=0),
)
_MATCH_FIELDS = (
    Field(name="method", kind="string", nullable=True),
    Field(name="path", kind="string", nullable=True),
)

_STATUS_WITHOUT_BODY = 304


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault and the requests it applies to.

    :param kind: see the table of :mod:`airflow_provider_segment.sandbox.faults`.
    :param method: HTTP method of the requests it applies to; None for any.
    :param path: glob over their path as sent; ``*`` matches slashes too.
    :param times: number of requests it applies to; None for all.
    :param probability: share of the matching requests that it applies to, from 0 to 1.
    :param seed: seed of the random numbers that select these requests.
    :param status: status of a ``status`` fault.
    :param headers: additional response headers of a ``status`` fault.
    :param html: whether a ``status`` fault returns an HTML page, as a proxy would.
    :param retry_after: seconds in the ``Retry-After`` header of a ``rate_limit`` fault; None omits the header.
    :param ms_before_next: milliseconds in its body; None omits them.
    :param reset_seconds: seconds from now to its ``X-RateLimit-Reset``; None omits the ``X-RateLimit`` headers.
    :param seconds: delay of a ``late`` or ``delay`` fault.
    """

    kind: str
    method: str | None = None
    path: str = "*"
    times: int | None = 1
    probability: float = 1.0
    seed: int = 0
    status: int = 503
    headers: Headers = ()
    html: bool = False
    retry_after: int | None = None
    ms_before_next: int | None = None
    reset_seconds: int | None = None
    seconds: float = 0.0

    def matches(self, *, method: str, path: str) -> bool:
        """Return whether a request's method and path match the fault."""
        return self.method in (None, method) and fnmatchcase(path, self.path)


@dataclass(slots=True)
class _Pending:
    """A fault in the queue, with its random number generator.

    :param fault: its ``times`` is the number of requests that it still applies to.
    """

    fault: Fault
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        fault = self.fault
        # Faults with the same seed draw different numbers, so that they hit different requests.
        self._random = random.Random(f"{fault.seed} {fault.kind} {fault.method} {fault.path}")  # noqa: S311 - must repeat

    def applies(self, *, method: str, path: str) -> bool:
        """Return whether the fault applies to a request; each matching request draws a random number."""
        return self.fault.matches(method=method, path=path) and self._random.random() < self.fault.probability


class FaultQueue:
    """Pending faults, oldest first; a request gets the first one that applies to it."""

    def __init__(self) -> None:
        self._pending: list[_Pending] = []

    def add(self, fault: Fault) -> None:
        """Add a fault to the end of the queue."""
        self._pending.append(_Pending(fault))

    def clear(self) -> None:
        """Remove all faults."""
        self._pending.clear()

    def pending(self) -> Sequence[Fault]:
        """Return the pending faults; the ``times`` of each is the number of requests that it still applies to."""
        return tuple(pending.fault for pending in self._pending)

    def take(self, *, method: str, path: str) -> Fault | None:
        """Return the first fault that applies to a request, and decrement its ``times``."""
        for index, pending in enumerate(self._pending):
            if pending.applies(method=method, path=path):
                fault = pending.fault
                if fault.times == 1:
                    del self._pending[index]
                elif fault.times is not None:
                    pending.fault = replace(fault, times=fault.times - 1)
                return fault
        return None


def parse_fault(value: object) -> Fault:
    """Parse the body of ``POST /_sandbox/faults``.

    :raises InvalidFieldsError: fields are unknown or invalid; the error names each.
    """
    kind = validate_object(value, _COMMON_FIELDS)["kind"]
    record = validate_object(value, _COMMON_FIELDS + FIELDS_BY_KIND[kind], allow_unknown=False)
    match = validate_object(record.get("match", {}), _MATCH_FIELDS, prefix="match.", name="match", allow_unknown=False)
    if record.get("status") == _STATUS_WITHOUT_BODY:
        raise invalid_field("status", "must not be 304, because a 304 response has no body")
    method, path = match.get("method"), match.get("path")
    return Fault(
        kind=kind,
        method=None if method is None else method.upper(),
        path="*" if path is None else path,
        times=record.get("times", 1),
        probability=record.get("probability", 1.0),
        seed=record.get("seed", 0),
        status=record.get("status", 503),
        headers=_parse_headers(record.get("headers", {})),
        html=record.get("html", False),
        retry_after=record.get("retryAfter"),
        ms_before_next=record.get("msBeforeNext"),
        reset_seconds=record.get("resetSeconds"),
        seconds=record.get("seconds", 0.0),
    )


def fault_json(fault: Fault) -> dict[str, Any]:
    """Return a fault as JSON, with the common fields and those of its kind."""
    record: dict[str, Any] = {
        "kind": fault.kind,
        "match": {"method": fault.method, "path": fault.path},
        "times": fault.times,
        "probability": fault.probability,
        "seed": fault.seed,
    }
    values = {
        "status": fault.status,
        "headers": dict(fault.headers),
        "html": fault.html,
        "retryAfter": fault.retry_after,
        "msBeforeNext": fault.ms_before_next,
        "resetSeconds": fault.reset_seconds,
        "seconds": fault.seconds,
    }
    return record | {field.name: values[field.name] for field in FIELDS_BY_KIND[fault.kind]}


def _parse_headers(headers: Mapping[str, Any]) -> Headers:
    for name, value in headers.items():
        if not re.fullmatch(r"[A-Za-z0-9-]+", name) or name.lower() in ("content-length", "transfer-encoding"):
            problem = "must consist of letters, digits and hyphens, and not be Content-Length or Transfer-Encoding"
            raise invalid_field(f"headers.{name}", problem)
        if not isinstance(value, str) or not re.fullmatch(r"(?:[!-~](?:[ -~]*[!-~])?)?", value):
            raise invalid_field(f"headers.{name}", "must be printable ASCII")
    return tuple(headers.items())
