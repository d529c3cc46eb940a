"""Proxy, CA and header rules, from one place for both drivers.

The drivers trust nothing of the environment by themselves, or a ``.netrc`` would replace the token; what the
environment may say, it says here.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi

from airflow_provider_segment.masking import mask_secrets
from airflow_provider_segment.transport.connection import SegmentConnection, is_loopback
from airflow_provider_segment.version import __version__


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
    :raises ValueError: a CA bundle of the environment that does not exist, or a proxy that is none.
    """
    url = urlsplit(connection.base_url)
    proxies = _environment_proxies(url) if connection.proxies is None else connection.proxies
    mask_secrets([connection.token, *_passwords(proxies)])
    proxy = _proxy(proxies, url)
    if proxy and (reason := _why_unfit(proxy)):
        own = f"connection {connection.conn_id!r}, field proxies"
        raise ValueError(f"{'the proxy of the environment' if connection.proxies is None else own}: {reason}")
    return Network(
        headers={
            "Authorization": f"Bearer {connection.token}",
            "User-Agent": f"airflow-provider-segment/{__version__}",
        },
        proxy=proxy,
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


def _environment_proxies(url: SplitResult) -> Mapping[str, str]:
    # A proxy elsewhere can't reach this machine's own loopback. NO_PROXY may name a host with its port.
    if is_loopback(url.hostname) or any(proxy_bypass(host) for host in (url.hostname or "", url.netloc)):
        return {}
    return getproxies()


def _proxy(proxies: Mapping[str, str], url: SplitResult) -> str | None:
    """Pick the proxy: one for the host goes before one for the scheme, and that before one for all.

    The keys and their order are those of requests: https://requests.readthedocs.io/en/latest/user/advanced/#proxies
    """
    keys = (f"{url.scheme}://{url.hostname}", url.scheme, f"all://{url.hostname}", "all")
    found = next((proxies[key] for key in keys if proxies.get(key)), None)
    return f"http://{found}" if found and "://" not in found else found


def _why_unfit(proxy: str) -> str | None:
    """Never shows more of a proxy than its scheme: its URL may hold a password."""
    try:
        url = urlsplit(proxy)
        named = bool(url.hostname) and url.port != 0
    except ValueError:
        return "it is not a URL"
    if url.scheme not in {"http", "https"}:
        return f"the scheme {url.scheme!r} is not http or https; other kinds of proxy are not supported"
    if not named or not proxy.isprintable() or " " in proxy:
        return "it names no host; write it as http://proxy.example:3128"
    return None


class LogSink(Protocol):
    """What Airflow's loggers and the standard library's have in common."""

    def log(self, level: int, msg: Any, /, *args: Any) -> Any:
        """Log with a level of the standard library's."""


_ENDED = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError, TimeoutError)


def is_tls_failure(cause: BaseException) -> bool:
    """Whatever goes wrong in TLS before it is agreed on will go wrong again; a connection that ends will not."""
    return isinstance(cause, ssl.SSLError) and not isinstance(cause, _ENDED)
