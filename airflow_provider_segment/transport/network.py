"""The rules for proxies, CAs and headers, in one place for both drivers.

The drivers ignore the environment, because a ``.netrc`` would replace the token. Settings that may come from the
environment are read here.
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
from airflow_provider_segment.protocol.secret_str import SecretStr
from airflow_provider_segment.protocol.tracebacks import hides_frames
from airflow_provider_segment.transport.connection import SegmentConnection, is_loopback, port_problem
from airflow_provider_segment.version import __version__


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The headers, proxy and CA of a connection.

    :param headers: headers of every request, including the token.
    :param proxy: URL of the proxy to use; ``None`` for none.
    :param ca: path of a CA bundle, a file or a directory; ``None`` if TLS is not verified.
    :param ca_modified: modification time of the bundle, so that a replaced one is noticed.
    """

    headers: Mapping[str, str] = field(repr=False)
    proxy: str | None = field(repr=False)
    ca: str | None
    ca_modified: int | None = None


@hides_frames
def network_for(connection: SegmentConnection) -> Network:
    """Return the proxy, CA and headers for a connection, and mask its token and proxy passwords in logs.

    :param connection: its proxies and CA take precedence over the environment's.
    :raises ValueError: the environment names a CA bundle that does not exist, or a proxy URL is invalid.
    """
    url = urlsplit(connection.base_url)
    proxies = _environment_proxies(url) if connection.proxies is None else connection.proxies
    mask_secrets([connection.token, *_passwords(proxies)])
    # A proxy on another machine cannot reach this machine's loopback, and would receive the token without TLS.
    proxy = None if is_loopback(url.hostname) else _proxy(proxies, url)
    if proxy and (problem := _proxy_problem(proxy)):
        field_of_connection = f"connection {connection.conn_id!r}, field proxies"
        origin = "the proxy from the environment" if connection.proxies is None else field_of_connection
        raise ValueError(f"{origin}: {problem}")
    return Network(
        headers={
            "Authorization": f"Bearer {connection.token.get_secret_value()}",
            "User-Agent": f"airflow-provider-segment/{__version__}",
        },
        proxy=proxy,
        ca=(ca := _ca(connection.verify)),
        ca_modified=None if ca is None else Path(ca).stat().st_mtime_ns,
    )


def _ca(verify: bool | str) -> str | None:  # noqa: FBT001
    if isinstance(verify, str):
        return verify
    # certifi's, so that both drivers trust the same CAs; their own defaults differ.
    return (_environment_ca() or certifi.where()) if verify else None


def _passwords(proxies: Mapping[str, str]) -> Iterator[SecretStr]:
    """Yield each proxy's password, both as encoded in the URL and decoded."""
    for proxy in proxies.values():
        try:
            password = urlsplit(proxy if "://" in proxy else f"//{proxy}").password
        except ValueError:
            continue  # an invalid URL is reported when it is used, without quoting it
        if password:
            yield from (SecretStr(password), SecretStr(unquote(password)))


def _environment_ca() -> str | None:
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        if path := os.environ.get(variable):
            if not Path(path).exists():
                raise ValueError(f"the environment variable {variable} is {path!r}, but this path does not exist")
            return path
    return None


def _environment_proxies(url: SplitResult) -> Mapping[str, str]:
    # NO_PROXY may name a host with its port.
    if any(proxy_bypass(host) for host in (url.hostname or "", url.netloc)):
        return {}
    return getproxies()


def _proxy(proxies: Mapping[str, str], url: SplitResult) -> str | None:
    """Return the first proxy that is set: for the scheme and host, the scheme, the host, or all URLs.

    The keys and their order are those of requests: https://requests.readthedocs.io/en/latest/user/advanced/#proxies
    """
    keys = (f"{url.scheme}://{url.hostname}", url.scheme, f"all://{url.hostname}", "all")
    found = next((proxies[key] for key in keys if proxies.get(key)), None)
    return f"http://{found}" if found and "://" not in found else found


def _proxy_problem(proxy: str) -> str | None:
    """Return the problem with a proxy's URL, if any, quoting only the scheme: the URL may contain a password."""
    try:
        url = urlsplit(proxy)
    except ValueError:
        return "it is not a URL"
    if url.scheme not in {"http", "https"}:
        return f"the scheme {url.scheme!r} is not http or https; other kinds of proxy are not supported"
    if not url.hostname or not proxy.isprintable() or " " in proxy:
        return "it has no host; write it as http://proxy.example:3128"
    return port_problem(url)


class LogSink(Protocol):
    """A logger: Airflow's or the standard library's."""

    def log(self, level: int, msg: Any, /, *args: Any) -> Any:
        """Log a message at one of the levels of the standard library's ``logging``."""


_CONNECTION_ENDED = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError, TimeoutError)


def is_tls_failure(cause: BaseException) -> bool:
    """Return whether TLS failed permanently: retrying may fix a lost connection, but not a failed handshake.

    :param cause: an error below a failed request.
    """
    return isinstance(cause, ssl.SSLError) and not isinstance(cause, _CONNECTION_ENDED)
