"""Escaping of characters that could forge log lines, because names and messages are untrusted input."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return a string with control, bidirectional and line-break characters escaped as in a Python string literal.

    :param text: one line of a log, or a message.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def printable_lines(text: str) -> str:
    """Escape a string like :func:`printable`, but keep its line feeds.

    :param text: a string whose line feeds are our own or Python's, as in a traceback.
    """
    return "\n".join(map(printable, text.split("\n")))
