"""The forms in which a secret may reappear in a message."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

_MIN_PIECE = 12
_MIN_BASE64 = 8
_ARMOUR = re.compile(r"-----(BEGIN|END) [A-Z0-9 ]+-----")
"""The first and last lines of a PEM file, which are not secret."""


def forms(secret: str) -> set[str]:
    """Return a string's forms: plain, with whitespace collapsed, encoded for JSON, Python, URLs or HTML, and in base64.

    :param secret: the string.
    """
    plain = {secret, " ".join(secret.split())}
    return {
        form
        for one in plain
        for form in (
            one,
            json.dumps(one)[1:-1],
            json.dumps(one, ensure_ascii=False)[1:-1],
            repr(one)[1:-1],
            *_url_forms(one),
            html.escape(one, quote=False),
            html.escape(one),
            html.escape(one).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
        )
        if form
    } | set(_base64_forms(secret))


def pieces(secret: str) -> Iterator[str]:
    """Yield the parts of a secret that have at least 12 characters: its lines or, if it is JSON, its leaves.

    :param secret: the string.
    """
    yield from (part for part in _leaves_or_lines(secret) if len(part) >= _MIN_PIECE)


def runs_of(secret: str) -> Iterator[str]:
    """Yield the parts of a secret that are redacted even if only partly quoted: all except PEM armour and JSON keys.

    :param secret: the string.
    """
    document = _document(secret)
    for part in [secret] if document is None else _leaves(document):
        yield from _ARMOUR.split(part)[::2]


def _leaves_or_lines(secret: str) -> Iterator[str]:
    document = _document(secret)
    if document is not None:
        yield from (line for leaf in _leaves(document) for line in _lines(leaf))
        yield from _leaves(document)
    else:
        yield from _lines(secret)


def _lines(text: str) -> Iterator[str]:
    yield from (line.strip() for line in text.splitlines() if not _ARMOUR.fullmatch(line.strip()))


def _document(secret: str) -> Any:
    if secret.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        return json.loads(secret)
    except (ValueError, RecursionError):
        return None


def _leaves(document: Any) -> Iterator[str]:
    pending = [document]
    while pending:
        current = pending.pop()
        if isinstance(current, dict):
            pending += current.values()
        elif isinstance(current, list):
            pending += current
        elif current is not None and not isinstance(current, bool):
            yield str(current)


def _url_forms(text: str) -> Iterator[str]:
    encodable = text.encode("utf-8", "surrogatepass")
    yield from (quote(encodable, safe=""), quote(encodable), quote(encodable, safe="!'()*~"), quote_plus(encodable))


def _base64_forms(secret: str) -> Iterator[str]:
    """Yield the base64 encoding at each alignment, without the characters that depend on adjacent bytes."""
    encoded = secret.encode("utf-8", "surrogatepass")
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + encoded).decode().rstrip("=")
        first, last = (0, 2, 3)[offset], (offset + len(encoded)) % 3
        form = whole[first : len(whole) - (1 if last else 0)]
        if len(form) >= _MIN_BASE64:
            yield form
            yield form.replace("+", "-").replace("/", "_")
