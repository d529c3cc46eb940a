"""Redaction of settings and the token in messages: validators and proxies often quote what they reject."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from airflow_provider_segment.protocol.strings import encodings

_MIN_LENGTH = 4
"""Shorter values are not redacted: they are not secrets, and would remove half of a message."""


def redact(text: str, *, body: bytes | None, secrets: tuple[str, ...] = ()) -> str:
    """Return a message with every secret replaced by ``***``, in any of its encodings.

    :param text: a message about the request, as received: not yet folded or shortened.
    :param body: body of the request; the values of its settings are redacted.
    :param secrets: further strings to redact, such as the token.
    """
    sent = msgspec.json.decode(body) if body else {}
    values = {*secrets, *_values(sent.get("settings")), *_values(sent.get("input", {}).get("settings"))}
    encoded = {encoding for value in values for encoding in encodings(value) if len(encoding) >= _MIN_LENGTH}
    # Longest first, because one may contain another.
    for encoding in sorted(encoded, key=len, reverse=True):
        text = text.replace(encoding, "***")
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
