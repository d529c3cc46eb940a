"""The messages between flows and drivers: a request, and its response or failure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

from msgspec import Struct, field


class _Message(Struct, frozen=True, kw_only=True, gc=False):
    """The base class of messages, whose ``repr`` omits bodies and headers because they contain secrets."""

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({', '.join(shown)})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, value) for name, value in super().__rich_repr__() if name not in {"body", "headers"}]


class Request(_Message, frozen=True, kw_only=True, gc=False):
    """An HTTP request without the host, the token and the User-Agent, which the driver adds.

    :param method: ``GET``, ``POST``, ``PATCH`` or ``DELETE``.
    :param path: absolute path below the base URL, percent-encoded.
    :param query: decoded pairs of name and value, in order.
    :param accept: accepted media type.
    :param content_type: media type of the body, if there is one.
    :param body: bytes to send; never shown, because settings contain secrets.
    :param limited_as: name of its own rate limit; empty for the general one.
    :param poll: whether it leaves a share of the limit to other requests.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    accept: str
    content_type: str | None = None
    body: bytes | None = None
    limited_as: str = ""
    poll: bool = False

    @property
    def target(self) -> str:
        """Path and query, as in the request line."""
        return f"{self.path}?{self.query_string}" if self.query else self.path

    @property
    def query_string(self) -> str:
        """The query, percent-encoded; empty if there is none."""
        return "&".join([f"{_quote(key)}={_quote(value)}" for key, value in self.query])

    @property
    def headers(self) -> dict[str, str]:
        """The headers that depend on the operation: ``Accept`` and, if there is a body, ``Content-Type``."""
        headers = {"Accept": self.accept}
        if self.content_type is not None:
            headers["Content-Type"] = self.content_type
        return headers


class Response(_Message, frozen=True, kw_only=True, gc=False):
    """A complete HTTP response.

    :param status: HTTP status.
    :param headers: a case-insensitive mapping, or one with lower-case names.
    :param body: decompressed bytes.
    :param seconds: how long the attempt took.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0


class HeldBack(Struct, frozen=True, kw_only=True, gc=False):
    """A request that is held back to stay within a rate limit.

    :param seconds: how long to wait.
    :param slot: its slot, to pass along when the request is sent again.
    :param limit: requests per window, if known.
    """

    seconds: float
    slot: float
    limit: int | None = None


RESPONSE_TIMED_OUT = "the response timed out"
"""The start of the reason of a :class:`RequestFailure` if the response timed out."""


class RequestFailure(Struct, frozen=True, kw_only=True, gc=False):
    """A request without a complete response: the connection failed, or the response was truncated.

    :param reason: what happened, without headers or bodies.
    :param sent: whether the request may have reached the server; a create is safe to repeat only if not.
    :param transient: whether a retry may succeed.
    :param seconds: how long the attempt took.
    """

    reason: str
    sent: bool
    transient: bool = True
    seconds: float = 0.0

    @property
    def timed_out(self) -> bool:
        """Whether the response timed out."""
        return self.reason.startswith(RESPONSE_TIMED_OUT)


# Polls repeat their ids, their names and, within a second, their times.
_quote = lru_cache(maxsize=1024)(quote_plus)
