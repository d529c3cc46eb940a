"""Proxies and other settings of the environment: the same with both drivers."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme

from airflow_provider_segment.protocol.errors import SegmentConnectionError
from airflow_provider_segment.transport.network import network_for
from tests.hostile.calling import TOKEN, CallApi, connection_to, deleting
from tests.hostile.certificates import ca_file, server_context
from tests.hostile.server import Server, http, once, serving, tunnelling

HOST = "api.segment.example"
"""A host that does not exist; only the proxy of a test reaches it."""


@dataclass
class Behind:
    """Segment behind a proxy."""

    segment: Server
    proxy: Server
    verify: str

    def proxy_url(self, user_info: str = "", scheme: str = "http://") -> str:
        return f"{scheme}{user_info}127.0.0.1:{self.proxy.port}"


@pytest.fixture
def ca(tmp_path: Path) -> trustme.CA:
    return trustme.CA()


@contextmanager
def behind_a_proxy(ca: trustme.CA, folder: Path, *, encrypted: bool = False) -> Iterator[Behind]:
    with (
        serving(once(http()), tls=server_context(ca, HOST)) as segment,
        serving(tunnelling(to=segment.port), tls=server_context(ca, "127.0.0.1") if encrypted else None) as proxy,
    ):
        yield Behind(segment, proxy, ca_file(ca, folder))


def head(request: bytes) -> list[bytes]:
    return request.partition(b"\r\n\r\n")[0].split(b"\r\n")


def check_tunnel(behind: Behind, credentials: str | None) -> None:
    """Check that the proxy got the host and its own credentials, and only Segment got the token."""
    (connect,) = behind.proxy.requests
    assert connect.startswith(f"CONNECT {HOST}:443 ".encode())
    assert TOKEN.encode() not in connect
    authorization = [line for line in head(connect) if line.lower().startswith(b"proxy-authorization:")]
    if credentials is None:
        assert authorization == []
    else:
        encoded = base64.b64encode(credentials.encode())
        assert [line.split(b": ")[1] for line in authorization] == [b"Basic " + encoded]
    (request,) = behind.segment.requests
    assert f"Authorization: Bearer {TOKEN}".encode() in head(request)
    assert b"proxy-authorization" not in request.lower()


@pytest.mark.parametrize("scheme", ["http://", ""])
@pytest.mark.parametrize(
    ("user_info", "credentials"),
    [("", None), ("user:p%40ss%3A%20word@", "user:p@ss: word")],
    ids=["open", "with-password"],
)
def test_a_proxy_of_the_connection_is_used(
    call_api: CallApi, ca: trustme.CA, tmp_path: Path, scheme: str, user_info: str, credentials: str | None
) -> None:
    with behind_a_proxy(ca, tmp_path) as behind:
        proxies = {"https": behind.proxy_url(user_info, scheme)}
        assert call_api(f"https://{HOST}", proxies=proxies, verify=behind.verify)["slug"] == "w"
        check_tunnel(behind, credentials)


def test_an_https_proxy_is_used(call_api: CallApi, ca: trustme.CA, tmp_path: Path) -> None:
    with behind_a_proxy(ca, tmp_path, encrypted=True) as behind:
        proxies = {"https": behind.proxy_url("user:word@", "https://")}
        assert call_api(f"https://{HOST}", proxies=proxies, verify=behind.verify)["slug"] == "w"
        check_tunnel(behind, "user:word")


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_used(
    call_api: CallApi, ca: trustme.CA, tmp_path: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with behind_a_proxy(ca, tmp_path) as behind:
        monkeypatch.setenv(variable, behind.proxy_url("user:word@"))
        assert call_api(f"https://{HOST}", verify=behind.verify)["slug"] == "w"
        check_tunnel(behind, "user:word")


@pytest.mark.parametrize(
    ("environment", "proxy"),
    [
        ({"http_proxy": "p"}, None),
        ({"https_proxy": "p"}, "http://p"),
        ({"https_proxy": "p", "all_proxy": "q"}, "http://p"),
        ({"https_proxy": "p", "no_proxy": HOST}, None),
        ({"https_proxy": "p", "NO_PROXY": "segment.example"}, None),
        ({"https_proxy": "p", "NO_PROXY": ".segment.example"}, None),
        ({"https_proxy": "p", "NO_PROXY": "x.example, segment.example"}, None),
        ({"https_proxy": "p", "NO_PROXY": f"{HOST}:8443"}, None),
        ({"https_proxy": "p", "NO_PROXY": f"{HOST}:1"}, "http://p"),
        ({"https_proxy": "p", "NO_PROXY": "*"}, None),
        ({"https_proxy": "p", "NO_PROXY": "ment.example"}, "http://p"),
    ],
)
def test_the_proxy_is_chosen_from_the_environment(
    environment: dict[str, str], proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One function chooses for both drivers."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert network_for(connection_to(f"https://{HOST}:8443")).proxy == proxy


def test_the_connections_proxies_take_precedence_over_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://environment.example")
    monkeypatch.setenv("no_proxy", "*")
    own = connection_to(f"https://{HOST}", proxies={"all": "http://own.example"})
    assert network_for(own).proxy == "http://own.example"
    assert network_for(connection_to(f"https://{HOST}", proxies={})).proxy is None


@pytest.mark.parametrize(
    "status", ["407 Proxy Authentication Required", "403 Forbidden", "502 Bad Gateway", "302 Found"]
)
def test_a_request_rejected_by_the_proxy_counts_as_not_sent(call_api: CallApi, status: str) -> None:
    refusal = f"HTTP/1.1 {status}\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".encode()
    with (
        serving(tunnelling(to=1, refusal=refusal)) as proxy,
        pytest.raises(SegmentConnectionError, match="the proxy rejected the request") as caught,
    ):
        call_api(f"https://{HOST}", deleting, proxies={"https": f"http://user:secret-word@127.0.0.1:{proxy.port}"})
    assert not caught.value.sent
    assert "secret-word" not in str(caught.value)
    assert all(TOKEN.encode() not in request for request in proxy.requests)


@pytest.mark.parametrize("refusal", [b"", b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nnot TLS at all"])
def test_a_request_to_a_broken_proxy_counts_as_not_sent(call_api: CallApi, refusal: bytes) -> None:
    with (
        serving(tunnelling(to=1, refusal=refusal)) as proxy,
        pytest.raises(SegmentConnectionError) as caught,
    ):
        call_api(f"https://{HOST}", deleting, proxies={"https": f"http://user:secret-word@127.0.0.1:{proxy.port}"})
    assert not caught.value.sent
    assert "secret-word" not in str(caught.value)


def test_an_unreachable_proxy_is_transient_and_its_password_not_shown(call_api: CallApi, unused_port: int) -> None:
    with pytest.raises(SegmentConnectionError) as caught:
        call_api(f"https://{HOST}", deleting, proxies={"https": f"http://user:secret-word@127.0.0.1:{unused_port}"})
    assert not caught.value.sent
    assert caught.value.transient
    assert "secret-word" not in str(caught.value)


@pytest.mark.parametrize(
    ("proxy", "message"),
    [
        ("socks5://u:secret-word@127.0.0.1:1080", "the scheme 'socks5' is not http or https"),
        ("socks5h://u:secret-word@127.0.0.1:1080", "the scheme 'socks5h' is not http or https"),
        ("ftp://u:secret-word@127.0.0.1", "the scheme 'ftp' is not http or https"),
        ("http://", "it has no host"),
        ("http://u:secret-word@", "it has no host"),
        ("http://u:secret-word@:3128", "it has no host"),
        ("http://u:secret-word@a b:3128", "it has no host"),
        ("http://u:secret-word@127.0.0.1:port", "its port is not a number between 1 and 65535"),
        ("http://u:secret-word@127.0.0.1:99999", "its port is not a number between 1 and 65535"),
        ("http://u:secret-word@[::1", "not a URL"),
    ],
)
def test_an_invalid_proxy_is_rejected(
    call_api: CallApi, proxy: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="connection 'seg', field proxies: ") as own:
        call_api(f"https://{HOST}", proxies={"https": proxy})
    monkeypatch.setenv("all_proxy", proxy)
    with pytest.raises(ValueError, match="the proxy from the environment: ") as environments:
        call_api(f"https://{HOST}")
    for caught in (own, environments):
        assert message in str(caught.value)
        assert "secret-word" not in str(caught.value)


@pytest.mark.parametrize("entry", ["machine 127.0.0.1", "machine localhost", "default"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_netrc_does_not_replace_the_token(
    call_api: CallApi, entry: str, host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (".netrc", "_netrc"):
        (tmp_path / name).write_text(f"{entry}\nlogin somebody\npassword else\n")
        (tmp_path / name).chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with serving(once(http())) as server:
        assert call_api(server.url.replace("127.0.0.1", host))["slug"] == "w"
    lines = head(server.requests[0])
    assert [line for line in lines if b"uthorization" in line] == [f"Authorization: Bearer {TOKEN}".encode()]


def test_a_netrc_is_not_used_for_the_proxy(
    call_api: CallApi, ca: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("default\nlogin somebody\npassword else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with behind_a_proxy(ca, tmp_path) as behind:
        monkeypatch.setenv("https_proxy", behind.proxy_url())
        assert call_api(f"https://{HOST}", verify=behind.verify)["slug"] == "w"
        check_tunnel(behind, None)


def test_no_variable_of_the_environment_adds_a_header(call_api: CallApi, monkeypatch: pytest.MonkeyPatch) -> None:
    def headers() -> Any:
        with serving(once(http())) as server:
            call_api(server.url)
            return [line for line in head(server.requests[0]) if not line.startswith(b"Host:")]

    plain = headers()
    for name in ("AUTHORIZATION", "HTTP_AUTHORIZATION", "USER_AGENT", "COOKIE", "http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://somebody:else@127.0.0.1:1")
    assert headers() == plain
