"""Who may call: whoever has the token."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from airflow_provider_segment.sandbox.errors import RefusalError


def authorize(headers: Mapping[str, str], *, token: str) -> None:
    """Check the ``Authorization`` header.

    :param headers: of the request, names in lower case.
    :param token: the only one that is right.
    :raises RefusalError: 401, when it is missing or wrong.
    """
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise RefusalError(401, "Unauthorized")
