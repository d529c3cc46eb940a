"""The Starlette application: routes of the API, control routes, middleware and error handlers."""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from airflow_provider_segment.sandbox.api.routes import api_routes
from airflow_provider_segment.sandbox.clock import Clock, format_http_date
from airflow_provider_segment.sandbox.control.routes import control_routes
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import ApiError
from airflow_provider_segment.sandbox.responses import NoResponse, abort_connection, error_response


def sandbox_app(sandbox: Sandbox, *, host: str) -> Starlette:
    """Return the application that serves a sandbox.

    :param host: the host it listens on.
    """
    return Starlette(
        routes=[control_routes(sandbox, host=host), *api_routes(sandbox)],
        middleware=[Middleware(SandboxMiddleware, clock=sandbox.clock)],
        exception_handlers={
            ApiError: _api_error,
            ClientDisconnect: _client_disconnected,
            HTTPException: _unknown_control_request,
        },
    )


class SandboxMiddleware:
    """ASGI middleware that normalises paths for routing and sets the ``Date`` header from the sandbox's clock.

    :param app: the application it wraps.
    :param clock: source of the ``Date`` header; it may differ from the machine's clock.
    """

    def __init__(self, app: ASGIApp, *, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to the application."""

        async def send_with_date(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("Date", format_http_date(self._clock.now()))
            await send(message)

        scope["path"] = _normalised(scope["raw_path"].decode("ascii"))
        try:
            await self._app(scope, receive, send_with_date)
        except asyncio.CancelledError:
            await abort_connection(scope, receive)  # the sandbox is stopping; do not leave clients waiting


def _normalised(path: str) -> str:
    """Return a path that starts and ends with a slash, which the routes require.

    The path stays percent-encoded, because an id may contain a slash.
    """
    trimmed = path.removeprefix("/").removesuffix("/")
    return f"/{trimmed}/" if trimmed else "/"


async def _api_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise error
    return error_response(error)


async def _client_disconnected(_request: Request, _error: Exception) -> Response:
    """Close the connection of a client that disconnected before it had sent its whole request."""
    return NoResponse()


async def _unknown_control_request(request: Request, _error: Exception) -> Response:
    """Return a 404 for an unknown control request; the API's routes match every other path."""
    return error_response(ApiError(404, f"Unknown control request: {request.method} {request.scope['path']}"))
