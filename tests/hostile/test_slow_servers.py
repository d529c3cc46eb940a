"""Servers that would go on for ever: the timeout is one for the whole attempt, not for each piece.

No test looks at a clock. The servers never end by themselves, so an error is the proof.
"""

from __future__ import annotations

import inspect

import aiohttp
import pytest

from airflow_provider_segment.protocol.errors import SegmentConnectionError
from tests.hostile.calling import Asking, removing
from tests.hostile.server import Behaviour, Talk, serving

DRIP = 0.05
"""Seconds between two bytes: well below the timeout, so that no single wait is too long."""
TIMEOUT = 0.4


def after(start: bytes, *pieces: bytes, every: float = 0.0) -> Behaviour:
    """Begin an answer, then send pieces without end."""

    def behave(talk: Talk) -> None:
        talk.read_request()
        talk.send(start)
        talk.for_ever(*pieces, every=every)

    return behave


def silent(talk: Talk) -> None:
    talk.stay()


ENDLESS: dict[str, Behaviour] = {
    "silence": silent,
    "status line dripped": after(b"HTTP/1.1 200 ", b"O", every=DRIP),
    "before the status line": after(b"", b"\r", every=DRIP),
    "header dripped": after(b"HTTP/1.1 200 OK\r\nX: ", b"x", every=DRIP),
    "headers one by one": after(b"HTTP/1.1 200 OK\r\n", b"X: x\r\n", every=DRIP),
    "body dripped": after(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b" ", every=DRIP),
    "body dripped until it closes": after(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b" ", every=DRIP),
    "gzip dripped": after(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08", b"n", every=DRIP),
    "chunks without end": after(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", every=DRIP),
    "chunk size dripped": after(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0", every=DRIP),
    "trailers without end": after(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: x\r\n", every=DRIP
    ),
    "100 again and again": after(b"", b"HTTP/1.1 100 Continue\r\n\r\n", every=DRIP),
    "103 again and again": after(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n", every=DRIP),
    # As fast as it can: the deadline must also hold where no wait is ever long.
    "flood of 100": after(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "flood of 102": after(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 100),
    "flood of zeros for a chunk size": after(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0" * 10_000),
    "flood of a chunk extension": after(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x" * 10_000),
    "less than announced, and no end": after(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{", b"", every=DRIP),
}


@pytest.mark.parametrize("behaviour", ENDLESS.values(), ids=ENDLESS)
def test_ends_with_the_timeout(ask: Asking, behaviour: Behaviour) -> None:
    with serving(behaviour) as server, pytest.raises(SegmentConnectionError) as caught:
        ask(server.url, timeout=TIMEOUT)
    assert caught.value.sent
    assert caught.value.transient
    assert server.connections == 1


MANY_HEADERS = "header lines without end"
LIMITED: dict[str, Behaviour] = {
    MANY_HEADERS: after(b"HTTP/1.1 200 OK\r\n", b"X-A: x\r\n" * 100),
    "a header line without end": after(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 10_000),
    "a status line without end": after(b"HTTP/1.1 200 ", b"O" * 10_000),
    "a body without end": after(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b" " * 1_000_000),
}


@pytest.mark.parametrize("what", LIMITED)
def test_ends_before_the_timeout_where_it_is_too_much(ask: Asking, what: str) -> None:
    if what == MANY_HEADERS and "max_headers" not in inspect.signature(aiohttp.ClientSession).parameters:
        pytest.skip("aiohttp counts headers from 3.13.4 on; before, the timeout alone ends them")
    with serving(LIMITED[what]) as server, pytest.raises(SegmentConnectionError) as caught:
        ask(server.url, timeout=3600)
    assert caught.value.sent
    assert "timed out" not in str(caught.value)


def test_a_handshake_that_stalls_was_surely_not_sent(ask: Asking) -> None:
    with serving(silent) as server, pytest.raises(SegmentConnectionError) as caught:
        ask(server.url.replace("http:", "https:"), removing, timeout=TIMEOUT, verify=False)
    assert not caught.value.sent
    assert caught.value.transient


@pytest.mark.parametrize("response", [b"", b"H", b"HTTP/1.1 200 Connection established\r\nX: "])
def test_a_proxy_that_drips_was_surely_not_told(ask: Asking, response: bytes) -> None:
    with (
        serving(after(response, b"x" if response else b"\r", every=DRIP)) as proxy,
        pytest.raises(SegmentConnectionError) as caught,
    ):
        ask("https://127.0.0.1:1", removing, timeout=TIMEOUT, proxies={"https": proxy.url})
    assert not caught.value.sent
    assert proxy.requests[0].startswith(b"CONNECT 127.0.0.1:1 ")
    assert b"the-one-token" not in proxy.requests[0]
