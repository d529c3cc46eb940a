"""Filter conditions: ``all``, or an FQL statement.

https://segment.com/docs/api/public-api/fql/
"""

from __future__ import annotations

from typing import Any

from airflow_provider_segment.sandbox.errors import invalid_field
from airflow_provider_segment.sandbox.filters.fql_parser import parse_fql
from airflow_provider_segment.sandbox.filters.fql_values import FqlError, type_name

ALL = "all"
"""The condition that every event meets."""


def check_condition(condition: str, *, field: str) -> None:
    """Check that the sandbox can parse a condition.

    :param field: name of the field, for the error.
    :raises InvalidFieldsError: if it is not FQL, or uses something that the documentation does not describe.
    """
    try:
        if condition != ALL:
            parse_fql(condition)
    except FqlError as error:
        raise invalid_field(field, f"is not valid FQL: {error}") from None


def is_met(condition: str, event: dict[str, Any], *, field: str) -> bool:
    """Return whether an event meets a condition; a null result counts as false.

    :param field: name of the field, for the error.
    :raises InvalidFieldsError: if it can't be evaluated, for example because it compares a string with ``<``.
    """
    check_condition(condition, field=field)
    if condition == ALL:
        return True
    try:
        result = parse_fql(condition)(event)
        if result is not None and not isinstance(result, bool):
            raise FqlError(f"the statement evaluates to a value of type {type_name(result)}, not to true or false")
    except FqlError as error:
        raise invalid_field(field, f"can't be evaluated: {error}") from None
    return bool(result)
