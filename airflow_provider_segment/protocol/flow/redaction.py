"""Keeping settings and the token out of messages: validators and proxies like to quote what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from airflow_provider_segment.protocol.strings import encodings

_SHORTEST = 4
"""Shorter values are no secrets, and would blot out half a message."""


def redact(text: str, *, body: bytes | None, secrets: tuple[str, ...] = ()) -> str:
    """Blot out every value that stands in the settings of a request, however it is written.

    :param text: a message about the request, as it came: before it is folded or cut.
    :param body: the request's own, as it was sent.
    :param secrets: further texts, as the token.
    """
    sent = msgspec.json.decode(body) if body else {}
    values = {*secrets, *_values(sent.get("settings")), *_values(sent.get("input", {}).get("settings"))}
    spelled = {spelling for value in values for spelling in encodings(value) if len(spelling) >= _SHORTEST}
    # Longest first: one may hold another.
    for spelling in sorted(spelled, key=len, reverse=True):
        text = text.replace(spelling, "***")
    return text


def _values(settings: Any) -> Iterator[str]:
    if isinstance(settings, str):
        yield settings
    elif isinstance(settings, int | float) and not isinstance(settings, bool):
        yield str(settings)
    elif isinstance(settings, dict):
        for item in settings.values():
            yield from _values(item)
    elif isinstance(settings, list):
        for item in settings:
            yield from _values(item)
