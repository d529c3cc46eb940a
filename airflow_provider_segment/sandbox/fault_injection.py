"""Injection of faults into matching requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.responses import Response

from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import ApiError, Headers
from airflow_provider_segment.sandbox.faults import Fault
from airflow_provider_segment.sandbox.rate_limits import limit_headers, too_many_requests
from airflow_provider_segment.sandbox.responses import NoResponse, TruncatedResponse, error_response

ProcessRequest = Callable[[], Response]
Injector = Callable[[Fault, Sandbox, ProcessRequest], Awaitable[Response]]


async def inject_fault(fault: Fault, sandbox: Sandbox, process: ProcessRequest) -> Response:
    """Return the response to a request that matches a fault.

    :param process: processes the request and returns its response without the fault.
    """
    return await _INJECTORS[fault.kind](fault, sandbox, process)


async def _status(fault: Fault, _sandbox: Sandbox, _process: ProcessRequest) -> Response:
    if fault.html:
        return _html_page("Bad gateway", status=fault.status, headers=fault.headers)
    return error_response(ApiError(fault.status, "Fault injected by the sandbox", headers=fault.headers))


async def _rate_limit(fault: Fault, sandbox: Sandbox, _process: ProcessRequest) -> Response:
    headers: Headers = ()
    if fault.reset_seconds is not None:
        headers = limit_headers(consumed=1, remaining=0, reset=sandbox.clock.now() + fault.reset_seconds)
    error = too_many_requests(retry_after=fault.retry_after, ms_before_next=fault.ms_before_next, consumed=1)
    return error_response(error, headers=headers)


async def _drop_before(_fault: Fault, _sandbox: Sandbox, _process: ProcessRequest) -> Response:
    return NoResponse()


async def _drop_after(_fault: Fault, _sandbox: Sandbox, process: ProcessRequest) -> Response:
    process()
    return NoResponse()


async def _late(fault: Fault, sandbox: Sandbox, process: ProcessRequest) -> Response:
    sandbox.delayed_calls.schedule(fault.seconds, process)
    return NoResponse()


async def _delay(fault: Fault, _sandbox: Sandbox, process: ProcessRequest) -> Response:
    response = process()
    await asyncio.sleep(fault.seconds)
    return response


async def _truncate(_fault: Fault, _sandbox: Sandbox, process: ProcessRequest) -> Response:
    return TruncatedResponse(process())


async def _garbage(_fault: Fault, _sandbox: Sandbox, process: ProcessRequest) -> Response:
    process()
    return _html_page("Welcome", status=200)


def _html_page(title: str, *, status: int, headers: Headers = ()) -> Response:
    """Return an HTML page like one from a proxy or a login portal."""
    text = f"<!doctype html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    return Response(text, status, {"Content-Type": "text/html", **dict(headers)})


_INJECTORS: dict[str, Injector] = {
    "status": _status,
    "rate_limit": _rate_limit,
    "drop_before": _drop_before,
    "drop_after": _drop_after,
    "late": _late,
    "delay": _delay,
    "truncate": _truncate,
    "garbage": _garbage,
}
