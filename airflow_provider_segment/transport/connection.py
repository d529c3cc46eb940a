"""The validated, immutable form of an Airflow connection of type ``segment_public_api``."""

from __future__ import annotations

import ipaddress
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from airflow_provider_segment.protocol.flow.steps import CallOptions
from airflow_provider_segment.protocol.secret_str import SecretStr

REGIONS = {"us": "https://api.segmentapis.com", "eu": "https://eu1.api.segmentapis.com"}
"""https://docs.segmentapis.com/tag/Getting-Started"""

EXTRA_KEYS = ("region", "timeout", "retry_budget", "rate_limit_budget", "reconcile_timeout", "verify", "proxies")
"""The keys of the connection's extra."""

_TEST_TIMEOUT = 10.0
"""Timeout of the connection test, in seconds: short, because a user is waiting."""

_MIN_POLL_INTERVAL = 60.0
"""Shortest poll interval, in seconds; Segment's finest counts are per minute."""

_MAX_SECONDS = 1_000_000.0
"""Upper bound of all durations: eleven days, longer than any sensible wait. Sockets have a limit as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentConnection:
    """A parsed connection: the URL, token, timeout, TLS and proxies for calling Segment.

    :param conn_id: id of the Airflow connection.
    :param base_url: scheme, host, port and optionally a path, without a trailing slash.
    :param token: API token; never shown.
    :param timeout: seconds per attempt.
    :param options: options of every call.
    :param verify: path of a CA bundle, ``True`` for the environment's or certifi's, ``False`` to verify nothing.
    :param proxies: proxies by scheme; ``None`` for the environment's.
    :param warnings: warnings about probable mistakes, such as an unknown key of the extra.
    """

    conn_id: str
    base_url: str
    token: SecretStr
    timeout: float = 30.0
    options: CallOptions
    verify: bool | str = True
    proxies: Mapping[str, str] | None = field(default=None, repr=False)
    warnings: tuple[str, ...] = ()


def parse_connection(
    *,
    conn_id: str,
    host: str | None,
    port: int | None,
    password: str | None,
    extra: Mapping[str, Any],
    variables: Mapping[str, str] | None = None,
) -> SegmentConnection:
    """Parse the fields of a connection.

    :param conn_id: id of the Airflow connection, for messages.
    :param host: base URL; if empty, the one of the region; https is assumed if it has no scheme.
    :param port: port, used if the host has none.
    :param password: API token.
    :param extra: the extra fields; empty ones mean the default.
    :param variables: names of the environment variables that the fields were read from, by field, if there is no
        Airflow connection; messages refer to these names.
    :raises ValueError: a field is invalid; the message names the connection, the field, and what is allowed.
    """
    if not isinstance(extra, Mapping):
        raise ValueError(f"connection {conn_id!r}, field extra: it must be a JSON object")
    names = variables or {}
    fields = _Fields(conn_id, {key: value for key, value in extra.items() if value not in (None, "")}, names)
    token = _token(fields, password)
    url = _base_url(fields, host, port)
    timeout = fields.seconds("timeout", 30.0, positive=True)
    return SegmentConnection(
        conn_id=conn_id,
        base_url=url.geturl(),
        token=token,
        timeout=timeout,
        options=CallOptions(
            connection=f"{names['password']} for {url.netloc}" if names else f"connection {conn_id!r} to {url.netloc}",
            region_setting=names.get("region", "the extra field `region`"),
            retry_budget=fields.seconds("retry_budget", 300.0),
            rate_limit_budget=fields.seconds("rate_limit_budget", 3600.0),
            # A request that timed out here may still be processed behind a load balancer.
            reconcile_timeout=max(timeout, fields.seconds("reconcile_timeout", timeout)),
            # The sandbox counts events immediately, so tests and demos need not wait for the next minute.
            min_poll_interval=0.0 if is_loopback(url.hostname) else _MIN_POLL_INTERVAL,
            secrets=(token,),
        ),
        verify=_verify(fields, is_loopback(url.hostname)),
        proxies=_proxies(fields),
        warnings=(*_unknown_keys(conn_id, extra), *_unused_region(fields, host, url)),
    )


def _unknown_keys(conn_id: str, extra: Mapping[str, Any]) -> Iterator[str]:
    for key in extra:
        if key not in EXTRA_KEYS:
            similar = get_close_matches(str(key).lower(), EXTRA_KEYS, n=1)
            hint = f"did you mean {similar[0]!r}?" if similar else f"allowed keys: {', '.join(EXTRA_KEYS)}"
            yield f"connection {conn_id!r}, field extra: unknown key {key!r} is ignored; {hint}"


def _unused_region(fields: _Fields, host: str | None, url: SplitResult) -> Iterator[str]:
    region = fields.extra.get("region")
    if region is None or not (host or "").strip():
        return
    for name, region_url in REGIONS.items():
        if url.hostname == urlsplit(region_url).hostname and region.strip().lower() != name:
            yield str(
                fields.error(
                    "region",
                    f"{region!r} is ignored, because the base URL belongs to the region {name!r}; clear the base URL to"
                    f" use {region!r}",
                )
            )


def for_test_button(connection: SegmentConnection) -> SegmentConnection:
    """Return a copy of a connection for the "Test" button, without retries and with a short timeout.

    :param connection: the connection to test.
    """
    single_attempt = replace(connection.options, retry_budget=0, rate_limit_budget=0)
    return replace(connection, timeout=min(connection.timeout, _TEST_TIMEOUT), options=single_attempt)


def is_loopback(host: str | None) -> bool:
    """Return whether a host is a loopback address or ``localhost``.

    :param host: host without a port.
    """
    if host == "localhost":
        return True
    return _is_address(host) and ipaddress.ip_address(host or "").is_loopback


MAX_PORT = 65535
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?", re.ASCII)


def _is_address(host: str | None) -> bool:
    try:
        ipaddress.ip_address(host or "")
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Fields:
    conn_id: str
    extra: Mapping[str, Any]
    variables: Mapping[str, str]

    def error(self, name: str, problem: str) -> ValueError:
        if name in self.variables:
            return ValueError(f"{self.variables[name]}: {problem}")
        return ValueError(f"connection {self.conn_id!r}, field {name}: {problem}")

    def seconds(self, name: str, default: float, *, positive: bool = False) -> float:
        value = self.extra.get(name, default)
        allowed = "a number of seconds above 0 and up to" if positive else "a number of seconds from 0 to"
        allowed += f" {_MAX_SECONDS:.0f}"
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not 0 <= number <= _MAX_SECONDS or (positive and number == 0):
            raise self.error(name, f"{value!r} is invalid; it must be {allowed}")
        return number


def _token(fields: _Fields, password: str | None) -> SecretStr:
    token = (password or "").strip()
    if not token:
        raise fields.error("password", "it is empty; set it to a Public API token of the workspace")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise fields.error("password", "it contains characters that are not allowed in an API token")
    return SecretStr(token)


def _base_url(fields: _Fields, host: str | None, port: int | None) -> SplitResult:
    text = (host or "").strip()
    region = fields.extra.get("region", "us")
    region_url = REGIONS.get(region.strip().lower()) if isinstance(region, str) else None
    if region_url is None:
        raise fields.error("region", f"{region!r} is not one of {', '.join(map(repr, REGIONS))}")
    if not text:
        return urlsplit(region_url)
    try:
        url = urlsplit(text if "://" in text else f"https://{text}")
    except ValueError:  # whose message may quote part of a password
        raise fields.error("host", "it is not a URL; write it as https://api.segmentapis.com") from None
    if reason := _url_problem(url, text) or port_problem(url):
        raise fields.error("host", reason)
    if port is not None and not 1 <= port <= MAX_PORT:
        raise fields.error("port", f"{port} is not between 1 and {MAX_PORT}")
    netloc = f"{url.netloc.removesuffix(':')}:{port}" if url.port is None and port else url.netloc
    return url._replace(netloc=netloc, path=url.path.rstrip("/"))


def port_problem(url: SplitResult) -> str | None:
    """Return the problem with a URL's port, if any; the port is not quoted, because it may be part of a password.

    :param url: any URL, with or without a port.
    """
    try:
        is_valid = url.port != 0
    except ValueError:
        is_valid = False
    return None if is_valid else f"its port is not a number between 1 and {MAX_PORT}"


def _url_problem(url: SplitResult, text: str) -> str | None:
    """Return the problem with a base URL, if any; only simple URLs are valid, because parsers differ on unusual ones.

    :param text: the URL as configured; splitting drops line breaks and tabs.
    """
    if url.username is not None or url.password is not None:
        return "it contains user info; put the token in the password field"
    if url.query or url.fragment:
        return "it contains a query or a fragment; a base URL has neither"
    if not url.hostname or not (_HOST_NAME.fullmatch(url.hostname) or _is_address(url.hostname)):
        return "it has no valid host name; write it as https://api.segmentapis.com, with non-ASCII names in Punycode"
    if not text.isascii() or not text.isprintable() or set(text) & set(' \\"<>^`{|}'):
        return "it contains characters that are not allowed in a URL; percent-encode them"
    if url.scheme not in {"http", "https"}:
        return f"its scheme is {url.scheme!r}; it must be https"
    if url.scheme == "http" and not is_loopback(url.hostname):
        return f"http:// would send the token unencrypted to {url.hostname}; use https://, except for loopback hosts"
    return None


def _verify(fields: _Fields, loopback: bool) -> bool | str:  # noqa: FBT001
    value = fields.extra.get("verify", True)
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        value = value.strip().lower() == "true"
    if value is False and not loopback:
        raise fields.error(
            "verify", "false is allowed only for loopback addresses; pass the path of a CA bundle instead"
        )
    if isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise fields.error("verify", f"{value!r} is of type {type(value).__name__}; it must be the path of a CA bundle")
    if not Path(value).exists():
        raise fields.error("verify", f"{value!r} does not exist; it must be the path of a CA bundle")
    return value


def _proxies(fields: _Fields) -> Mapping[str, str] | None:
    value = fields.extra.get("proxies")
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = False
    if value is None:
        return None
    if not isinstance(value, Mapping) or not all(isinstance(item, str) for pair in value.items() for item in pair):
        # Not shown: a proxy's URL may hold a password.
        raise fields.error("proxies", 'it must be a JSON object of strings, such as {"https": "http://proxy:3128"}')
    return dict(value)
