"""Errors that the sandbox returns, in the API's envelope."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from airflow_provider_segment.sandbox import decisions

Headers = tuple[tuple[str, str], ...]
"""Response headers: name and value of each."""


class ApiError(Exception):
    """An error response.

    :param status: HTTP status.
    :param message: what is wrong, for people.
    :param field: name of the field that caused the error.
    :param data: extra data, which Segment adds to a 429.
    :param headers: additional response headers.
    """

    def __init__(
        self, status: int, message: str, *, field: str | None = None, data: object = None, headers: Headers = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers
        self.errors: tuple[dict[str, object], ...] = (error_json(status, message, field=field, data=data),)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """What is wrong with one field.

    :param field: name of the field; a dotted path below the top level.
    :param message: the problem, for people.
    """

    field: str
    message: str


class InvalidFieldsError(ApiError):
    """A 422 with one error for each invalid field.

    :param problems: at least one.
    """

    def __init__(self, problems: Iterable[FieldProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(422, "; ".join(problem.message for problem in self.problems))
        self.errors = tuple(error_json(422, problem.message, field=problem.field) for problem in self.problems)


def error_json(status: int, message: str, *, field: str | None = None, data: object = None) -> dict[str, object]:
    """Return one entry of a response's ``errors``."""
    error: dict[str, object] = {
        "type": decisions.ERROR_TYPES.get(status, "error"),
        "message": message,
        "status": status,
    }
    if field is not None:
        error["field"] = field
    if data is not None:
        error["data"] = data
    return error


def invalid_field(field: str, message: str) -> InvalidFieldsError:
    """Return the error for one invalid field; its message is the quoted field name followed by ``message``."""
    return InvalidFieldsError([FieldProblem(field=field, message=f'"{field}" {message}')])


def not_found(message: str = "Resource not found", *, field: str | None = None) -> ApiError:
    """Return a 404."""
    return ApiError(404, message, field=field)
