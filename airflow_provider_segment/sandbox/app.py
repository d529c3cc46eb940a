"""The web application: Starlette's, with the API and the control requests as its routes."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from airflow_provider_segment.sandbox.api.routes import api_routes
from airflow_provider_segment.sandbox.connection import NoResponse
from airflow_provider_segment.sandbox.control.routes import control_routes
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import InvalidFieldsError, RefusalError
from airflow_provider_segment.sandbox.front import Front
from airflow_provider_segment.sandbox.responses import error_response


def sandbox_app(sandbox: Sandbox) -> Starlette:
    """Make the application of one sandbox."""
    return Starlette(
        routes=[control_routes(sandbox), *api_routes(sandbox)],
        middleware=[Middleware(Front, clock=sandbox.clock)],
        exception_handlers={
            ClientDisconnect: _give_up,
            HTTPException: _no_such_control,
            InvalidFieldsError: _refuse,
            RefusalError: _refuse,
        },
    )


async def _give_up(_request: Request, _error: Exception) -> Response:
    """Let a request go whose client went away before it had sent it."""
    return NoResponse()


async def _no_such_control(request: Request, _error: Exception) -> Response:
    """Say that there is no such control request; the API's routes take everything else."""
    return error_response(RefusalError(404, f"The sandbox has no {request.method} {request.scope['path']}"))


async def _refuse(_request: Request, error: Exception) -> Response:
    if not isinstance(error, InvalidFieldsError | RefusalError):
        raise error
    return error_response(error)
