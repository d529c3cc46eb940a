"""JSON encoding and decoding, and the conversion of names between snake_case and camelCase."""

from __future__ import annotations

import re

import msgspec

MAX_DEPTH = 100
"""Maximum nesting depth of arrays and objects; anything that can be read can also be written inside a response."""

_TOO_DEEP = f"is nested more than {MAX_DEPTH} levels deep"


def parse_json(text: bytes) -> object:
    """Decode JSON.

    :raises ValueError: if it is not JSON, or is nested deeper than :data:`MAX_DEPTH`; the message is what a response
        says about the text, without naming it.
    """
    try:
        value: object = msgspec.json.decode(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise ValueError("is not valid JSON") from None
    if _is_deeper(value, MAX_DEPTH):
        raise ValueError(_TOO_DEEP)
    return value


def write_json(value: object) -> bytes:
    """Encode a value as UTF-8 JSON."""
    return msgspec.json.encode(value)


def camel_case(name: str) -> str:
    """Convert ``list_lag_seconds`` to ``listLagSeconds``."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def snake_case(name: str) -> str:
    """Convert ``listLagSeconds`` to ``list_lag_seconds``."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda match: "_" + match[1].lower(), name)


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
