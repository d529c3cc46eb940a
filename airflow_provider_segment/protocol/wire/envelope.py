"""The envelope around every answer: ``{"data": …}`` or ``{"errors": […]}``, never both.

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
    """Make a reader of ``data`` that keeps the fields named here and passes over all others.

    Passing over is what makes it quick and small: a destination drags some 20 KB of catalog text along.

    :param fields: name and type, and a default where the field may be absent; a ``TypedDict`` keeps the fields it
        names, a ``dict[str, Any]`` keeps everything.
    :return: a function from bytes to an object with these fields; it raises ``msgspec.MsgspecError`` where the bytes
        are something else.
    """

    def read(body: bytes) -> Any:
        try:
            return _decoder(fields).decode(body).data
        except (UnicodeDecodeError, RecursionError) as error:  # which msgspec does not make its own
            raise msgspec.DecodeError(str(error)) from None

    return read


def read_errors(body: bytes) -> tuple[ErrorObject, ...] | None:
    """Read Segment's error objects, forgiving whatever is odd about single ones.

    :param body: of an answer with an error status.
    :return: the error objects; empty where JSON came without any; ``None`` where the body is not a JSON object.
    """
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(decoded, dict):
        return None
    errors = decoded.get("errors")
    return tuple(map(_error_object, errors)) if isinstance(errors, list) else ()


def read_other_message(body: bytes) -> str | None:
    """Return the message of an error body in another form than the API's documented one.

    :param body: ``{"message": …}``, ``{"error": {"message": …}}`` or ``{"error": …}``.
    :return: the message; empty where JSON holds none; ``None`` where the body is not JSON.
    """
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    found = decoded
    for key in ("error", "message"):
        found = found.get(key, found) if isinstance(found, dict) else found
    return found if isinstance(found, str) else ""


def _error_object(raw: Any) -> ErrorObject:
    if not isinstance(raw, dict):
        return ErrorObject(message=str(raw)[:200])
    known: dict[str, type | tuple[type, ...]] = {"type": str, "message": str, "field": str, "status": (int, float)}
    error = {key: raw[key] for key, kind in known.items() if isinstance(raw.get(key), kind)}
    if "data" in raw:
        error["data"] = raw["data"]
    return cast("ErrorObject", error)
