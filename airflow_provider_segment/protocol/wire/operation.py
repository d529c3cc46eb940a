"""Descriptions of the API's operations, and the requests made from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache, partial
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import msgspec

from airflow_provider_segment.protocol.secret_str import open_secret
from airflow_provider_segment.protocol.wire.messages import Request

T_co = TypeVar("T_co", covariant=True)


class Stage(StrEnum):
    """The stability stage of an operation, which determines its media type.

    https://docs.segmentapis.com/tag/Versioning
    """

    V1 = "v1"
    BETA = "v1beta"
    ALPHA = "v1alpha"

    @cached_property
    def media_type(self) -> str:
        """The versioned media type; plain JSON would select "the most stable version"."""
        return f"application/vnd.segment.{self.value}+json"


# Polls use the same ids again and again.
_quote_segment = lru_cache(maxsize=4096)(partial(quote, safe=""))


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the API.

    :param name: Segment's ``operationId``.
    :param method: HTTP method.
    :param path: path template with the ids in braces.
    :param stage: how stable the operation is.
    :param computes: whether it is a POST that only computes its response, so that repeating it changes nothing.
    :param requires: what the workspace needs for it, for the message if Segment denies access.
    :param limited: whether it has its own rate limit.
    :param poll: whether it is polled, and so leaves a share of the rate limit to other operations.
    """

    name: str
    method: str
    path: str
    stage: Stage = Stage.V1
    computes: bool = False
    requires: str = ""
    limited: bool = False
    poll: bool = False

    @property
    def creates(self) -> bool:
        """Whether repeating the operation creates a second object; the API has no idempotency keys."""
        return self.method == "POST" and not self.computes

    def request(
        self,
        *,
        ids: dict[str, str] | None = None,
        query: tuple[tuple[str, str], ...] = (),
        body: dict[str, Any] | None = None,
    ) -> Request:
        """Return a request for this operation.

        :param ids: values for the braces of the path; each becomes exactly one path segment.
        :param query: decoded pairs.
        :param body: value to encode as JSON.
        """
        encoded = {key: _quote_segment(value) for key, value in (ids or {}).items()}
        return Request(
            method=self.method,
            path=self.path.format(**encoded),
            query=query,
            accept=self.stage.media_type,
            # Plain JSON in v1, as every official client sends; the alpha operations only document their own type.
            content_type=None
            if body is None
            else (self.stage.media_type if self.stage is Stage.ALPHA else "application/json"),
            body=None if body is None else msgspec.json.encode(body, enc_hook=open_secret),
            limited_as=self.name if self.limited else "",
            poll=self.poll,
        )


class Call(msgspec.Struct, Generic[T_co], frozen=True, gc=False):
    """A request and the decoder of its response.

    :param operation: the operation to call.
    :param request: the request to send.
    :param read: decodes the body of a 2xx; raises ``msgspec.MsgspecError`` if it is not the API's.
    :param gone: returns the result if a repeated DELETE returns 404, which then means success.
    """

    operation: Operation
    request: Request
    read: Callable[[bytes], T_co]
    gone: Callable[[], T_co] | None = None

    def __str__(self) -> str:
        return f"{self.request.method} {self.request.path}"
