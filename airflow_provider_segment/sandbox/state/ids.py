"""New ids, in the shapes Segment hands out."""

from __future__ import annotations

import secrets

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def new_destination_id() -> str:
    """Make 24 hexadecimal digits."""
    return secrets.token_hex(12)


def new_subscription_id() -> str:
    """Make 22 base-58 characters."""
    return "".join(secrets.choice(_BASE58) for _ in range(22))
