r"""The patterns of FQL's ``match``: ``*``, ``?``, ``[abc]``, ``[a-z]`` and ``\x``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

_Matches = Callable[[str], bool]
_STAR = None


def glob_matches(text: str, pattern: str) -> bool:
    """Return whether a pattern matches a whole string; matching is case-sensitive.

    The time it takes is at most proportional to the product of both lengths.

    :raises ValueError: if the documentation does not say what the pattern means.
    """
    tokens = list(_tokens(pattern))
    position = token = 0
    last_star, retry_from = -1, 0
    while position < len(text):
        current = tokens[token] if token < len(tokens) else _never
        if current is _STAR:
            last_star, retry_from = token, position
            token += 1
        elif current(text[position]):
            position += 1
            token += 1
        elif last_star >= 0:
            retry_from += 1
            position, token = retry_from, last_star + 1
        else:
            return False
    return all(rest is _STAR for rest in tokens[token:])


def _never(_character: str) -> bool:
    return False


def _any(_character: str) -> bool:
    return True


def _tokens(pattern: str) -> Iterator[_Matches | None]:
    position = 0
    while position < len(pattern):
        character = pattern[position]
        position += 1
        if character == "*":
            yield _STAR
        elif character == "?":
            yield _any
        elif character == "[":
            end = pattern.find("]", position)
            if end < 0:
                raise ValueError(f"the pattern {pattern!r} has a [ without a ]")
            yield _one_of(pattern, pattern[position:end])
            position = end + 1
        elif character == "\\":
            if position == len(pattern):
                raise ValueError(f"the pattern {pattern!r} ends with a backslash")
            yield pattern[position].__eq__
            position += 1
        else:
            yield character.__eq__


def _one_of(pattern: str, characters: Sequence[str]) -> _Matches:
    if not characters or characters[0] in "!^" or "\\" in characters or "[" in characters:
        raise ValueError(f"Segment does not document the meaning of [{characters}] in the pattern {pattern!r}")
    ranges: list[tuple[str, str]] = []
    position = 0
    while position < len(characters):
        is_range = characters[position + 1 : position + 2] == "-" and position + 2 < len(characters)
        ranges.append((characters[position], characters[position + 2] if is_range else characters[position]))
        position += 3 if is_range else 1
    return lambda character: any(first <= character <= last for first, last in ranges)
