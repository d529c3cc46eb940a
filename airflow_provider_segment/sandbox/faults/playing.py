"""Carrying out a request that met a fault."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.responses import Response

from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import ApiError, Headers
from airflow_provider_segment.sandbox.faults.fault import Fault
from airflow_provider_segment.sandbox.rate_limits import limit_headers, too_many_requests
from airflow_provider_segment.sandbox.responses import NoResponse, TruncatedResponse, error_response

CarryOut = Callable[[], Response]
Play = Callable[[Fault, Sandbox, CarryOut], Awaitable[Response]]


async def play(fault: Fault, sandbox: Sandbox, carry_out: CarryOut) -> Response:
    """Treat a request as its fault says.

    :param carry_out: carries the request out, and gives the answer it would get without the fault.
    """
    return await _PLAYS[fault.kind](fault, sandbox, carry_out)


async def _status(fault: Fault, _sandbox: Sandbox, _carry_out: CarryOut) -> Response:
    if fault.html:
        return web_page("Bad gateway", status=fault.status, headers=fault.headers)
    return error_response(ApiError(fault.status, "Fault set by the sandbox", headers=fault.headers))


async def _rate_limit(fault: Fault, sandbox: Sandbox, _carry_out: CarryOut) -> Response:
    headers: Headers = ()
    if fault.reset_seconds is not None:
        headers = limit_headers(consumed=1, remaining=0, reset=sandbox.clock.now() + fault.reset_seconds)
    refusal = too_many_requests(retry_after=fault.retry_after, ms_before_next=fault.ms_before_next, consumed=1)
    return error_response(refusal, headers=headers)


async def _drop_before(_fault: Fault, _sandbox: Sandbox, _carry_out: CarryOut) -> Response:
    return NoResponse()


async def _drop_after(_fault: Fault, _sandbox: Sandbox, carry_out: CarryOut) -> Response:
    carry_out()
    return NoResponse()


async def _late(fault: Fault, sandbox: Sandbox, carry_out: CarryOut) -> Response:
    sandbox.delayed_calls.schedule(fault.seconds, carry_out)
    return NoResponse()


async def _delay(fault: Fault, _sandbox: Sandbox, carry_out: CarryOut) -> Response:
    response = carry_out()
    await asyncio.sleep(fault.seconds)
    return response


async def _truncate(_fault: Fault, _sandbox: Sandbox, carry_out: CarryOut) -> Response:
    return TruncatedResponse(carry_out())


async def _garbage(_fault: Fault, _sandbox: Sandbox, carry_out: CarryOut) -> Response:
    carry_out()
    return web_page("Welcome", status=200)


def web_page(title: str, *, status: int, headers: Headers = ()) -> Response:
    """Make the kind of page that a proxy or a login wall puts in the place of an answer."""
    text = f"<!doctype html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    return Response(text, status, {"Content-Type": "text/html", **dict(headers)})


_PLAYS: dict[str, Play] = {
    "status": _status,
    "rate_limit": _rate_limit,
    "drop_before": _drop_before,
    "drop_after": _drop_after,
    "late": _late,
    "delay": _delay,
    "truncate": _truncate,
    "garbage": _garbage,
}
