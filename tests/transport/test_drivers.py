"""Both drivers against servers that misbehave in ways the sandbox does not: one table of cases."""

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
from tests.transport.both import ASKS

WORKSPACE = b'{"data": {"workspace": {"id": "w", "name": "W", "slug": "w"}}}'


class Recorder:
    """Stands for Airflow's logger."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, str]] = []

    def log(self, level: int, msg: Any, /, *args: Any) -> None:
        self.lines.append((level, str(msg) % args))


@contextmanager
def server(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Answers each connection with the given bytes, and keeps what it was sent."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked: list[bytes] = []

    def serve() -> None:
        for response in answers:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                asked.append(connection.recv(65536))
                connection.sendall(response)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
    finally:
        # Wakes a serve() that still waits for a connection.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def http(body: bytes, *, status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def connection_to(url: str, **extra: Any) -> SegmentConnection:
    return parse_connection(
        conn_id="seg", host=url, port=None, password="a-token", extra={"retry_budget": 0.1, "timeout": 5} | extra
    )


class Asking(Protocol):
    def __call__(self, url: str, /, **extra: Any) -> Any: ...


@pytest.fixture(params=ASKS)
def ask(request: pytest.FixtureRequest) -> Asking:
    """Asks for the workspace with one of the drivers."""

    def with_driver(url: str, /, **extra: Any) -> Any:
        connection = connection_to(url, **extra)
        return ASKS[request.param](connection, lambda: get_workspace(connection.options), Recorder())

    return with_driver


def test_what_is_sent(ask: Asking) -> None:
    with server(http(WORKSPACE)) as (url, asked):
        assert ask(url)["slug"] == "w"
    (request,) = asked
    assert request.startswith(b"GET / HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Bearer a-token\r\n" in request
    assert b"\r\nAccept: application/vnd.segment.v1+json\r\n" in request
    assert b"\r\nUser-Agent: airflow-provider-segment/" in request


def test_a_compressed_answer_is_read(ask: Asking) -> None:
    with server(http(gzip.compress(WORKSPACE), headers="Content-Encoding: gzip\r\n")) as (url, _):
        assert ask(url)["slug"] == "w"


@pytest.mark.parametrize("compressed", [False, True])
def test_a_huge_answer_ends_in_an_error(ask: Asking, compressed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "BODY_LIMIT", 100_000)
    long = b" " * 100_001
    response = http(gzip.compress(long), headers="Content-Encoding: gzip\r\n") if compressed else http(long)
    with (
        server(response) as (url, asked),
        pytest.raises(SegmentConnectionError, match="longer than 100000 bytes") as caught,
    ):
        ask(url, retry_budget=60)
    assert not caught.value.transient
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("response", "says"),
    [
        (b"", "the connection was closed without an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{", "the answer broke off"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", "could not be decompressed"),
    ],
    ids=["nothing", "cut-short", "not-http", "not-gzip"],
)
def test_broken_answers(ask: Asking, response: bytes, says: str) -> None:
    with server(response) as (url, _), pytest.raises(SegmentConnectionError, match=says) as caught:
        ask(url)
    assert caught.value.sent
    assert caught.value.transient
    assert "0x" not in str(caught.value)


def test_silence_ends_with_the_timeout(ask: Asking) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    try:
        with pytest.raises(SegmentConnectionError, match="the answer timed out") as caught:
            ask(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=0.2)
        assert caught.value.sent
    finally:
        listener.close()


def test_https_to_a_server_that_does_not_speak_it_is_final(ask: Asking) -> None:
    with server(http(WORKSPACE)) as (url, asked), pytest.raises(SegmentConnectionError) as caught:
        ask(url.replace("http://", "https://"), retry_budget=60)
    assert not caught.value.transient
    assert len(asked) == 1


def test_refused_was_surely_not_sent(ask: Asking, unused_port: int) -> None:
    with pytest.raises(SegmentConnectionError, match=r"no connection could be made \(Connection refused\)") as caught:
        ask(f"http://127.0.0.1:{unused_port}")
    assert not caught.value.sent


@pytest.mark.parametrize("driver", ASKS)
def test_pauses_and_messages_go_to_the_log(driver: str) -> None:
    def flow() -> Flow[str]:
        yield Pause(0, "waiting 100 % of nothing", logging.INFO)
        yield Log("beware", logging.WARNING)
        return "done"

    log = Recorder()
    assert ASKS[driver](connection_to("http://127.0.0.1:1"), flow, log) == "done"
    assert log.lines == [(logging.INFO, "waiting 100 % of nothing"), (logging.WARNING, "beware")]


def test_an_environment_proxy_does_not_come_between_loopback(ask: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with server(http(WORKSPACE)) as (url, _):
        assert ask(url)["slug"] == "w"


def test_a_proxy_of_the_connection_is_used(ask: Asking) -> None:
    with server(http(WORKSPACE)) as (proxy, asked):
        assert ask("http://127.0.0.1:9", proxies={"http": proxy})["slug"] == "w"
    assert asked[0].startswith(b"GET http://127.0.0.1:9/ HTTP/1.1\r\n")
