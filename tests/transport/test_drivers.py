"""Both drivers against servers that misbehave in ways the sandbox does not."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import pytest

from airflow_provider_segment.protocol.api.workspace import get_workspace
from airflow_provider_segment.protocol.errors import SegmentConnectionError
from airflow_provider_segment.protocol.flow.steps import Flow, Log, Pause
from airflow_provider_segment.transport import body
from airflow_provider_segment.transport.connection import SegmentConnection, parse_connection
from tests.drivers_and_hooks import DRIVERS

WORKSPACE = b'{"data": {"workspace": {"id": "w", "name": "W", "slug": "w"}}}'


class Recorder:
    """A replacement for Airflow's logger that keeps the messages."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, str]] = []

    def log(self, level: int, msg: Any, /, *args: Any) -> None:
        self.lines.append((level, str(msg) % args))


@contextmanager
def server(*responses: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Send each connection one of the responses, and keep the requests."""
    listener = socket.create_server(("127.0.0.1", 0))
    requests: list[bytes] = []

    def serve() -> None:
        for response in responses:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                requests.append(connection.recv(65536))
                connection.sendall(response)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", requests
    finally:
        # Wakes serve() if it still waits for a connection.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def http(body: bytes, *, status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def connection_to(url: str, **extra: Any) -> SegmentConnection:
    return parse_connection(
        conn_id="seg", host=url, port=None, password="a-token", extra={"retry_budget": 0.1, "timeout": 5} | extra
    )


class CallApi(Protocol):
    def __call__(self, url: str, /, **extra: Any) -> Any: ...


@pytest.fixture(params=DRIVERS)
def call_api(request: pytest.FixtureRequest) -> CallApi:
    """Return a function that gets the workspace with one of the drivers."""

    def with_driver(url: str, /, **extra: Any) -> Any:
        connection = connection_to(url, **extra)
        return DRIVERS[request.param](connection, lambda: get_workspace(connection.options), Recorder())

    return with_driver


def test_a_request_has_the_token_media_type_and_user_agent(call_api: CallApi) -> None:
    with server(http(WORKSPACE)) as (url, requests):
        assert call_api(url)["slug"] == "w"
    (request,) = requests
    assert request.startswith(b"GET / HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Bearer a-token\r\n" in request
    assert b"\r\nAccept: application/vnd.segment.v1+json\r\n" in request
    assert b"\r\nUser-Agent: airflow-provider-segment/" in request


def test_a_compressed_response_is_decompressed(call_api: CallApi) -> None:
    with server(http(gzip.compress(WORKSPACE), headers="Content-Encoding: gzip\r\n")) as (url, _):
        assert call_api(url)["slug"] == "w"


@pytest.mark.parametrize("compressed", [False, True])
def test_a_huge_response_is_an_error(call_api: CallApi, compressed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "BODY_LIMIT", 100_000)
    long = b" " * 100_001
    response = http(gzip.compress(long), headers="Content-Encoding: gzip\r\n") if compressed else http(long)
    with (
        server(response) as (url, requests),
        pytest.raises(SegmentConnectionError, match="longer than 100000 bytes") as caught,
    ):
        call_api(url, retry_budget=60)
    assert not caught.value.transient
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (b"", "the connection was closed without a response"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{", "the response was truncated"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "the response is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", "could not be decompressed"),
    ],
    ids=["nothing", "cut-short", "not-http", "not-gzip"],
)
def test_a_broken_response_is_a_connection_error(call_api: CallApi, response: bytes, message: str) -> None:
    with server(response) as (url, _), pytest.raises(SegmentConnectionError, match=message) as caught:
        call_api(url)
    assert caught.value.sent
    assert caught.value.transient
    assert "0x" not in str(caught.value)


def test_a_silent_server_times_out(call_api: CallApi) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    try:
        with pytest.raises(SegmentConnectionError, match="the response timed out") as caught:
            call_api(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=0.2)
        assert caught.value.sent
    finally:
        listener.close()


def test_https_to_a_plain_http_server_is_not_retried(call_api: CallApi) -> None:
    with server(http(WORKSPACE)) as (url, requests), pytest.raises(SegmentConnectionError) as caught:
        call_api(url.replace("http://", "https://"), retry_budget=60)
    assert not caught.value.transient
    assert len(requests) == 1


def test_a_refused_connection_counts_as_not_sent(call_api: CallApi, unused_port: int) -> None:
    with pytest.raises(SegmentConnectionError, match=r"the connection failed \(Connection refused\)") as caught:
        call_api(f"http://127.0.0.1:{unused_port}")
    assert not caught.value.sent


@pytest.mark.parametrize("driver", DRIVERS)
def test_pauses_and_messages_are_logged(driver: str) -> None:
    def flow() -> Flow[str]:
        yield Pause(0, "waiting 100 % of nothing", logging.INFO)
        yield Log("beware", logging.WARNING)
        return "done"

    log = Recorder()
    assert DRIVERS[driver](connection_to("http://127.0.0.1:1"), flow, log) == "done"
    assert log.lines == [(logging.INFO, "waiting 100 % of nothing"), (logging.WARNING, "beware")]


def test_an_environment_proxy_is_not_used_for_loopback(call_api: CallApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with server(http(WORKSPACE)) as (url, _):
        assert call_api(url)["slug"] == "w"


@pytest.mark.parametrize("key", ["http", "all", "http://127.0.0.1"])
def test_a_proxy_gets_no_token_for_a_loopback_base_url(call_api: CallApi, key: str) -> None:
    with server(http(WORKSPACE)) as (url, requests), server(http(WORKSPACE)) as (proxy, seen_by_proxy):
        assert call_api(url, proxies={key: proxy})["slug"] == "w"
    assert requests[0].startswith(b"GET / HTTP/1.1\r\n")
    assert seen_by_proxy == []
