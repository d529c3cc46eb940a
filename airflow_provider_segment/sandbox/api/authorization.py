"""Who may call: whoever has the token."""

from __future__ import annotations

import hmac

from airflow_provider_segment.sandbox.errors import ApiError


def authorize(header: str | None, *, token: str) -> None:
    """Check the ``Authorization`` header.

    :param header: of the request, if any.
    :param token: the only one that is right.
    :raises ApiError: 401, when it is missing or wrong.
    """
    scheme, _, given = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise ApiError(401, "Unauthorized")
