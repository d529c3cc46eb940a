"""Values in FQL and their types."""

from __future__ import annotations

from typing import Any


class FqlError(ValueError):
    """An FQL statement can't be parsed or evaluated, or Segment does not document its meaning."""


def type_name(value: Any) -> str:
    """Return the name of a value's type in FQL, or ``object`` for an object, which FQL has no type for."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "list" if isinstance(value, list) else "object"


def require_type(where: str, value: Any, *types: str) -> Any:
    """Check that a value has one of the given types, and return it.

    :param where: the function or operator, for the message.
    :raises FqlError: if it has another type.
    """
    if type_name(value) not in types:
        raise FqlError(f"{where} takes a {' or a '.join(types)}, not a value of type {type_name(value)}")
    return value


def equal(left: Any, right: Any) -> bool:
    """Return whether two values have the same type and are strictly equal."""
    if type_name(left) != type_name(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return bool(left == right)
