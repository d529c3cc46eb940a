"""What is known of one operation, for tests that go over all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from airflow_provider_segment.protocol.flow.steps import CallOptions
from tests.protocol.driver import AnyFlow

V1 = "application/vnd.segment.v1+json"


@dataclass(frozen=True, kw_only=True, repr=False)
class Example:
    """One operation.

    :param operation_id: Segment's name for it.
    :param start: begins the flow.
    :param method: of its request.
    :param target: path and query as they must stand in the request line.
    :param accept: media type it must ask for.
    :param content_type: media type of its body.
    :param body: as JSON reads it.
    :param data: of a good answer.
    :param value: what must come of that: the result, or the list of emitted items.
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
