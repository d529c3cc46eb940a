"""The routes of the API, and what happens to a request on its way to them."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, request_response

from airflow_provider_segment.sandbox import decisions
from airflow_provider_segment.sandbox.api.operations import OPERATIONS, Operation
from airflow_provider_segment.sandbox.api.respond import respond
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.fault_injection import inject_fault
from airflow_provider_segment.sandbox.request import read_request
from airflow_provider_segment.sandbox.responses import NoResponse
from airflow_provider_segment.sandbox.routing import route_path


def api_routes(sandbox: Sandbox) -> list[BaseRoute]:
    """Make a route for each operation, and one that takes everything else."""
    known = [
        Route(route_path(operation.path), partial(_serve, sandbox, operation), methods=[operation.method])
        for operation in OPERATIONS
    ]
    return [*known, Mount("/", app=request_response(partial(_serve, sandbox, None)))]


async def _serve(sandbox: Sandbox, operation: Operation | None, request: Request) -> Response:
    """Note a request, and have it answered or broken off."""
    call = await read_request(request, limit=decisions.MAX_BODY_BYTES)
    entry = sandbox.journal.add(method=request.method, path=call.path, query=call.query, time=sandbox.clock.now())
    carry_out = partial(respond, sandbox, operation, call)
    fault = sandbox.faults.take(method=request.method, path=call.path)
    if fault is None:
        response = carry_out()
    else:
        entry.fault = fault.kind
        response = await inject_fault(fault, sandbox, carry_out)
    entry.status = None if isinstance(response, NoResponse) else response.status_code
    return response
