"""Calls whose response holds one value under one key."""

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
    """Return a call whose response is ``{"data": {key: value}}``.

    :param value_type: type of the value.
    :param operation: the operation to call.
    :param key: key of the value in ``data``.
    :param ids: ids in the path.
    :param query: decoded pairs.
    :param body: value to encode as JSON.
    """
    return Call(operation, operation.request(ids=ids, query=query, body=body), value_reader(value_type, key=key))


def value_reader(value_type: type[T], *, key: str) -> Callable[[bytes], T]:
    """Return a decoder for responses of the form ``{"data": {key: value}}``.

    :param value_type: type of the value.
    :param key: key of the value in ``data``.
    """
    read_data = data_reader((key, value_type))

    def read(body: bytes) -> T:
        value: T = getattr(read_data(body), key)
        return value

    return read


def delete_call(operation: Operation, *, ids: dict[str, str]) -> Call[None]:
    """Return a call that deletes an object; after a lost response, a 404 means success.

    :param operation: the operation to call.
    :param ids: ids in the path.
    """

    def gone() -> None:
        return None

    read_status = data_reader(("status", str))

    def read(body: bytes) -> None:
        read_status(body)

    return Call(operation, operation.request(ids=ids), read, gone)


def drop_none(**values: Any) -> dict[str, Any]:
    """Return the values that are not ``None``, because null is never sent.

    :param values: values by the API's key names.
    """
    return {key: value for key, value in values.items() if value is not None}
