"""The strings and numbers inside a secret value, and the encodings in which other text may contain a secret."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from airflow_provider_segment.protocol.secret_str import SecretStr

_PATHS = {"@path"}
"""Directives of Segment's mapping language whose values are paths in the event, not secrets."""


def all_strings(value: Any) -> Iterator[SecretStr]:
    """Yield all strings and numbers in a value, at any depth, except for the paths of ``@path`` directives.

    :param value: any JSON value; all of it is secret.
    """
    if isinstance(value, str | SecretStr):
        yield SecretStr(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield SecretStr(str(value))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if name not in _PATHS:
                yield from all_strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from all_strings(item)


def encodings(text: str) -> Iterator[str]:
    """Yield a string unchanged, encoded as JSON, and with its whitespace collapsed.

    :param text: a secret.
    """
    yield text
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield " ".join(text.split())
