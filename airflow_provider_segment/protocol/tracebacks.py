"""Removal of traceback frames that hold plain-text secrets in local variables, which crash reporters record."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def drop_frames(error: BaseException, *, until: BaseException | None = None) -> None:
    """Remove the tracebacks of an error that is about to be raised again, and of the errors that led to it.

    An error that was suppressed by ``raise … from None`` is removed: its message may quote a secret.

    :param error: an error that is being handled.
    :param until: the error that was being handled before; its traceback is kept.
    """
    pending: list[BaseException] = [error]
    done = {id(until)}
    while pending:
        current = pending.pop()
        if id(current) in done:
            continue
        done.add(id(current))
        current.__traceback__ = None
        if current.__suppress_context__ and current.__cause__ is None and current.__context__ is not until:
            current.__context__ = None
        linked = (current.__cause__, current.__context__, *getattr(current, "exceptions", ()))
        pending += [other for other in linked if other is not None]


def hides_frames(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function that holds plain secrets: drop its frame and those of its callees from tracebacks.

    Its arguments and its return value stay visible, so they must be opaque.

    :param function: any function that returns its result, not a generator or a coroutine.
    """

    @functools.wraps(function)
    def hidden(*args: P.args, **kwargs: P.kwargs) -> T:
        before = sys.exception()
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            drop_frames(error, until=before)
            raise

    return hidden
