"""The routes of the API, and the processing of requests to them."""

from __future__ import annotations

import hmac
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, request_response

from airflow_provider_segment.sandbox import decisions
from airflow_provider_segment.sandbox.api.media_types import response_media_type
from airflow_provider_segment.sandbox.api.operation_request import OperationRequest
from airflow_provider_segment.sandbox.api.operations import OPERATIONS, Operation
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import ApiError, Headers
from airflow_provider_segment.sandbox.fault_injection import inject_fault
from airflow_provider_segment.sandbox.request import BufferedRequest, read_request
from airflow_provider_segment.sandbox.responses import NoResponse, error_response, json_response
from airflow_provider_segment.sandbox.routing import route_path


def api_routes(sandbox: Sandbox) -> list[BaseRoute]:
    """Return a route for each operation, and one for all other paths."""
    known = [
        Route(route_path(operation.path), partial(_serve, sandbox, operation), methods=[operation.method])
        for operation in OPERATIONS
    ]
    return [*known, Mount("/", app=request_response(partial(_serve, sandbox, None)))]


async def _serve(sandbox: Sandbox, operation: Operation | None, http_request: Request) -> Response:
    """Process a request, or inject a fault that matches it, and record the result in the journal."""
    request = await read_request(http_request, limit=decisions.MAX_BODY_BYTES)
    method, path = http_request.method, request.path
    entry = sandbox.journal.add(method=method, path=path, query=request.query, time=sandbox.clock.now())
    process = partial(_process, sandbox, operation, request)
    fault = sandbox.faults.take(method=method, path=path)
    if fault is None:
        response = process()
    else:
        entry.fault = fault.kind
        response = await inject_fault(fault, sandbox, process)
    entry.status = None if isinstance(response, NoResponse) else response.status_code
    return response


def _process(sandbox: Sandbox, operation: Operation | None, request: BufferedRequest) -> Response:
    """Process a request; the checks run in Segment's order: 401, 429, 404, 422.

    This function never awaits, so a request is processed either completely or not at all.

    :param operation: None if no route matched.
    """
    limit_headers: Headers = ()
    try:
        _authorize(request.header("authorization"), token=sandbox.token)
        limit_headers = _consume_limit(sandbox, operation)
        if operation is None:
            raise ApiError(decisions.UNKNOWN_ROUTE_STATUS, "Resource not found")
        if request.body is None:
            raise ApiError(413, "Payload too large")
        content_type = response_media_type(request.header("accept"), stage=operation.stage)
        data = operation.handler(sandbox, OperationRequest(request=request, stage=operation.stage))
        return json_response({"data": data}, content_type=content_type, headers=limit_headers)
    except ApiError as error:
        return error_response(error, headers=limit_headers)


def _authorize(header: str | None, *, token: str) -> None:
    """Raise a 401 unless the ``Authorization`` header has the token."""
    scheme, _, sent = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(sent.strip().encode(), token.encode()):
        raise ApiError(401, "Unauthorized")


def _consume_limit(sandbox: Sandbox, operation: Operation | None) -> Headers:
    settings = sandbox.settings
    limited = operation is not None and operation.limited
    return sandbox.limits.consume(
        operation.name if operation is not None and limited else "all other operations",
        limit=settings.subscription_write_limit_per_minute if limited else settings.default_limit_per_minute,
        window=settings.limit_window_seconds,
        now=sandbox.clock.now(),
    )
