"""The description of an operation, for tests that cover all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from airflow_provider_segment.protocol.flow.steps import CallOptions
from tests.protocol.driver import AnyFlow

V1 = "application/vnd.segment.v1+json"


@dataclass(frozen=True, kw_only=True, repr=False)
class Example:
    """An operation with its arguments, request and response.

    :param operation_id: Segment's name for it.
    :param start: returns the flow.
    :param method: method of its request.
    :param target: expected path and query in the request line.
    :param accept: expected media type of the response.
    :param content_type: expected media type of the request's body.
    :param body: expected body, decoded.
    :param data: data of a successful response.
    :param value: expected result, or the expected list of items.
    """

    operation_id: str
    start: Callable[[CallOptions], AnyFlow[Any]]
    method: str = "GET"
    target: str
    accept: str = V1
    content_type: str | None = None
    body: Any = None
    data: dict[str, Any]
    value: Any

    def __repr__(self) -> str:
        return self.operation_id

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]
