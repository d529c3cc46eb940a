"""Calls whose ``data`` holds one thing under one key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from airflow_provider_segment.protocol.wire.envelope import data_reader
from airflow_provider_segment.protocol.wire.operation import Call, Operation

T = TypeVar("T")


def build_call(
    value_type: type[T],
    operation: Operation,
    *,
    key: str,
    ids: dict[str, str] | None = None,
    query: tuple[tuple[str, str], ...] = (),
    body: dict[str, Any] | None = None,
) -> Call[T]:
    """Make a call whose answer is ``{"data": {key: value}}``.

    :param value_type: of the value.
    :param operation: what it asks.
    :param key: where ``data`` holds the value.
    :param ids: for the path.
    :param query: decoded pairs.
    :param body: becomes JSON.
    """
    return Call(operation, operation.request(ids=ids, query=query, body=body), value_reader(value_type, key=key))


def value_reader(value_type: type[T], *, key: str) -> Callable[[bytes], T]:
    """Make a reader of ``{"data": {key: value}}``.

    :param value_type: of the value.
    :param key: where ``data`` holds the value.
    """
    read_data = data_reader((key, value_type))

    def read(answer_body: bytes) -> T:
        value: T = getattr(read_data(answer_body), key)
        return value

    return read


def delete_call(operation: Operation, *, ids: dict[str, str]) -> Call[None]:
    """Make a call that removes something; that it is gone already, after a lost answer, is success too.

    :param operation: what it asks.
    :param ids: for the path.
    """

    def gone() -> None:
        return None

    read_status = data_reader(("status", str))

    def read(answer_body: bytes) -> None:
        read_status(answer_body)

    return Call(operation, operation.request(ids=ids), read, gone)


def drop_none(**values: Any) -> dict[str, Any]:
    """Keep what was given: ``None`` means "leave alone", and null is never sent.

    :param values: by the API's key names.
    """
    return {key: value for key, value in values.items() if value is not None}
