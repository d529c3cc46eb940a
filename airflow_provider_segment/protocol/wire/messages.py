"""The values a driver deals in: a request to send, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote_plus


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request, complete but for the host, the token and the User-Agent.

    :param method: ``GET``, ``POST``, ``PATCH`` or ``DELETE``.
    :param path: absolute path below the base URL, percent-encoded.
    :param query: decoded pairs, in order.
    :param accept: media type asked for.
    :param content_type: media type of the body, where there is one.
    :param body: bytes to send; never shown, since settings hold secrets.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    accept: str
    content_type: str | None = None
    body: bytes | None = field(default=None, repr=False)

    @property
    def target(self) -> str:
        """Path and query as they stand in the request line."""
        if not self.query:
            return self.path
        return f"{self.path}?{'&'.join(f'{_encoded(key)}={_encoded(value)}' for key, value in self.query)}"

    @property
    def headers(self) -> dict[str, str]:
        """The headers that depend on the operation: on the two media types, and on nothing else."""
        headers = {"Accept": self.accept}
        if self.content_type is not None:
            headers["Content-Type"] = self.content_type
        return headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A complete HTTP answer.

    :param status: HTTP status.
    :param headers: a mapping that ignores the case of names, or one of lower-case names.
    :param body: decompressed bytes.
    :param seconds: how long it took.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFailure:
    """The request failed below HTTP, or the answer broke off.

    :param reason: what happened, for people, without headers or bodies.
    :param sent: whether the request may have reached the server; only ``False`` makes a create safe to repeat.
    :param transient: whether trying again may help.
    :param seconds: how long it took.
    """

    reason: str
    sent: bool
    transient: bool = True
    seconds: float = 0.0


# Polls repeat their ids, their names and, within a second, their times.
_encoded = lru_cache(maxsize=1024)(quote_plus)
