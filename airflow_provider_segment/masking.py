"""Registration of secrets with Airflow's masker, which hides them in logs and in Airflow's UI."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from airflow_provider_segment.protocol.secret_str import NumberString, SecretStr
from airflow_provider_segment.protocol.strings import all_strings, encodings
from airflow_provider_segment.protocol.tracebacks import hides_frames

MIN_LENGTH = 5
"""Minimum length, in characters. Airflow 3 ignores shorter strings; masking them on 2.11 makes logs unreadable."""

_NO_SECRETS = {"false"}
"""Strings of at least that length that templates may render and that are not secret under any name."""

_ALSO_SENSITIVE = re.compile(
    "(access|auth|private|service|shared|signing|write)_key|auth_header|bearer|connection_string|credential|passcode"
    "|prox(y|ies)|webhook_url"
)
"""Names of secret settings in Segment that not every version of Airflow knows, in snake_case."""


@hides_frames
def mask_secrets(strings: Iterable[SecretStr]) -> None:
    """Mask strings and their encodings in logs and in Airflow's UI; those shorter than ``MIN_LENGTH`` are ignored.

    :param strings: the secrets.
    """
    from airflow.providers.common.compat.sdk import mask_secret

    opened = (string.get_secret_value() for string in strings)
    secrets = {string for string in opened if len(string) >= MIN_LENGTH and string.lower() not in _NO_SECRETS}
    if secrets:
        # All at once, because on Airflow 3 each call is a message to another process.
        encoded = {encoding for secret in secrets for encoding in encodings(secret) if len(encoding) >= MIN_LENGTH}
        mask_secret([*encoded])


def mask_rendered_fields(content: Any, rendered: Any) -> None:
    """Mask the values under sensitive names in a rendered argument, or in a part of it.

    Airflow renders the parts one by one, so only the direct entries of a mapping are examined here.

    :param content: the argument, or its part, from the DAG file.
    :param rendered: the rendered value.
    """
    if isinstance(content, Mapping):
        mask_secrets(string for name, value in rendered.items() if is_sensitive(name) for string in all_strings(value))
    elif not isinstance(content, list | tuple | set):
        mask_secrets(sensitive_strings(rendered))


def numbers_as_strings(rendered: Any) -> Any:
    """Convert numbers under sensitive names in a rendered mapping to strings, so that Airflow masks them in its UI.

    :param rendered: any rendered value; anything but a mapping is returned as it is.
    """
    if not isinstance(rendered, Mapping):
        return rendered
    return {name: _as_strings(value) if is_sensitive(name) else value for name, value in rendered.items()}


def _as_strings(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _as_strings(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_strings(item) for item in value]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return NumberString(value) if is_number else value


def is_sensitive(name: Any) -> bool:
    """Return whether a name is sensitive, by Airflow's rules and configuration or by our list of Segment's settings.

    :param name: in any notation, such as ``writeKey`` or ``write-key``; anything but a string is not sensitive.
    """
    if not isinstance(name, str):
        return False
    from airflow.providers.common.compat.sdk import redact

    snake = re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).lower()
    # Airflow does not export its rule, but it replaces any string under a sensitive name.
    return any(redact("", name=variant) for variant in (name, snake)) or bool(_ALSO_SENSITIVE.search(snake))


def sensitive_strings(value: Any) -> Iterator[SecretStr]:
    """Yield the strings under sensitive names, at any depth, including inside strings that hold JSON.

    :param value: value of an argument.
    """
    if isinstance(value, str):
        value = _parse_json(value)
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from all_strings(item) if is_sensitive(name) else sensitive_strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from sensitive_strings(item)


def _parse_json(text: str) -> Any:
    if text.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
