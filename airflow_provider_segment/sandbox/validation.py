"""Checking JSON objects field by field, so that an answer can name every wrong field at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from airflow_provider_segment.sandbox.errors import FieldProblem, InvalidFieldsError

Kind = Literal["string", "boolean", "object", "integer", "number", "array"]

_ARTICLES: dict[Kind, str] = {
    "string": "a string",
    "boolean": "a boolean",
    "object": "an object",
    "integer": "an integer",
    "number": "a number",
    "array": "an array",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What one field of a JSON object must look like.

    :param name: the key.
    :param kind: its JSON type.
    :param required: whether the key must be there.
    :param nullable: whether ``null`` is allowed.
    :param not_empty: whether an empty string is refused.
    :param choices: the only strings allowed, when given.
    :param minimum: the smallest number allowed.
    :param maximum: the largest number allowed.
    """

    name: str
    kind: Kind
    required: bool = False
    nullable: bool = False
    not_empty: bool = False
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


def is_kind(value: object, kind: Kind) -> bool:
    """Tell whether a decoded JSON value has the JSON type ``kind``; 1.0 is no integer, true no number."""
    match kind:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)


def checked_object(
    value: object, fields: Sequence[Field], *, where: str = "", name: str = "body", closed: bool = False
) -> dict[str, Any]:
    """Return ``value`` as an object whose fields are as described.

    :param value: decoded JSON.
    :param fields: the known fields.
    :param where: put in front of field names in messages, such as ``input.``.
    :param name: what the object itself is called in messages.
    :param closed: whether unknown keys are errors; Segment itself ignores them.
    :raises InvalidFieldsError: naming every field that is wrong.
    """
    if not isinstance(value, dict):
        raise InvalidFieldsError([FieldProblem(field=name, message=f'"{name}" must be an object')])
    record = cast("dict[str, Any]", value)
    problems = list(_problems(record, fields, where))
    if closed:
        known = {field.name for field in fields}
        problems += [_problem(f"{where}{key}", "is not known") for key in record if key not in known]
    if problems:
        raise InvalidFieldsError(problems)
    return record


def _problems(record: dict[str, Any], fields: Sequence[Field], where: str) -> Iterator[FieldProblem]:
    for field in fields:
        path = f"{where}{field.name}"
        if field.name not in record:
            if field.required:
                yield _problem(path, "is required")
        elif (complaint := _complaint(record[field.name], field)) is not None:
            yield _problem(path, complaint)


def _complaint(value: object, field: Field) -> str | None:
    """Say what is wrong with a value that is there; None when nothing is."""
    if value is None and field.nullable:
        return None
    if not is_kind(value, field.kind):
        return f"must be {_ARTICLES[field.kind]}" + (" or null" if field.nullable else "")
    if field.not_empty and value == "":
        return "is not allowed to be empty"
    if field.choices and value not in field.choices:
        return f"must be one of [{', '.join(field.choices)}]"
    if field.kind in ("integer", "number"):
        return _range_complaint(cast("float", value), field)
    return None


def _range_complaint(value: float, field: Field) -> str | None:
    if field.minimum is not None and value < field.minimum:
        return f"must be at least {field.minimum:g}"
    if field.maximum is not None and value > field.maximum:
        return f"must be at most {field.maximum:g}"
    return None


def _problem(path: str, complaint: str) -> FieldProblem:
    return FieldProblem(field=path, message=f'"{path}" {complaint}')
