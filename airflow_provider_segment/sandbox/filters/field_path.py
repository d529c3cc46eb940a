"""Paths to the fields of an event, such as ``context.library.name``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def split_path(path: str) -> tuple[str, ...]:
    """Split a path into names; a backslash escapes the next character.

    :param path: names separated by dots; empty for the event itself.
    """
    if path == "":
        return ()
    names = [""]
    characters = iter(path)
    for character in characters:
        if character == ".":
            names.append("")
        else:
            names[-1] += next(characters, "") if character == "\\" else character
    return tuple(names)


def value_at(event: Any, names: Sequence[str]) -> Any:
    """Return the value of a field; None if the event does not have it."""
    value = event
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
