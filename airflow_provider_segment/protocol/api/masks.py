"""Never writing a mask over a secret, and saying so."""

from __future__ import annotations

import logging
from typing import Any

from airflow_provider_segment.protocol.arguments import masked_keys
from airflow_provider_segment.protocol.flow.steps import Flow, Log


def unmasked(settings: dict[str, Any]) -> Flow[dict[str, Any] | None]:
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
