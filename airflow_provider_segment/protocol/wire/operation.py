"""An operation of the API as a row of facts, and the requests made from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache, partial
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import msgspec

from airflow_provider_segment.protocol.wire.messages import Request

T_co = TypeVar("T_co", covariant=True)


class Stage(StrEnum):
    """How stable an operation is; it decides the media type.

    https://docs.segmentapis.com/tag/Versioning
    """

    V1 = "v1"
    BETA = "v1beta"
    ALPHA = "v1alpha"

    @cached_property
    def media_type(self) -> str:
        """The versioned media type: plain JSON would mean "the most stable version there is"."""
        return f"application/vnd.segment.{self.value}+json"


# Polls ask for the same ids again and again.
_segment = lru_cache(maxsize=4096)(partial(quote, safe=""))


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    :param name: Segment's ``operationId``.
    :param method: HTTP method.
    :param path: template with the ids in braces.
    :param stage: of the operation.
    """

    name: str
    method: str
    path: str
    stage: Stage = Stage.V1

    @property
    def creates(self) -> bool:
        """A repeated POST makes a second object: the API knows no idempotency key."""
        return self.method == "POST"

    def request(
        self,
        *,
        ids: dict[str, str] | None = None,
        query: tuple[tuple[str, str], ...] = (),
        body: dict[str, Any] | None = None,
    ) -> Request:
        """Make the request.

        :param ids: values for the braces of the path; each becomes exactly one path segment.
        :param query: decoded pairs.
        :param body: becomes JSON.
        """
        encoded = {key: _segment(value) for key, value in (ids or {}).items()}
        return Request(
            method=self.method,
            path=self.path.format(**encoded),
            query=query,
            accept=self.stage.media_type,
            # Plain JSON in v1 as every official client sends it; the alpha operations publish their own type alone.
            content_type=None
            if body is None
            else (self.stage.media_type if self.stage is Stage.ALPHA else "application/json"),
            body=None if body is None else msgspec.json.encode(body),
        )


@dataclass(frozen=True, slots=True)
class Call(Generic[T_co]):
    """A request together with how its answer is read.

    :param operation: what it asks.
    :param request: the request itself.
    :param read: turns the body of a 2xx into the value; raises ``msgspec.MsgspecError`` where it is not the API's.
    :param gone: the value when a repeated DELETE finds nothing left, which is what was wanted.
    """

    operation: Operation
    request: Request
    read: Callable[[bytes], T_co]
    gone: Callable[[], T_co] | None = None

    def __str__(self) -> str:
        return f"{self.request.method} {self.request.path}"
