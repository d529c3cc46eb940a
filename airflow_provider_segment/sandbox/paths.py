"""Paths, taken apart before they are percent-decoded: an id may hold a slash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import unquote


def path_segments(path: str) -> Sequence[str]:
    """Take a path apart; a trailing slash makes no difference.

    :param path: as sent, still percent-encoded.
    :return: its segments, percent-decoded.
    """
    trimmed = path.removeprefix("/").removesuffix("/")
    return [unquote(segment, errors="replace") for segment in trimmed.split("/")] if trimmed else []


def match_path(pattern: str, segments: Sequence[str]) -> Mapping[str, str] | None:
    """Compare a path with a pattern such as ``/sources/{sourceId}``.

    :return: what stands for the names in braces, or None when it does not match.
    """
    parts = path_segments(pattern)
    if len(parts) != len(segments):
        return None
    found: dict[str, str] = {}
    for part, segment in zip(parts, segments, strict=True):
        if part.startswith("{"):
            found[part[1:-1]] = segment
        elif part != segment:
            return None
    return found
