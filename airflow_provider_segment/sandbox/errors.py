"""Refusals: how a request that is not carried out is answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from airflow_provider_segment.sandbox import decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """One input that is wrong.

    :param field: name of the input; a dotted path below the top level.
    :param message: what is wrong with it, for humans.
    """

    field: str
    message: str


class InvalidFieldsError(Exception):
    """Some inputs are wrong. Holds at least one problem."""

    def __init__(self, problems: Iterable[FieldProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))


class RefusalError(Exception):
    """The request gets an error answer.

    :param status: HTTP status.
    :param message: text for humans.
    :param field: name of the offending input.
    :param data: extra data, as Segment adds to a 429.
    :param headers: further headers of the answer.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        field: str | None = None,
        data: object = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers
        self.errors = (error_object(status, message, field=field, data=data),)


def error_object(status: int, message: str, *, field: str | None = None, data: object = None) -> dict[str, object]:
    """Build one entry of an answer's ``errors``."""
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


def field_errors(invalid: InvalidFieldsError) -> tuple[dict[str, object], ...]:
    """Build the ``errors`` of a 422, one for each wrong input."""
    return tuple(error_object(422, problem.message, field=problem.field) for problem in invalid.problems)


def invalid(field: str, message: str) -> InvalidFieldsError:
    """Say that one input is wrong; the message follows the input's quoted name."""
    return InvalidFieldsError([FieldProblem(field=field, message=f'"{field}" {message}')])


def not_found(message: str = "Resource not found", *, field: str | None = None) -> RefusalError:
    """Say that something named by the request does not exist."""
    return RefusalError(404, message, field=field)
