"""Proxy, CA and header rules, from one place for both drivers.

The drivers trust nothing of the environment by themselves, or a ``.netrc`` would replace the token; what the
environment may say, it says here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi

from airflow_provider_segment import __version__
from airflow_provider_segment.hooks.connection import SegmentConnection, is_loopback
from airflow_provider_segment.masking import conceal


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What a driver needs beside the request.

    :param headers: of every request, the token among them.
    :param proxy: URL of the proxy to go through; ``None`` for none.
    :param ca: path of a CA bundle, a file or a directory; ``None`` where nothing is verified.
    """

    headers: Mapping[str, str] = field(repr=False)
    proxy: str | None = field(repr=False)
    ca: str | None


def network_for(connection: SegmentConnection) -> Network:
    """Settle proxy, CA and headers for a connection, and let Airflow mask its passwords, wherever they come from.

    :param connection: its own proxies and CA go before the environment's.
    :raises ValueError: the environment names a CA bundle that does not exist.
    """
    proxies = _environment_proxies(connection.base_url) if connection.proxies is None else connection.proxies
    conceal([connection.token, *_passwords(proxies)])
    return Network(
        headers={
            "Authorization": f"Bearer {connection.token}",
            "User-Agent": f"airflow-provider-segment/{__version__}",
        },
        proxy=_proxy(proxies, connection.base_url),
        ca=_ca(connection.verify),
    )


def _ca(verify: bool | str) -> str | None:  # noqa: FBT001
    if isinstance(verify, str):
        return verify
    # Neither of the drivers would take the bundle of the other.
    return (_environment_ca() or certifi.where()) if verify else None


def _passwords(proxies: Mapping[str, str]) -> Iterator[str]:
    """Passwords of proxies, as they are and as they stand in the address."""
    for proxy in proxies.values():
        try:
            password = urlsplit(proxy if "://" in proxy else f"//{proxy}").password
        except ValueError:
            continue  # what is no URL is refused when it is used, without being shown
        if password:
            yield from (password, unquote(password))


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
    return getproxies()


def _proxy(proxies: Mapping[str, str], base_url: str) -> str | None:
    """Pick the proxy: one for the host goes before one for the scheme, and that before one for all.

    The keys and their order are those of requests: https://requests.readthedocs.io/en/latest/user/advanced/#proxies
    """
    url = urlsplit(base_url)
    keys = (f"{url.scheme}://{url.hostname}", url.scheme, f"all://{url.hostname}", "all")
    found = next((proxies[key] for key in keys if proxies.get(key)), None)
    return f"http://{found}" if found and "://" not in found else found
