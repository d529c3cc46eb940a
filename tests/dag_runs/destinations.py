"""A destination for the sandbox's seed."""

from __future__ import annotations

from typing import Any


def destination(name: str, **changes: Any) -> dict[str, Any]:
    """Return a destination of the type ``sandbox-analytics``, whose id is made from its name.

    :param changes: fields with other values.
    """
    return {
        "id": name.lower().replace(" ", "-"),
        "sourceId": "sandbox-web",
        "metadataId": "sandbox-analytics",
        "name": name,
        "settings": {"apiKey": "k"},
    } | changes
