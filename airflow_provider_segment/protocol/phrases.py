"""Formatting of counts and lists in messages."""

from __future__ import annotations

from collections.abc import Sequence

MAX_LISTED = 20
"""Maximum number of names in a list."""

MAX_CANDIDATES = 10
"""Maximum number of known names in a message about an unknown one."""


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with a noun, such as ``1 file`` or ``2 files``.

    :param number: how many there are.
    :param one: the noun, and what follows it, for one.
    :param many: the same for several; by default with an ``s`` at its end.
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(names: Sequence[str], *, most: int = MAX_LISTED) -> str:
    """Return the names separated by commas; a long list is cut off and ends with the number of names left out.

    :param names: the names.
    :param most: how many to show.
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"
