"""The description of an operation, for tests that cover all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_segment.protocol.flow.steps import CallOptions
from tests.protocol.driver import AnyFlow

V1 = "application/vnd.segment.v1+json"


@dataclass(frozen=True, kw_only=True, repr=False)
class Example:
    """An operation with its arguments, request and response.

    :param operation_id: Segment's name for it.
    :param flow: function that returns the flow.
    :param arguments: its arguments.
    :param creates: whether repeating the request creates a second object.
    :param method: method of its request.
    :param target: expected path and query in the request line.
    :param accept: expected media type of the response.
    :param content_type: expected media type of the request's body.
    :param body: expected body, decoded.
    :param data: data of a successful response.
    :param value: expected result, or the expected list of items.
    """

    operation_id: str
    flow: Callable[..., AnyFlow[Any]]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    creates: bool = False
    method: str = "GET"
    target: str
    accept: str = V1
    content_type: str | None = None
    body: Any = None
    data: dict[str, Any]
    value: Any

    def __repr__(self) -> str:
        return self.operation_id

    def start(self, options: CallOptions, **changes: Any) -> AnyFlow[Any]:
        """Return the flow.

        :param changes: arguments with other values.
        """
        return self.flow(options, **{**self.arguments, **changes})

    @property
    def ids(self) -> dict[str, str]:
        """The arguments that are segments of the path, by name."""
        segments = self.path.split("/")[1:]
        return {name: value for name, value in self.arguments.items() if value in segments}

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]
