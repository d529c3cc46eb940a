"""Answers in JSON."""

from __future__ import annotations

from starlette.responses import Response

from airflow_provider_segment.sandbox.codec import write_json
from airflow_provider_segment.sandbox.errors import InvalidFieldsError, RefusalError, field_errors

PLAIN_JSON = "application/json"

Headers = tuple[tuple[str, str], ...]


def json_response(
    value: object, *, status: int = 200, content_type: str = PLAIN_JSON, headers: Headers = ()
) -> Response:
    """Answer with JSON."""
    return Response(write_json(value), status, dict(headers), content_type)


def error_response(error: RefusalError | InvalidFieldsError, *, headers: Headers = ()) -> Response:
    """Answer with the envelope of errors; always plain JSON."""
    if isinstance(error, InvalidFieldsError):
        return json_response({"errors": field_errors(error)}, status=422, headers=headers)
    return json_response({"errors": error.errors}, status=error.status, headers=headers + error.headers)
