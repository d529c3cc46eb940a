"""Leaving masked settings out of requests, and masking sent values in logs if Segment returns them masked."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from airflow_provider_segment.protocol.arguments import MASK_CHARACTER, masked_keys
from airflow_provider_segment.protocol.flow.steps import Flow, Log, MaskSecrets
from airflow_provider_segment.protocol.secret_str import SecretStr
from airflow_provider_segment.protocol.strings import all_strings


def drop_masked(settings: dict[str, Any]) -> Flow[dict[str, Any] | None]:
    """Return the settings without those that contain masked values, and log a warning for each one removed.

    :param settings: settings from a user.
    :return: the settings to send; ``None`` if nothing is left, because empty settings might replace existing ones.
    """
    masked = masked_keys(settings)
    for key in masked:
        yield Log(
            f"settings[{key!r}] contains a bullet (•), so it is a masked secret and is not sent",
            logging.WARNING,
        )
    kept = {key: value for key, value in settings.items() if key not in masked}
    return None if masked and not kept else kept


def mask_returned_secrets(sent: Mapping[str, Any] | None, returned: Mapping[str, Any] | None) -> Iterator[MaskSecrets]:
    """Mask the sent values that Segment returns masked, so that logs do not show them.

    :param sent: settings that were sent.
    :param returned: the same settings as Segment returns them.
    """
    if secrets := tuple(masked_strings(sent, returned)):
        yield MaskSecrets(secrets)


def masked_strings(sent: Any, returned: Any) -> Iterator[SecretStr]:
    """Yield each sent string that Segment returns in masked form.

    :param sent: a value that was sent.
    :param returned: the same value as Segment returns it.
    """
    if isinstance(returned, str) and MASK_CHARACTER in returned:
        yield from all_strings(sent)
    elif isinstance(returned, Mapping) and isinstance(sent, Mapping):
        for key in sent.keys() & returned.keys():
            yield from masked_strings(sent[key], returned[key])
    elif isinstance(returned, list) and isinstance(sent, list | tuple):
        for ours, theirs in zip(sent, returned, strict=False):
            yield from masked_strings(ours, theirs)
