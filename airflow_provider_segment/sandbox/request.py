"""A request that was read to its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request and its body.

    :param request: everything but the body.
    :param body: None when it was longer than is accepted.
    """

    request: Request
    body: bytes | None

    @property
    def path(self) -> str:
        """The path as sent, still percent-encoded."""
        return str(self.request.scope["raw_path"].decode("ascii"))

    @property
    def query(self) -> str:
        """The query as sent, still percent-encoded, without the question mark."""
        return str(self.request.scope["query_string"].decode("ascii", errors="replace"))

    @property
    def parameters(self) -> Mapping[str, str]:
        """The query, percent-decoded; of a repeated parameter the last."""
        return self.request.query_params

    def header(self, name: str) -> str | None:
        """Give a header; one that was sent in several lines as if it had been one."""
        lines = self.request.headers.getlist(name)
        return ", ".join(lines) if lines else None


async def read_call(request: Request, *, limit: int) -> Call:
    """Read a request to its end, so that the client is ready to read the answer.

    :param limit: longest body that is accepted, in bytes.
    :raises ClientDisconnect: when it does not come to an end.
    """
    parts: list[bytes] = []
    length = 0
    async for part in request.stream():
        length += len(part)
        if length <= limit:
            parts.append(part)
    return Call(request=request, body=b"".join(parts) if length <= limit else None)
