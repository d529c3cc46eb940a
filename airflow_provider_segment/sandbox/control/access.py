"""Access checks that stop web pages on other sites from sending control requests."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from airflow_provider_segment.sandbox.errors import ApiError
from airflow_provider_segment.sandbox.request import BufferedRequest

JSON = "application/json"


def check_caller(request: BufferedRequest, *, listening_host: str) -> None:
    """Check that a request was not sent by a web page on another site.

    Control requests need no token, and a browser sends requests to this machine for any page. The browser names the
    page's site in ``Origin``. A site whose name resolves to this machine shares the sandbox's origin, but its requests
    have its name in ``Host``.

    :param listening_host: the host that the sandbox listens on.
    :raises ApiError: 403, if the ``Host`` or ``Origin`` header is another site's; 415, if a body is not JSON.
    """
    host = request.header("host") or ""
    if not _is_own_host(host, listening_host):
        message = f"Control requests with the Host {host!r} are rejected: use an IP address, localhost or a plain name"
        raise ApiError(403, message, field="Host")
    origin = request.header("origin")
    if origin is not None and origin != f"http://{host}":
        raise ApiError(403, f"Control requests from pages at {origin!r} are rejected", field="Origin")
    content_type = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if request.body != b"" and content_type != JSON:
        message = f"Control requests with a body need the header 'Content-Type: {JSON}'"
        raise ApiError(415, message, field="Content-Type")


def _is_own_host(host: str, listening_host: str) -> bool:
    """Return whether a ``Host`` header is an IP address, a local name, or the host that the sandbox listens on.

    Names without a dot are local, with or without a final ``.localhost``.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name == listening_host.lower():
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name != "" and "." not in name.removesuffix(".localhost")
    return True
