"""The envelope of every response: ``{"data": …}`` or ``{"errors": […]}``, never both.

https://docs.segmentapis.com/tag/Error-Handling
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, cast

import msgspec

from airflow_provider_segment.protocol.errors import ErrorObject

MAX_VALUES = 1_200_000
"""Maximum number of values in a response, about twice a page of 500 destinations; each may take 100 bytes of memory."""
UNCOUNTED = 3 * 1024 * 1024
"""Size in bytes up to which the values of a response are not counted."""
MAX_ERRORS = 20
"""Maximum number of error objects that are decoded."""
_MAX_DATA = 4096
"""Maximum size of an error object's ``data``, in bytes; larger ones are dropped."""


@cache
def _decoder(fields: tuple[Any, ...]) -> msgspec.json.Decoder[Any]:
    data = msgspec.defstruct("Data", fields)
    return msgspec.json.Decoder(msgspec.defstruct("Success", [("data", data)]))


def data_reader(*fields: tuple[str, Any] | tuple[str, Any, Any], is_bounded: bool = False) -> Callable[[bytes], Any]:
    """Return a decoder of ``data`` that keeps the given fields and skips all others.

    Skipping saves time and memory: each destination contains about 20 KB of catalog text.

    :param fields: name and type of each field, and a default if it is optional; a ``TypedDict`` keeps the fields it
        declares, a ``dict[str, Any]`` keeps everything.
    :param is_bounded: whether the types bound the memory, because they contain no ``Any``; then the values are not
        counted.
    :return: a function from bytes to an object with these fields; it raises ``msgspec.MsgspecError`` for anything else.
    """

    def read(body: bytes) -> Any:
        if not is_bounded and len(body) > UNCOUNTED:
            check_values(count_values(body))
        try:
            return _decoder(fields).decode(body).data
        except (UnicodeDecodeError, RecursionError) as error:  # msgspec does not wrap these two errors
            raise msgspec.DecodeError(str(error)) from None

    return read


def count_values(body: bytes) -> int:
    """Return an upper bound on the number of nested JSON values: the number of commas and opening brackets.

    :param body: the JSON document.
    """
    return len(body) - len(body.translate(None, b",[{"))


def check_values(count: int) -> None:
    """Raise ``msgspec.ValidationError`` if there are more than :data:`MAX_VALUES` values.

    :param count: number of values.
    """
    if count > MAX_VALUES:
        raise msgspec.ValidationError(f"more than {MAX_VALUES} values")


def read_errors(body: bytes) -> tuple[ErrorObject, ...] | None:
    """Return the error objects of a response, omitting fields of the wrong type.

    :param body: body of a response with an error status.
    :return: the error objects; empty if the JSON has none; ``None`` if the body is not a JSON object.
    """
    try:
        errors = bytes(msgspec.json.decode(body, type=_Envelope).errors)
        raw_errors = msgspec.json.decode(errors, type=list[msgspec.Raw]) if errors.startswith(b"[") else []
        return tuple(_error_object(bytes(raw)) for raw in raw_errors[:MAX_ERRORS])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def read_other_message(body: bytes) -> str | None:
    """Return the message of an error body that is not in the documented format.

    :param body: such as ``{"message": …}``, ``{"error": {"message": …}}`` or ``{"error": …}``.
    :return: the message; empty if the JSON has none; ``None`` if the body is not JSON.
    """
    try:
        raw = bytes(msgspec.json.decode(body, type=msgspec.Raw))
        for _ in range(2):
            if not raw.startswith(b"{"):
                break
            forms = msgspec.json.decode(raw, type=_OtherForms)
            raw = bytes(forms.error if forms.error else forms.message)
        return str(msgspec.json.decode(raw)) if raw.startswith(b'"') else ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


class _OtherForms(msgspec.Struct):
    error: msgspec.Raw = msgspec.Raw(b"")
    message: msgspec.Raw = msgspec.Raw(b"")


class _Envelope(msgspec.Struct):
    # Raw parts take no memory for their values, which may be numerous.
    errors: msgspec.Raw = msgspec.Raw(b"null")


def _error_object(raw: bytes) -> ErrorObject:
    if not raw.startswith(b"{"):
        return ErrorObject(message=msgspec.json.decode(raw) if raw.startswith(b'"') else str(raw, "utf-8"))
    parts = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    known: dict[str, type | tuple[type, ...]] = {"type": str, "message": str, "field": str, "status": (int, float)}
    decoded = {key: msgspec.json.decode(parts[key]) for key in known if key in parts}
    error = {key: part for key, part in decoded.items() if isinstance(part, known[key])}
    data = bytes(parts.get("data", b""))
    if data and len(data) <= _MAX_DATA:
        error["data"] = msgspec.json.decode(data)
    return cast("ErrorObject", error)
