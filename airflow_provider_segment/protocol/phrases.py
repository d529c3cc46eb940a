"""Counts and lists in messages."""

from __future__ import annotations

from collections.abc import Sequence

MAX_LISTED = 20
"""Maximum number of names in a list."""


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with a noun, such as ``1 file`` or ``2 files``.

    :param number: how many there are.
    :param one: the noun, and what follows it, for one.
    :param many: the same for several; by default with an ``s`` at its end.
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(names: Sequence[str]) -> str:
    """Return the first names of a list, and how many more there are.

    :param names: the names.
    """
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return f"{', '.join(names[:MAX_LISTED])}{more}"
