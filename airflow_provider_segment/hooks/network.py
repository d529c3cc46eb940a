"""Proxy, CA and header rules, from one place for both drivers.

The drivers trust nothing of the environment by themselves, or a ``.netrc`` would replace the token; what the
environment may say, it says here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from airflow_provider_segment import __version__
from airflow_provider_segment.hooks.connection import SegmentConnection, is_loopback

BODY_LIMIT = 64 * 1024 * 1024
"""Longest answer read, in decompressed bytes: three times a page of 1000 destinations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What a driver needs beside the request.

    :param headers: of every request, the token among them.
    :param proxies: by scheme; empty for none.
    :param verify: path of a CA bundle, ``True`` for the system's, ``False`` for none.
    """

    headers: Mapping[str, str] = field(repr=False)
    proxies: Mapping[str, str] = field(repr=False)
    verify: bool | str


def network_for(connection: SegmentConnection) -> Network:
    """Settle proxy, CA and headers for a connection.

    :param connection: its own proxies and CA go before the environment's.
    :raises ValueError: the environment names a CA bundle that does not exist.
    """
    ca = _environment_ca()
    return Network(
        headers={
            "Authorization": f"Bearer {connection.token}",
            "User-Agent": f"airflow-provider-segment/{__version__}",
        },
        proxies=_environment_proxies(connection.base_url) if connection.proxies is None else connection.proxies,
        verify=ca if connection.verify is True and ca else connection.verify,
    )


def _environment_ca() -> str | None:
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        if path := os.environ.get(variable):
            if not Path(path).exists():
                raise ValueError(f"the environment variable {variable} names {path!r}, which does not exist")
            return path
    return None


def _environment_proxies(base_url: str) -> Mapping[str, str]:
    host = urlsplit(base_url).hostname or ""
    # A proxy elsewhere can't reach this machine's own loopback.
    if is_loopback(host) or proxy_bypass(host):
        return {}
    return {scheme: url for scheme, url in getproxies().items() if scheme in {"http", "https", "all"}}
