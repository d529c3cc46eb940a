"""The local variables of a traceback, as crash reporters record them."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]


def recorded_locals(error: BaseException) -> Iterator[tuple[str, str]]:
    """Yield each value in a local variable of each frame of an error and of those that led to it.

    Frames of the tests themselves are left out.

    :return: the place, as ``file:function.variable``, and the text that a crash reporter records.
    """
    pending: list[BaseException | None] = [error]
    seen: set[int] = set()
    while pending:
        current = pending.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield type(current).__name__, f"{current!r} {current}"
        pending += [current.__cause__, current.__context__, *getattr(current, "exceptions", ())]
        for frame, _ in traceback.walk_tb(current.__traceback__):
            file = Path(frame.f_code.co_filename)
            if TESTS not in file.parents:
                for name, value in frame.f_locals.items():
                    for text in _recorded(value):
                        yield f"{file.name}:{frame.f_code.co_name}.{name}", text


def _recorded(value: Any, depth: int = 8) -> Iterator[str]:
    """Yield the representations of a value and of everything in it: containers are walked, objects are shown."""
    if depth and isinstance(value, Mapping):
        for key, item in value.items():
            yield from _recorded(key, depth - 1)
            yield from _recorded(item, depth - 1)
    elif depth and isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _recorded(item, depth - 1)
    try:
        yield repr(value)
    except Exception:  # noqa: BLE001 - crash reporters survive it, too
        yield ""
