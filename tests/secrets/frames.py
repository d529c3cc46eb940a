"""The local variables of a traceback, as crash reporters record them."""

from __future__ import annotations

import io
import json
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import rich.console
import rich.traceback
from sentry_sdk.serializer import serialize
from sentry_sdk.utils import event_from_exception

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


def crash_reports(error: BaseException) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each crash report of an error, without the frames of the tests."""
    trace = error.__traceback__
    while trace is not None and TESTS in Path(trace.tb_frame.f_code.co_filename).parents:
        trace = trace.tb_next
    kind = type(error)
    yield "traceback", "".join(traceback.TracebackException(kind, error, trace, capture_locals=True).format())
    event, _ = event_from_exception((kind, error, trace))
    yield "Sentry", json.dumps(serialize(dict(event)), ensure_ascii=False)
    output = io.StringIO()
    console = rich.console.Console(file=output, width=1000)
    console.print(
        rich.traceback.Traceback.from_exception(
            kind, error, trace, show_locals=True, locals_max_length=10_000, locals_max_string=100_000
        )
    )
    yield "rich", output.getvalue()
