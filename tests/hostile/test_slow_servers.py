"""Servers that never finish: the timeout applies to the whole attempt, not to each read.

No test measures time. The servers never finish, so any error is the proof.
"""

from __future__ import annotations

import pytest

from airflow_provider_segment.protocol.errors import SegmentConnectionError
from tests.hostile.calling import CallApi, deleting
from tests.hostile.server import Behaviour, Talk, serving

DRIP = 0.05
"""Seconds between two bytes: well below the timeout, so that no single read times out."""
TIMEOUT = 0.4


def after(start: bytes, *pieces: bytes, every: float = 0.0) -> Behaviour:
    """Return a behaviour that starts a response and then sends pieces endlessly."""

    def behave(talk: Talk) -> None:
        talk.read_request()
        talk.send(start)
        talk.forever(*pieces, every=every)

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
    # At full speed: the deadline must also hold if no single read takes long.
    "flood of 100": after(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "flood of 102": after(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 100),
    "flood of zeros for a chunk size": after(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0" * 10_000),
    "flood of a chunk extension": after(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x" * 10_000),
    "less than announced, and no end": after(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{", b"", every=DRIP),
}


@pytest.mark.parametrize("behaviour", ENDLESS.values(), ids=ENDLESS)
def test_an_attempt_ends_with_the_timeout(call_api: CallApi, behaviour: Behaviour) -> None:
    with serving(behaviour) as server, pytest.raises(SegmentConnectionError) as caught:
        call_api(server.url, timeout=TIMEOUT)
    assert caught.value.sent
    assert caught.value.transient
    assert server.connections == 1


LIMITED: dict[str, Behaviour] = {
    "header lines without end": after(b"HTTP/1.1 200 OK\r\n", b"X-A: x\r\n" * 100),
    "a header line without end": after(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 10_000),
    "a status line without end": after(b"HTTP/1.1 200 ", b"O" * 10_000),
    "a body without end": after(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b" " * 1_000_000),
}


@pytest.mark.parametrize("what", LIMITED)
def test_too_many_headers_end_the_attempt_before_the_timeout(call_api: CallApi, what: str) -> None:
    with serving(LIMITED[what]) as server, pytest.raises(SegmentConnectionError) as caught:
        call_api(server.url, timeout=3600)
    assert caught.value.sent
    assert "timed out" not in str(caught.value)


def test_a_stalled_handshake_counts_as_not_sent(call_api: CallApi) -> None:
    with serving(silent) as server, pytest.raises(SegmentConnectionError) as caught:
        call_api(server.url.replace("http:", "https:"), deleting, timeout=TIMEOUT, verify=False)
    assert not caught.value.sent
    assert caught.value.transient


@pytest.mark.parametrize("response", [b"", b"H", b"HTTP/1.1 200 Connection established\r\nX: "])
def test_a_slow_proxy_counts_as_not_sent(call_api: CallApi, response: bytes) -> None:
    with (
        serving(after(response, b"x" if response else b"\r", every=DRIP)) as proxy,
        pytest.raises(SegmentConnectionError) as caught,
    ):
        call_api("https://api.segment.example:1", deleting, timeout=TIMEOUT, proxies={"https": proxy.url})
    assert not caught.value.sent
    assert proxy.requests[0].startswith(b"CONNECT api.segment.example:1 ")
    assert b"the-one-token" not in proxy.requests[0]
