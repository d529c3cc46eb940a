"""Escaping of characters that could forge log lines, since names and messages come from other people."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return a string with control, escape, bidirectional and line-break characters escaped, as Python does.

    :param text: one line of a log, or a message.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def printable_lines(text: str) -> str:
    """Return a string with the same characters escaped in each of its lines.

    :param text: a string whose line feeds are our own or Python's, as in a traceback.
    """
    return "\n".join(map(printable, text.split("\n")))
