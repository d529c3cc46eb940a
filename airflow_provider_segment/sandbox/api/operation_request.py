"""A request for one operation: its ids, query and body, validated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from airflow_provider_segment.sandbox.api.media_types import Stage, check_content_type
from airflow_provider_segment.sandbox.api.pagination import Page, parse_page
from airflow_provider_segment.sandbox.errors import invalid_field
from airflow_provider_segment.sandbox.request import BufferedRequest
from airflow_provider_segment.sandbox.validation import Field, validate_object

MAX_ID_LENGTH = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRequest:
    """A request that matched a route. Its parts are validated when the operation reads them.

    :param request: the HTTP request.
    :param stage: stage of the operation, which determines the content types it accepts.
    """

    request: BufferedRequest
    stage: Stage

    def id(self, name: str) -> str:
        """Return an id from the path, percent-decoded.

        :raises InvalidFieldsError: if it is not 1 to 255 characters long.
        """
        value = cast("str", self.request.path_params[name])
        if not 1 <= len(value) <= MAX_ID_LENGTH:
            raise invalid_field(name, f"must be 1 to {MAX_ID_LENGTH} characters long")
        return value

    def query(self) -> Mapping[str, str]:
        """Return the query parameters, percent-decoded; if a parameter is repeated, its last value wins."""
        return self.request.query_params

    def page(self) -> Page:
        """Return the page that the query selects.

        :raises InvalidFieldsError: if the pagination parameters are invalid.
        """
        return parse_page(self.query())

    def body(self, fields: Sequence[Field]) -> dict[str, Any]:
        """Return the body, an object with the given fields; unknown keys are allowed.

        :raises ApiError: 415, if its content type is not JSON.
        :raises InvalidFieldsError: if there is none, it is not JSON, or a field is invalid.
        """
        check_content_type(self.request.header("content-type"), stage=self.stage)
        if not self.request.body:
            raise invalid_field("body", "is required")
        return validate_object(self.request.json(), fields)
