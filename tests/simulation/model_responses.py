"""Responses of the model: envelopes, pages, errors."""

from __future__ import annotations

import math
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

import msgspec

from airflow_provider_segment.protocol.wire.messages import Response

Record: TypeAlias = dict[str, Any]
T = TypeVar("T")

_ERROR_TYPES = {400: "bad-request", 404: "NotFound", 409: "Conflict", 422: "input-validation", 429: "RequestError"}


class RefusedError(Exception):
    """Segment refuses a request."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        field: str | None = None,
        data: Record | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.extra = {key: value for key, value in (("field", field), ("data", data)) if value is not None}
        self.headers = dict(headers or {})


def rate_limited(*, left: float, consumed: int, headers: Mapping[str, str]) -> RefusedError:
    """Return the error of a call beyond the rate limit.

    :param left: seconds until the window ends.
    :param consumed: calls in this window.
    """
    return RefusedError(
        429,
        "Too many requests",
        data={"msBeforeNext": math.ceil(left * 1000), "remainingPoints": 0, "consumedPoints": consumed},
        headers={**headers, "retry-after": str(math.ceil(left))},
    )


def error_object(refused: RefusedError) -> Record:
    """Return the only entry of ``errors``."""
    return {"type": _ERROR_TYPES[refused.status], "message": str(refused)} | refused.extra


def response(status: int, content: Record, headers: Mapping[str, str]) -> Response:
    """Return a response."""
    return Response(status=status, headers=headers, body=msgspec.json.encode(content))


def page(records: Sequence[T], query: Mapping[str, str], key: str, show: Callable[[T], Record]) -> dict[str, Any]:
    """Return a page of a list; a cursor is the offset in base64."""
    start = int(b64decode(query.get("pagination[cursor]", "MA==")))
    end = start + int(query["pagination[count]"])
    pagination: Record = {"current": _cursor(start), "totalEntries": len(records)}
    if end < len(records):
        pagination["next"] = _cursor(end)
    if start:
        pagination["previous"] = _cursor(max(0, min(start, len(records)) - (end - start)))
    return {key: [show(record) for record in records[start:end]], "pagination": pagination}


def find(records: Mapping[str, T], record_id: str) -> T:
    """Return the record with an id; raise a 404 if there is none."""
    if record_id not in records:
        raise RefusedError(404, "Resource not found")
    return records[record_id]


def shown(record: Record) -> Record:
    """Return a record as responses show it."""
    return {key: value for key, value in record.items() if key not in ("createdAt", "metadataId")}


def shown_source(record: Record) -> Record:
    """Return a source as responses show it."""
    metadata = {
        "id": "sandbox-javascript",
        "name": "Javascript",
        "slug": "javascript",
        "status": "PUBLIC",
        "options": [],
    }
    plain = {"workspaceId": "sandbox-workspace", "enabled": True, "writeKeys": [], "settings": {}, "labels": []}
    return {"slug": record["id"], "name": record["id"], **record, **plain, "metadata": metadata}


def _cursor(offset: int) -> str:
    return b64encode(str(offset).encode()).decode()
