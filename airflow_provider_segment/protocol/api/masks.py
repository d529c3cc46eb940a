"""What a mask tells: here is a secret, not to be written over with the mask, and not to be shown."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from airflow_provider_segment.protocol.arguments import MASK_CHARACTER, masked_keys
from airflow_provider_segment.protocol.flow.steps import Flow, Log, MaskSecrets
from airflow_provider_segment.protocol.strings import all_strings


def drop_masked(settings: dict[str, Any]) -> Flow[dict[str, Any] | None]:
    """Leave out each key whose value is a mask, with a warning.

    :param settings: as a user gave them.
    :return: what may be sent; ``None`` where nothing is left, since empty settings might replace what is there.
    """
    masked = masked_keys(settings)
    for key in masked:
        yield Log(
            f"settings[{key!r}] holds a bullet, so it is the mask of a secret and not the secret: left out",
            logging.WARNING,
        )
    kept = {key: value for key, value in settings.items() if key not in masked}
    return None if masked and not kept else kept


def mask_returned_secrets(given: Mapping[str, Any] | None, shown: Mapping[str, Any] | None) -> Iterator[MaskSecrets]:
    """MaskSecrets the values that Segment itself shows masked.

    :param given: settings as a user gave them.
    :param shown: the same as Segment shows them.
    """
    if secrets := tuple(masked_strings(given, shown)):
        yield MaskSecrets(secrets)


def masked_strings(given: Any, shown: Any) -> Iterator[str]:
    """Find the texts for which Segment shows a mask.

    :param given: a value as a user gave it.
    :param shown: the same as Segment shows it.
    """
    if isinstance(shown, str) and MASK_CHARACTER in shown:
        yield from all_strings(given)
    elif isinstance(shown, Mapping) and isinstance(given, Mapping):
        for key in given.keys() & shown.keys():
            yield from masked_strings(given[key], shown[key])
    elif isinstance(shown, list) and isinstance(given, list | tuple):
        for ours, theirs in zip(given, shown, strict=False):
            yield from masked_strings(ours, theirs)
