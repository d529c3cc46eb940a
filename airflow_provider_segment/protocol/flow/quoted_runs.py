"""Finding the parts of a message that come from a secret."""

from __future__ import annotations

RUN = 16
"""Length of the shortest run of a secret's characters that is recognised."""
_BLOCK = RUN // 2


class Spans:
    """Parts of a string, which may overlap."""

    def __init__(self) -> None:
        self._spans: list[tuple[int, int]] = []

    def add(self, start: int, end: int) -> None:
        """Add the part between two indexes.

        :param start: index of its first character.
        :param end: index after its last character.
        """
        self._spans.append((start, end))

    def replaced(self, text: str, replacement: str) -> str:
        """Return a string with the recorded parts replaced; overlapping or adjacent parts are replaced as one.

        :param text: the string.
        :param replacement: what replaces each part.
        """
        kept, position = [], 0
        for start, end in self._merged():
            if start >= len(text):
                break
            kept += [text[position:start], replacement]
            position = end
        return "".join([*kept, text[position:]])

    def _merged(self) -> list[tuple[int, int]]:
        merged: list[tuple[int, int]] = []
        for start, end in sorted(self._spans):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged


def lower(text: str) -> str:
    """Convert a string to lower case without changing its length.

    :param text: the string.
    """
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(character.lower() if len(character.lower()) == 1 else character for character in text)


def find_all(text: str, needle: str, spans: Spans) -> None:
    """Add the span of each occurrence of ``needle`` in ``text`` to ``spans``.

    :param text: the string to search in.
    :param needle: the string to search for.
    :param spans: to add to.
    """
    start = text.find(needle)
    while start >= 0:
        spans.add(start, start + len(needle))
        start = text.find(needle, start + 1)


def find_runs(text: str, secrets: str, spans: Spans) -> None:
    """Add the span of every substring of at least :data:`RUN` characters that also occurs in the secrets.

    Each such substring contains a whole block of half that length that starts at a multiple of it, so only these blocks
    are looked up.

    :param text: the string to search in.
    :param secrets: the secrets, separated by a character that is not in the string.
    :param spans: to add to.
    """
    for start in range(0, len(text) - _BLOCK + 1, _BLOCK):
        block = text[start : start + _BLOCK]
        longest_before, longest_after = min(start, RUN), min(len(text) - start, 2 * RUN)
        found = secrets.find(block)
        while found >= 0:
            before = _common_before(text, start, secrets, found, longest_before)
            after = _common_after(text, start, secrets, found, longest_after)
            if before + after >= RUN:
                spans.add(start - before, start + after)
            if (before, after) == (longest_before, longest_after):
                break  # no other occurrence can add to it
            found = secrets.find(block, found + 1)


def _common_before(text: str, start: int, secrets: str, found: int, longest: int) -> int:
    length = 0
    longest = min(longest, found)
    while length < longest and text[start - length - 1] == secrets[found - length - 1]:
        length += 1
    return length


def _common_after(text: str, start: int, secrets: str, found: int, longest: int) -> int:
    length = _BLOCK
    longest = min(longest, len(secrets) - found)
    while length < longest and text[start + length] == secrets[found + length]:
        length += 1
    return length
