"""Keeping settings out of messages: validators like to quote what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

_SHORTEST = 4
"""Shorter texts are no secrets, and would blot out half a message."""


def hide_settings(text: str, body: bytes | None) -> str:
    """Blot out every text that stands in the settings of a request.

    :param text: a message about the request.
    :param body: the request's own, as it was sent.
    """
    sent = msgspec.json.decode(body) if body else {}
    settings = (sent.get("settings"), sent.get("input", {}).get("settings"))
    # Longest first: one may hold another.
    for secret in sorted({text for part in settings for text in _texts(part)}, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str) and len(value) >= _SHORTEST:
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
