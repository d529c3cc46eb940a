"""Reading and writing JSON, hostile input included."""

from __future__ import annotations

import msgspec

MAX_DEPTH = 100
"""How deep arrays and objects may be nested; what is read must also be writable inside an answer."""


def parse_json(text: bytes) -> object:
    """Decode JSON.

    :raises ValueError: when it is not JSON, or nested deeper than :data:`MAX_DEPTH`.
    """
    try:
        value: object = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise ValueError("malformed JSON") from None
    if _is_deeper(value, MAX_DEPTH):
        raise ValueError("too deeply nested")
    return value


def write_json(value: object) -> bytes:
    """Encode a value; text stays UTF-8."""
    return msgspec.json.encode(value)


def _is_deeper(value: object, depth: int) -> bool:
    level = [value]
    for _ in range(depth):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return False
    return True


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
