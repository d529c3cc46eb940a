"""Redaction of settings and the token in messages: validators and proxies often quote what they reject."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from airflow_provider_segment.protocol.flow.quoted_runs import RUN, Spans, find_all, find_runs, lower
from airflow_provider_segment.protocol.secret_forms import forms, pieces, runs_of
from airflow_provider_segment.protocol.secret_str import SecretStr
from airflow_provider_segment.protocol.tracebacks import hides_frames

REDACTED = "***"
_MIN_LENGTH = 4
"""Shorter values are not redacted: they are not secrets, and redacting them would remove half of a message."""
_MIN_LENGTH_IN_FIELD = 8
"""Shorter words are not redacted in a field: it is a path of names, which such a value would make unreadable."""
_LONGEST_INPUT = 4 * 1024
"""Characters of a string that are examined; the rest is dropped, so as not to block the event loop."""
_WORD = re.compile(r"[A-Za-z_]+")


class Redactor:
    """A set of secrets to remove from messages, in any encoding and any case.

    It finds a whole secret, each of its lines or JSON leaves, and any run of 16 of its characters.

    :param secrets: the secrets; those of less than 4 characters are ignored.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        values = {secret for secret in secrets if len(secret) >= _MIN_LENGTH}
        parts = {part for value in values for part in pieces(value)}
        self._needles = {
            lower(form): bool(_WORD.fullmatch(form)) and len(form) < _MIN_LENGTH_IN_FIELD
            for value in values | parts
            for form in forms(value)
        }
        self._haystack = "\ud800".join(
            {lower(form) for value in values for run in runs_of(value) for form in forms(run)}
        )

    def redact(self, text: str, *, is_field: bool = False) -> str:
        """Return a string with every secret replaced by ``***``; redact a string before shortening or reformatting it.

        :param text: the string as received; only its first 4096 characters are kept.
        :param is_field: whether it is a path of names, in which short words stay.
        """
        is_cut = len(text) > _LONGEST_INPUT
        text = text[:_LONGEST_INPUT]
        lowered = lower(text)
        spans = Spans()
        for needle, is_word in self._needles.items():
            if not (is_field and is_word):
                find_all(lowered, needle, spans)
        find_runs(lowered, self._haystack, spans)
        # A secret that begins just before the cut is too short to be recognised.
        return spans.replaced(text[:-RUN] if is_cut else text, REDACTED)

    def redact_value(self, value: Any) -> Any:
        """Return a copy of a JSON value with every secret in it redacted: in strings, in keys, and as numbers.

        :param value: decoded JSON.
        """
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, dict):
            return {self.redact(key): self.redact_value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.redact_value(item) for item in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            shown = self.redact(str(value))
            return value if shown == str(value) else shown
        return value


@hides_frames
def redactor_for(body: bytes | None, secrets: tuple[SecretStr, ...] = ()) -> Redactor:
    """Return a redactor for every value in a request's settings, and for further secrets.

    :param body: body of the request.
    :param secrets: further strings to redact, such as the token.
    """
    sent = msgspec.json.decode(body) if body else {}
    return Redactor(
        {
            *(secret.get_secret_value() for secret in secrets),
            *_values(sent.get("settings")),
            *_values(sent.get("input", {}).get("settings")),
        }
    )


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
