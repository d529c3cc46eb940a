"""The functions of FQL. https://segment.com/docs/api/public-api/fql/#functions"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from airflow_provider_segment.sandbox.filters.fql_values import FqlError, require_type, type_name
from airflow_provider_segment.sandbox.filters.glob import glob_matches

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def _contains(string: Any, part: Any) -> bool:
    require_type("contains", part, "string")
    return require_type("contains", string, "string", "null") is not None and part in string


def _match(string: Any, pattern: Any) -> bool:
    require_type("match", pattern, "string")
    if require_type("match", string, "string", "null") is None:
        return False
    try:
        return glob_matches(string, pattern)
    except ValueError as error:
        raise FqlError(str(error)) from None


def _length(value: Any) -> int:
    if require_type("length", value, "list", "string", "null") is None:
        return 0
    return len(value.encode(errors="replace")) if isinstance(value, str) else len(value)


def _typeof(value: Any) -> str:
    require_type("typeof", value, "string", "number", "list", "bool", "null")
    return type_name(value)


def _changed(name: str, change: Callable[[str], str]) -> Callable[[Any], str | None]:
    def function(string: Any) -> str | None:
        return None if require_type(name, string, "string", "null") is None else change(string)

    return function


def _title_case(string: str) -> str:
    return re.sub(r"(^| )(\S)", lambda match: match[1] + match[2].upper(), string)


def _bool(value: Any) -> bool:
    if value is None:
        return False
    if type_name(value) == "number":
        return bool(value != 0)
    if value in ("true", "false"):
        return bool(value == "true")
    raise _undocumented("bool", value)


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise _undocumented("string", value)


def _number(value: Any) -> float:
    if type_name(value) == "number":
        return float(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    raise _undocumented("number", value)


def _undocumented(name: str, value: Any) -> FqlError:
    return FqlError(f"Segment does not document the result of {name} for this {type_name(value)}")


FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "contains": (2, _contains),
    "match": (2, _match),
    "length": (1, _length),
    "typeof": (1, _typeof),
    "lowercase": (1, _changed("lowercase", str.lower)),
    "uppercase": (1, _changed("uppercase", str.upper)),
    "snakecase": (1, _changed("snakecase", lambda string: string.replace(" ", "_"))),
    "kebabcase": (1, _changed("kebabcase", lambda string: string.replace(" ", "-"))),
    "titlecase": (1, _changed("titlecase", _title_case)),
    "bool": (1, _bool),
    "string": (1, _string),
    "number": (1, _number),
}
"""The number of arguments of each function, and the function."""
