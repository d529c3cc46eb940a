"""Validation of JSON objects field by field, so that one response can name every invalid field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from airflow_provider_segment.sandbox.errors import FieldProblem, InvalidFieldsError

Kind = Literal["string", "boolean", "object", "integer", "number", "array"]

_WITH_ARTICLE: dict[Kind, str] = {
    "string": "a string",
    "boolean": "a boolean",
    "object": "an object",
    "integer": "an integer",
    "number": "a number",
    "array": "an array",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """The schema of one field of a JSON object.

    :param name: the key.
    :param kind: its JSON type.
    :param required: whether the key must be present.
    :param nullable: whether ``null`` is allowed.
    :param not_empty: whether an empty string is rejected.
    :param choices: the strings that are allowed; empty allows all.
    :param minimum: smallest number allowed.
    :param maximum: largest number allowed.
    :param fields: the known fields of an object.
    """

    name: str
    kind: Kind
    required: bool = False
    nullable: bool = False
    not_empty: bool = False
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    fields: tuple[Field, ...] = ()


def is_kind(value: object, kind: Kind) -> bool:
    """Return whether a decoded JSON value has the type ``kind``; 1.0 is not an integer, and true is not a number."""
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


def validate_object(
    value: object, fields: Sequence[Field], *, prefix: str = "", name: str = "body", allow_unknown: bool = True
) -> dict[str, Any]:
    """Return ``value`` if it is an object whose fields match their schemas.

    :param value: decoded JSON.
    :param fields: the known fields.
    :param prefix: prepended to field names in messages, such as ``input.``.
    :param name: name of the object itself in messages.
    :param allow_unknown: whether unknown keys are allowed, as in Segment's API; otherwise they are errors.
    :raises InvalidFieldsError: fields are invalid; the error names each.
    """
    if not isinstance(value, dict):
        raise InvalidFieldsError([FieldProblem(field=name, problem="must be an object")])
    record = cast("dict[str, Any]", value)
    problems = list(_field_problems(record, fields, prefix))
    if not allow_unknown:
        known = {field.name for field in fields}
        problems += [FieldProblem(field=f"{prefix}{key}", problem="is not known") for key in record if key not in known]
    if problems:
        raise InvalidFieldsError(problems)
    return record


def _field_problems(record: dict[str, Any], fields: Sequence[Field], prefix: str) -> Iterator[FieldProblem]:
    for field in fields:
        path = f"{prefix}{field.name}"
        if field.name not in record:
            if field.required:
                yield FieldProblem(field=path, problem="is required")
        elif (problem := _value_problem(record[field.name], field)) is not None:
            yield FieldProblem(field=path, problem=problem)
        elif field.fields and record[field.name] is not None:
            yield from _field_problems(record[field.name], field.fields, f"{path}.")


def _value_problem(value: object, field: Field) -> str | None:
    """Return a description of the problem with a field's value, or None."""
    if value is None and field.nullable:
        return None
    if not is_kind(value, field.kind):
        return f"must be {_WITH_ARTICLE[field.kind]}" + (" or null" if field.nullable else "")
    if field.not_empty and value == "":
        return "is not allowed to be empty"
    if field.choices and value not in field.choices:
        return f"must be one of [{', '.join(field.choices)}]"
    if field.kind in ("integer", "number"):
        return _range_problem(cast("float", value), field)
    return None


def _range_problem(value: float, field: Field) -> str | None:
    if field.minimum is not None and value < field.minimum:
        return f"must be at least {field.minimum:g}"
    if field.maximum is not None and value > field.maximum:
        return f"must be at most {field.maximum:g}"
    return None
