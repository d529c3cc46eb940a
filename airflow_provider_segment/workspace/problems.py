"""Problems with files, which are collected and reported together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """A problem with a file.

    :param path: the file, relative to the folder of the workspace.
    :param line: number of the line, from 1; 0 for the whole file.
    :param message: what is wrong and what is allowed, without values of settings.
    """

    path: str
    line: int = 0
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}"


class WorkspaceFilesError(ValueError):
    """The error raised for invalid files; its message lists every problem.

    :param problems: the problems, at least one.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


def unknown_name(what: str, name: str, known: Sequence[str]) -> str:
    """Return the message for an unknown name, with the closest known name or a list of all known names.

    :param what: kind of the name, such as ``key``.
    :param name: the unknown name.
    :param known: the known ones.
    """
    nearest = get_close_matches(name, known, n=1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else f"; known: {', '.join(known) or 'none'}"
    return f"unknown {what} {shorten(name)!r}{hint}"


def shorten(text: str) -> str:
    """Return a string, shortened to fit into a message.

    :param text: a string from a file.
    """
    return text if len(text) <= 100 else f"{text[:99]}…"
