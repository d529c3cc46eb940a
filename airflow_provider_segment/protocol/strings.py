"""The texts in a value, and the spellings in which a text may turn up again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_PATHS = {"@path"}
"""Directives of Segment's mapping language whose value says where to look, and is no secret."""


def all_strings(value: Any) -> Iterator[str]:
    """Find all texts, at any depth.

    :param value: what is secret as a whole.
    """
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if name not in _PATHS:
                yield from all_strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from all_strings(item)


def map_strings(change: Callable[[str], str], value: Any) -> Any:
    """Copy a JSON value with all texts changed, but for its keys.

    :param change: gives another text.
    :param value: as JSON was read.
    """
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: map_strings(change, item) for key, item in value.items()}
    return [map_strings(change, item) for item in value] if isinstance(value, list) else value


def encodings(text: str) -> Iterator[str]:
    """Give a text as it is, as JSON writes it, and with its white space folded.

    :param text: a secret.
    """
    yield text
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield " ".join(text.split())
