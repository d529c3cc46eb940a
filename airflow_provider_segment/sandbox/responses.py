"""JSON responses, and two kinds of response that close the connection early."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from airflow_provider_segment.sandbox.codec import write_json
from airflow_provider_segment.sandbox.errors import ApiError, Headers

PLAIN_JSON = "application/json"
TRANSPORT_KEY = "segment_sandbox.transport"
"""Key under which the server puts the connection's transport into the ASGI scope."""


def json_response(
    value: object, *, status: int = 200, content_type: str = PLAIN_JSON, headers: Headers = ()
) -> Response:
    """Return a JSON response."""
    return Response(write_json(value), status, dict(headers), content_type)


def error_response(error: ApiError, *, headers: Headers = ()) -> Response:
    """Return an error in the API's envelope, always as plain JSON.

    :param headers: headers that are sent before those of the error.
    """
    return json_response({"errors": error.errors}, status=error.status, headers=headers + error.headers)


class NoResponse(Response):
    """A response that closes the connection without sending anything."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Close the connection."""
        await abort_connection(scope, receive)


class TruncatedResponse(Response):
    """A response that announces a complete body, sends half of it and closes the connection.

    :param complete: the response to announce.
    """

    def __init__(self, complete: Response) -> None:
        super().__init__(complete.body, complete.status_code, complete.headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the headers and half of the body."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = self.body[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        scope[TRANSPORT_KEY].close()
        await _wait_for_disconnect(receive)


async def abort_connection(scope: Scope, receive: Receive) -> None:
    """Close the connection of a request immediately, discarding unsent data."""
    scope[TRANSPORT_KEY].abort()
    await _wait_for_disconnect(receive)


async def _wait_for_disconnect(receive: Receive) -> None:
    """Wait until the server notices that the connection is closed; otherwise, the server would send a 500."""
    while (await receive())["type"] != "http.disconnect":
        pass
