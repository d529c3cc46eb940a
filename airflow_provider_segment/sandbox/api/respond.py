"""From a request to its answer, in the order Segment checks things: 401, then 429, then 404, then 422."""

from __future__ import annotations

from airflow_provider_segment.sandbox import decisions
from airflow_provider_segment.sandbox.api.asked import Asked
from airflow_provider_segment.sandbox.api.authorization import authorize
from airflow_provider_segment.sandbox.api.media_types import answer_type
from airflow_provider_segment.sandbox.api.operations import Operation, find_operation
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import InvalidFieldsError, RefusalError
from airflow_provider_segment.sandbox.http_messages import Answer, Call, Headers, error_answer, json_answer
from airflow_provider_segment.sandbox.paths import path_segments


def respond(sandbox: Sandbox, call: Call) -> Answer:
    """Carry out a request, whole or not at all."""
    limits: Headers = ()
    try:
        authorize(call.headers, token=sandbox.token)
        found = find_operation(call.method, path_segments(call.path))
        limits = _spend(sandbox, None if found is None else found[0])
        if found is None:
            raise RefusalError(decisions.UNKNOWN_ROUTE_STATUS, "Resource not found")
        if call.body is None:
            raise RefusalError(413, "Payload too large")
        operation, ids = found
        content_type = answer_type(call.headers.get("accept"), stage=operation.stage)
        data = operation.handler(sandbox, Asked(call=call, ids=ids, stage=operation.stage))
        return json_answer({"data": data}, content_type=content_type, headers=limits)
    except (RefusalError, InvalidFieldsError) as error:
        return error_answer(error, headers=limits)


def _spend(sandbox: Sandbox, operation: Operation | None) -> Headers:
    settings = sandbox.settings
    limited = operation is not None and operation.limited
    return sandbox.limits.spend(
        operation.name if operation is not None and limited else "all other operations",
        limit=settings.subscription_write_limit_per_minute if limited else settings.default_limit_per_minute,
        window=settings.limit_window_seconds,
        now=sandbox.clock.now(),
    )
