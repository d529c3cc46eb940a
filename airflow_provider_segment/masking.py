"""What Airflow's masker is told of, so that no log and no page of Airflow shows it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from airflow_provider_segment.protocol.strings import all_strings, encodings

SHORTEST = 5
"""Characters. Airflow 3 masks nothing shorter; on 2.11 a shorter one would blot out the logs."""

_NO_SECRETS = {"false"}
"""Texts of that length, as templates render them, that are none whatever their name."""

_ALSO_SENSITIVE = re.compile(
    "(access|auth|private|service|shared|signing|write)_key|auth_header|bearer|connection_string|credential|passcode"
    "|prox(y|ies)|webhook_url"
)
"""What settings of Segment are called and not every Airflow knows, in snake_case."""


def mask_secrets(texts: Iterable[str]) -> None:
    """Let Airflow mask these texts from now on, however they are spelled; too short ones are passed over.

    :param texts: secrets.
    """
    from airflow.providers.common.compat.sdk import mask_secret

    worth = {text for text in texts if len(text) >= SHORTEST and text.lower() not in _NO_SECRETS}
    if worth:
        # All at once: on Airflow 3 each call is a message to another process.
        mask_secret([*{spelling for text in worth for spelling in encodings(text) if len(spelling) >= SHORTEST}])


def mask_rendered_fields(content: Any, rendered: Any) -> None:
    """MaskSecrets what has a sensitive name in an argument, or in a part of it: Airflow renders the parts one by one.

    :param content: as the DAG file gives it.
    :param rendered: what became of it; of a mapping only its own entries, since those below were parts before.
    """
    if isinstance(content, Mapping):
        mask_secrets(text for name, value in rendered.items() if is_sensitive(name) for text in all_strings(value))
    elif not isinstance(content, list | tuple | set):
        mask_secrets(sensitive_strings(rendered))


def is_sensitive(name: Any) -> bool:
    """Say whether what has this name is a secret: by Airflow's own rule and configuration, or a name of Segment's.

    :param name: in any spelling, as ``writeKey`` or ``write-key``; anything but a text names nothing.
    """
    if not isinstance(name, str):
        return False
    from airflow.providers.common.compat.sdk import redact

    snake = re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).lower()
    # Airflow's rule is not exported; but it replaces any text that has a sensitive name.
    return any(redact("", name=spelling) for spelling in (name, snake)) or bool(_ALSO_SENSITIVE.search(snake))


def sensitive_strings(value: Any) -> Iterator[str]:
    """Find the texts under sensitive names, at any depth, also in the text of a JSON object or array.

    :param value: of an argument.
    """
    if isinstance(value, str):
        value = _json(value)
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from all_strings(item) if is_sensitive(name) else sensitive_strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from sensitive_strings(item)


def _json(text: str) -> Any:
    if text.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
