"""From a request to its answer, in the order Segment checks things: 401, then 429, then 404, then 422."""

from __future__ import annotations

from starlette.responses import Response

from airflow_provider_segment.sandbox import decisions
from airflow_provider_segment.sandbox.api.asked import Asked
from airflow_provider_segment.sandbox.api.authorization import authorize
from airflow_provider_segment.sandbox.api.media_types import answer_type
from airflow_provider_segment.sandbox.api.operations import Operation
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import ApiError, Headers
from airflow_provider_segment.sandbox.request import BufferedRequest
from airflow_provider_segment.sandbox.responses import error_response, json_response


def respond(sandbox: Sandbox, operation: Operation | None, call: BufferedRequest) -> Response:
    """Carry out a request, whole or not at all.

    :param operation: which one is asked for; None when there is no such one.
    """
    limits: Headers = ()
    try:
        authorize(call.header("authorization"), token=sandbox.token)
        limits = _spend(sandbox, operation)
        if operation is None:
            raise ApiError(decisions.UNKNOWN_ROUTE_STATUS, "Resource not found")
        if call.body is None:
            raise ApiError(413, "Payload too large")
        content_type = answer_type(call.header("accept"), stage=operation.stage)
        data = operation.handler(sandbox, Asked(call=call, stage=operation.stage))
        return json_response({"data": data}, content_type=content_type, headers=limits)
    except ApiError as error:
        return error_response(error, headers=limits)


def _spend(sandbox: Sandbox, operation: Operation | None) -> Headers:
    settings = sandbox.settings
    limited = operation is not None and operation.limited
    return sandbox.limits.consume(
        operation.name if operation is not None and limited else "all other operations",
        limit=settings.subscription_write_limit_per_minute if limited else settings.default_limit_per_minute,
        window=settings.limit_window_seconds,
        now=sandbox.clock.now(),
    )
