"""Formatting of counts, lists and labels in messages."""

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


def counted_list(labels: Sequence[str], one: str, many: str) -> str:
    """Return how many labels there are, with a noun, and the labels; a long list is cut off.

    :param labels: the labels.
    :param one: the noun, and what follows it, for one.
    :param many: the same for several.
    """
    return f"{counted(len(labels), one, many)}: {listed(labels)}"


def object_label(name: str | None, object_id: str) -> str:
    """Return the name and id of an object.

    :param name: its name or title, if it has one.
    :param object_id: its id.
    """
    return f"{name or ''!r} ({object_id})"


def destination_label(destination_id: str, name: str | None = None) -> str:
    """Return the word destination with the id and, if known, the name.

    :param destination_id: its id.
    :param name: its name, if it is known.
    """
    return f"destination {object_label(name, destination_id) if name else destination_id}"
