"""A request whose body has been read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from airflow_provider_segment.sandbox.codec import parse_json
from airflow_provider_segment.sandbox.errors import invalid_field


@dataclass(frozen=True, slots=True, kw_only=True)
class BufferedRequest:
    """A request and its body.

    :param request: the request as Starlette sees it; its body has been consumed.
    :param body: the body; None if it was longer than the limit.
    """

    request: Request
    body: bytes | None

    def json(self) -> object:
        """Return the decoded body.

        :raises InvalidFieldsError: if it is not JSON, or is nested too deeply.
        """
        try:
            return parse_json(self.body or b"")
        except ValueError as error:
            raise invalid_field("body", str(error)) from None

    @property
    def path(self) -> str:
        """The path as sent, still percent-encoded."""
        return str(self.request.scope["raw_path"].decode("ascii"))

    @property
    def path_params(self) -> Mapping[str, Any]:
        """The parameters in the path, percent-decoded."""
        return self.request.path_params

    @property
    def query(self) -> str:
        """The query as sent, still percent-encoded, without the question mark."""
        return str(self.request.scope["query_string"].decode("ascii", errors="replace"))

    @property
    def query_params(self) -> Mapping[str, str]:
        """The query parameters, percent-decoded; if a parameter is repeated, its last value wins."""
        return self.request.query_params

    def header(self, name: str) -> str | None:
        """Return the value of a header, or None; repeated headers are joined with commas."""
        values = self.request.headers.getlist(name)
        return ", ".join(values) if values else None


async def read_request(request: Request, *, limit: int) -> BufferedRequest:
    """Read a whole request, even if its body exceeds the limit, so that the client is ready for the response.

    :param limit: longest body that is kept, in bytes.
    :raises ClientDisconnect: if the client disconnects first.
    """
    chunks: list[bytes] = []
    length = 0
    async for chunk in request.stream():
        length += len(chunk)
        if length <= limit:
            chunks.append(chunk)
    return BufferedRequest(request=request, body=b"".join(chunks) if length <= limit else None)
