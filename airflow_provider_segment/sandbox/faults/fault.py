"""One fault, as the control request describes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from airflow_provider_segment.sandbox.errors import invalid_field
from airflow_provider_segment.sandbox.validation import Field, checked_object

_LONGEST_WAIT = 3600.0

_COMMON = (
    Field(name="kind", kind="string", required=True),
    Field(name="match", kind="object"),
    Field(name="times", kind="integer", nullable=True, minimum=1),
)
_SECONDS = Field(name="seconds", kind="number", required=True, minimum=0, maximum=_LONGEST_WAIT)
_DETAILS: Mapping[str, tuple[Field, ...]] = {
    "status": (
        Field(name="status", kind="integer", required=True, minimum=300, maximum=599),
        Field(name="headers", kind="object"),
        Field(name="html", kind="boolean"),
    ),
    "rate_limit": (
        Field(name="retryAfter", kind="integer", nullable=True, minimum=0),
        Field(name="msBeforeNext", kind="integer", nullable=True, minimum=0),
        Field(name="resetSeconds", kind="integer", nullable=True),
    ),
    "drop_before": (),
    "drop_after": (),
    "late": (_SECONDS,),
    "delay": (_SECONDS,),
    "truncate": (),
    "garbage": (),
}
_MATCH = (Field(name="method", kind="string", nullable=True), Field(name="path", kind="string", nullable=True))
_BODYLESS = 304


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with a request.

    :param kind: how: see :mod:`airflow_provider_segment.sandbox.faults`.
    :param method: of the requests it meets; None for any.
    :param path: glob over their path as sent; ``*`` stands for slashes too.
    :param times: how many requests it meets; None for all.
    :param status: of a ``status`` fault.
    :param headers: further headers of a ``status`` fault's answer.
    :param html: whether a ``status`` fault answers with a web page, as a proxy would.
    :param retry_after: seconds in a ``rate_limit`` fault's ``Retry-After``; None leaves the header out.
    :param ms_before_next: milliseconds in its body; None leaves them out.
    :param reset_seconds: how far ahead its ``X-RateLimit-Reset`` lies; None leaves the headers out.
    :param seconds: how long ``late`` and ``delay`` take.
    """

    kind: str
    method: str | None = None
    path: str = "*"
    times: int | None = 1
    status: int = 503
    headers: tuple[tuple[str, str], ...] = ()
    html: bool = False
    retry_after: int | None = None
    ms_before_next: int | None = None
    reset_seconds: int | None = None
    seconds: float = 0.0

    def meets(self, *, method: str, path: str) -> bool:
        """Tell whether a request matches."""
        return self.method in (None, method) and fnmatchcase(path, self.path)


def read_fault(value: object) -> Fault:
    """Read the body of ``POST /_sandbox/faults``.

    :raises InvalidFieldsError: naming each unknown or wrong field.
    """
    kind = checked_object(value, _COMMON)["kind"]
    if kind not in _DETAILS:
        raise invalid_field("kind", f"must be one of [{', '.join(_DETAILS)}]")
    given = checked_object(value, _COMMON + _DETAILS[kind], closed=True)
    match = checked_object(given.get("match", {}), _MATCH, where="match.", name="match", closed=True)
    if given.get("status") == _BODYLESS:
        raise invalid_field("status", "must be one whose answers have a body")
    method, path = match.get("method"), match.get("path")
    return Fault(
        kind=kind,
        method=None if method is None else method.upper(),
        path="*" if path is None else path,
        times=given.get("times", 1),
        status=given.get("status", 503),
        headers=_headers(given.get("headers", {})),
        html=given.get("html", False),
        retry_after=given.get("retryAfter"),
        ms_before_next=given.get("msBeforeNext"),
        reset_seconds=given.get("resetSeconds"),
        seconds=given.get("seconds", 0.0),
    )


def fault_json(fault: Fault) -> dict[str, Any]:
    """Write what a fault is and whom it meets."""
    record: dict[str, Any] = {
        "kind": fault.kind,
        "match": {"method": fault.method, "path": fault.path},
        "times": fault.times,
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
    return record | {field.name: values[field.name] for field in _DETAILS[fault.kind]}


def _headers(headers: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    for name, value in headers.items():
        if not re.fullmatch(r"[A-Za-z0-9-]+", name) or name.lower() in ("content-length", "transfer-encoding"):
            raise invalid_field(f"headers.{name}", "is not a header that can be set")
        if not isinstance(value, str) or not re.fullmatch(r"(?:[!-~](?:[ -~]*[!-~])?)?", value):
            raise invalid_field(f"headers.{name}", "must be printable ASCII")
    return tuple(headers.items())
