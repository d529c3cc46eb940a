"""Errors that the sandbox returns, in the API's envelope."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from airflow_provider_segment.sandbox import decisions

Headers = tuple[tuple[str, str], ...]
"""Response headers, as pairs of name and value."""


class ApiError(Exception):
    """An error response.

    :param status: HTTP status.
    :param message: description of the error.
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
    """A problem with one field.

    :param field: name of the field; a dotted path below the top level.
    :param problem: description of the problem, without the field's name, such as ``is required``.
    :param quoted: the name that Segment's message quotes; by default the last part of ``field``.
    :param data: extra data, which Segment adds to a problem with a setting.
    """

    field: str
    problem: str
    quoted: str | None = None
    data: object = None

    @property
    def message(self) -> str:
        """The message in Segment's format: ``"metadataId" is required`` for the field ``warehouse.metadataId``."""
        name = self.field.rpartition(".")[2] if self.quoted is None else self.quoted
        return f'"{name}" {self.problem}'

    @property
    def message_with_path(self) -> str:
        """The message with the field's full path, for control requests and seeds."""
        return f'"{self.field}" {self.problem}'


class InvalidFieldsError(ApiError):
    """A 422 with one error for each invalid field; ``str()`` returns the messages with each field's full path.

    :param problems: at least one.
    """

    def __init__(self, problems: Iterable[FieldProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(422, "; ".join(problem.message_with_path for problem in self.problems))
        self.errors = tuple(
            error_json(422, problem.message, field=problem.field, data=problem.data) for problem in self.problems
        )

    def with_paths(self) -> ApiError:
        """Return the same error, with the full path of the field in each message."""
        error = ApiError(422, str(self))
        error.errors = tuple(
            error_json(422, problem.message_with_path, field=problem.field) for problem in self.problems
        )
        return error


def error_json(status: int, message: str, *, field: str | None = None, data: object = None) -> dict[str, object]:
    """Return one entry of a response's ``errors``, without ``status``, which the live service does not send either."""
    error: dict[str, object] = {"type": decisions.ERROR_TYPES.get(status, "error"), "message": message}
    if field is not None:
        error["field"] = field
    if data is not None:
        error["data"] = data
    return error


def invalid_field(field: str, problem: str) -> InvalidFieldsError:
    """Return the error for one invalid field.

    :param problem: description of the problem, without the field's name.
    """
    return InvalidFieldsError([FieldProblem(field=field, problem=problem)])


def not_found(message: str = "Resource not found", *, field: str | None = None) -> ApiError:
    """Return a 404."""
    return ApiError(404, message, field=field)
