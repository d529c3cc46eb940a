"""What an operation is asked: ids, query and body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from airflow_provider_segment.sandbox.api.media_types import Stage, check_body_type
from airflow_provider_segment.sandbox.api.pagination import Page, asked_page
from airflow_provider_segment.sandbox.codec import parse_json
from airflow_provider_segment.sandbox.errors import invalid_field
from airflow_provider_segment.sandbox.request import BufferedRequest
from airflow_provider_segment.sandbox.validation import Field, validate_object

MAX_ID_LENGTH = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request whose path was understood. Its query and body are looked at only when the operation wants them."""

    call: BufferedRequest
    stage: Stage

    def id(self, name: str) -> str:
        """Give an id out of the path, percent-decoded.

        :raises InvalidFieldsError: when it is not 1 to 255 characters long.
        """
        value = cast("str", self.call.path_params[name])
        if not 1 <= len(value) <= MAX_ID_LENGTH:
            raise invalid_field(name, f"must be 1 to {MAX_ID_LENGTH} characters long")
        return value

    def query(self) -> Mapping[str, str]:
        """Give the query, percent-decoded; of a repeated parameter the last."""
        return self.call.query_params

    def page(self) -> Page:
        """Give the page asked for."""
        return asked_page(self.query())

    def body(self, fields: Sequence[Field]) -> dict[str, Any]:
        """Give the body, an object whose fields are as described; unknown keys are allowed.

        :raises ApiError: when it is sent as something other than JSON.
        :raises InvalidFieldsError: when it is not JSON or a field is wrong.
        """
        check_body_type(self.call.header("content-type"), stage=self.stage)
        try:
            value = parse_json(self.call.body or b"")
        except ValueError as error:
            raise invalid_field("body", f"must be an object: {error}") from None
        return validate_object(value, fields)
