"""The envelope of every response: ``{"data": …}`` or ``{"errors": […]}``, never both.

https://docs.segmentapis.com/tag/Error-Handling
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, cast

import msgspec

from airflow_provider_segment.protocol.errors import ErrorObject


@cache
def _decoder(fields: tuple[Any, ...]) -> msgspec.json.Decoder[Any]:
    data = msgspec.defstruct("Data", fields)
    return msgspec.json.Decoder(msgspec.defstruct("Success", [("data", data)]))


def data_reader(*fields: tuple[str, Any] | tuple[str, Any, Any]) -> Callable[[bytes], Any]:
    """Return a decoder of ``data`` that keeps the given fields and skips all others.

    Skipping saves time and memory: each destination carries some 20 KB of catalog text.

    :param fields: name and type, and a default if the field is optional; a ``TypedDict`` keeps the fields it declares,
        a ``dict[str, Any]`` keeps everything.
    :return: a function from bytes to an object with these fields; it raises ``msgspec.MsgspecError`` for anything else.
    """

    def read(body: bytes) -> Any:
        try:
            return _decoder(fields).decode(body).data
        except (UnicodeDecodeError, RecursionError) as error:  # msgspec does not wrap these two
            raise msgspec.DecodeError(str(error)) from None

    return read


def read_errors(body: bytes) -> tuple[ErrorObject, ...] | None:
    """Return the error objects of a response; malformed parts of one are dropped.

    :param body: body of a response with an error status.
    :return: the error objects; empty if the JSON has none; ``None`` if the body is not a JSON object.
    """
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(decoded, dict):
        return None
    errors = decoded.get("errors")
    return tuple(map(_error_object, errors)) if isinstance(errors, list) else ()


def _error_object(raw: Any) -> ErrorObject:
    if not isinstance(raw, dict):
        return ErrorObject(message=str(raw)[:200])
    known: dict[str, type | tuple[type, ...]] = {"type": str, "message": str, "field": str, "status": (int, float)}
    error = {key: raw[key] for key, kind in known.items() if isinstance(raw.get(key), kind)}
    if "data" in raw:
        error["data"] = raw["data"]
    return cast("ErrorObject", error)
