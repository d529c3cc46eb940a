"""A request as it came in, and the answer to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from airflow_provider_segment.sandbox.errors import InvalidFieldsError, RefusalError, field_errors
from airflow_provider_segment.sandbox.json_text import write_json

PLAIN_JSON = "application/json"

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request.

    :param method: as sent.
    :param path: as sent, still percent-encoded.
    :param query: as sent, still percent-encoded, without the question mark.
    :param headers: names in lower case.
    :param body: None when it was longer than is accepted.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer, complete but for ``Date`` and ``Content-Length``."""

    status: int
    body: bytes
    content_type: str = PLAIN_JSON
    headers: Headers = ()


def json_answer(value: object, *, status: int = 200, content_type: str = PLAIN_JSON, headers: Headers = ()) -> Answer:
    """Answer with JSON."""
    return Answer(status=status, body=write_json(value), content_type=content_type, headers=headers)


def error_answer(error: RefusalError | InvalidFieldsError, *, headers: Headers = ()) -> Answer:
    """Answer with the envelope of errors; always plain JSON."""
    if isinstance(error, InvalidFieldsError):
        return json_answer({"errors": field_errors(error)}, status=422, headers=headers)
    return json_answer({"errors": error.errors}, status=error.status, headers=headers + error.headers)
