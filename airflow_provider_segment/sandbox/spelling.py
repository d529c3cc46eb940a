"""Python's spelling of names and JSON's."""

from __future__ import annotations

import re


def camel_case(name: str) -> str:
    """Spell ``list_lag_seconds`` as ``listLagSeconds``."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def snake_case(name: str) -> str:
    """Spell ``listLagSeconds`` as ``list_lag_seconds``."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda match: "_" + match[1].lower(), name)
