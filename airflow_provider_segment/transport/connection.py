"""An Airflow connection of type ``segment_public_api``, checked, as a frozen value."""

from __future__ import annotations

import ipaddress
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from airflow_provider_segment.protocol.flow.steps import CallOptions

REGIONS = {"us": "https://api.segmentapis.com", "eu": "https://eu1.api.segmentapis.com"}
"""https://docs.segmentapis.com/tag/Getting-Started"""

_TEST_TIMEOUT = 10.0
"""Seconds; a person waits for the "Test" button."""

_MAX_SECONDS = 1_000_000.0
"""Eleven days: no wait is meant to be longer, and a socket's timeout has a limit of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentConnection:
    """Where and how to reach Segment.

    :param conn_id: of the Airflow connection.
    :param base_url: scheme, host, port and perhaps a path, without a slash at the end.
    :param token: API token; never shown.
    :param timeout: seconds per attempt.
    :param options: what flows go by.
    :param verify: path of a CA bundle, ``True`` for the environment's or the system's, ``False`` for none.
    :param proxies: by scheme; ``None`` for the environment's.
    """

    conn_id: str
    base_url: str
    token: str = field(repr=False)
    timeout: float = 30.0
    options: CallOptions
    verify: bool | str = True
    proxies: Mapping[str, str] | None = field(default=None, repr=False)


def parse_connection(
    *, conn_id: str, host: str | None, port: int | None, password: str | None, extra: Mapping[str, Any]
) -> SegmentConnection:
    """Check the fields of a connection.

    :param conn_id: of the Airflow connection, for the messages.
    :param host: base URL; empty for the region's; without a scheme, https.
    :param port: honoured when the host has none.
    :param password: API token.
    :param extra: the extra fields; empty ones mean the default.
    :raises ValueError: naming the connection, the field, and what is allowed.
    """
    if not isinstance(extra, Mapping):
        raise ValueError(f"connection {conn_id!r}, field extra: it is not a JSON object")
    fields = _Fields(conn_id, {key: value for key, value in extra.items() if value not in (None, "")})
    token = _token(fields, password)
    url = _base_url(fields, host, port)
    return SegmentConnection(
        conn_id=conn_id,
        base_url=url.geturl(),
        token=token,
        timeout=fields.seconds("timeout", 30.0, positive=True),
        options=CallOptions(
            connection=f"connection {conn_id!r} to {url.netloc}",
            retry_budget=fields.seconds("retry_budget", 300.0),
            rate_limit_budget=fields.seconds("rate_limit_budget", 3600.0),
            reconcile_timeout=fields.seconds("reconcile_timeout", 10.0),
            secrets=(token,),
        ),
        verify=_verify(fields, is_loopback(url.hostname)),
        proxies=_proxies(fields),
    )


def for_test_button(connection: SegmentConnection) -> SegmentConnection:
    """Make a connection that answers soon, as the "Test" button needs it: it tries once.

    :param connection: to try.
    """
    impatient = replace(connection.options, retry_budget=0, rate_limit_budget=0)
    return replace(connection, timeout=min(connection.timeout, _TEST_TIMEOUT), options=impatient)


def is_loopback(host: str | None) -> bool:
    """Say whether a host is this machine by any of its own names.

    :param host: without a port.
    """
    if host == "localhost":
        return True
    return _is_address(host) and ipaddress.ip_address(host or "").is_loopback


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

    def wrong(self, name: str, what: str) -> ValueError:
        return ValueError(f"connection {self.conn_id!r}, field {name}: {what}")

    def seconds(self, name: str, default: float, *, positive: bool = False) -> float:
        value = self.extra.get(name, default)
        allowed = "a number of seconds above 0" if positive else "a number of seconds, 0 or more"
        allowed += f", at most {_MAX_SECONDS:.0f}"
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not 0 <= number <= _MAX_SECONDS or (positive and number == 0):
            raise self.wrong(name, f"{value!r} is not {allowed}")
        return number


def _token(fields: _Fields, password: str | None) -> str:
    token = (password or "").strip()
    if not token:
        raise fields.wrong("password", "it is empty; the API token of the workspace is needed")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise fields.wrong("password", "it holds characters that no API token has")
    return token


def _base_url(fields: _Fields, host: str | None, port: int | None) -> SplitResult:
    text = (host or "").strip()
    region = fields.extra.get("region", "us")
    if not isinstance(region, str) or region not in REGIONS:
        raise fields.wrong("region", f"{region!r} is not one of {', '.join(map(repr, REGIONS))}")
    if not text:
        return urlsplit(REGIONS[region])
    try:
        url = urlsplit(text if "://" in text else f"https://{text}")
        host_port = url.port
    except ValueError:  # which may quote a part of a password
        raise fields.wrong("host", "it is not a URL; write it as https://api.segmentapis.com") from None
    if reason := _why_unfit(url, text):
        raise fields.wrong("host", reason)
    netloc = f"{url.netloc.removesuffix(':')}:{port}" if host_port is None and port else url.netloc
    return url._replace(netloc=netloc, path=url.path.rstrip("/"))


def _why_unfit(url: SplitResult, text: str) -> str | None:
    """Say what is wrong with a base URL. Libraries disagree about odd ones, so only plain ones pass.

    :param text: the same as given; splitting drops line ends and tabs.
    """
    if url.username is not None or url.password is not None:
        return "it holds user info; the token belongs into password"
    if url.query or url.fragment:
        return "it holds a query or a fragment; a base URL has neither"
    if not url.hostname or not (_HOST_NAME.fullmatch(url.hostname) or _is_address(url.hostname)):
        return "it names no host; write it as https://api.segmentapis.com, a name beyond ASCII in its xn-- form"
    if not text.isascii() or not text.isprintable() or set(text) & set(' \\"<>^`{|}'):
        return "it holds characters that no URL has; they need percent-encoding"
    if url.scheme not in {"http", "https"}:
        return f"the scheme {url.scheme!r} is not https"
    if url.scheme == "http" and not is_loopback(url.hostname):
        return f"http:// would send the token in the clear to {url.hostname}; it is for loopback addresses only"
    return None


def _verify(fields: _Fields, loopback: bool) -> bool | str:  # noqa: FBT001
    value = fields.extra.get("verify", True)
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        value = value.strip().lower() == "true"
    if value is False and not loopback:
        raise fields.wrong("verify", "false is for loopback addresses only; give the path of a CA bundle")
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or not Path(value).exists():
        raise fields.wrong("verify", f"{value!r} is not the path of a CA bundle")
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
        raise fields.wrong("proxies", 'it is not a JSON object of texts, as {"https": "http://proxy:3128"}')
    return dict(value)
