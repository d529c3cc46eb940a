"""Malformed responses: a typed error, and never the response to another request."""

from __future__ import annotations

import gzip
import zlib
from contextlib import suppress

import pytest

from airflow_provider_segment.protocol.api.workspace import get_workspace
from airflow_provider_segment.protocol.errors import SegmentConnectionError, SegmentProtocolError
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
from tests.hostile.calling import TOKEN, CallApi, deleting
from tests.hostile.server import WORKSPACE, Talk, http, once, serving

EVIL = WORKSPACE.replace(b'"w"', b'"evil"')


def encoded(encoding: str, body: bytes) -> bytes:
    return http(body, headers=f"Content-Encoding: {encoding}\r\nConnection: close\r\n")


def chunked(*lines: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"\r\n".join(lines)


def deflated(body: bytes) -> bytes:
    """Return the body compressed without the zlib header, as some servers do for "deflate"."""
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return raw.compress(body) + raw.flush()


@pytest.mark.parametrize(
    "response",
    [
        encoded("gzip", gzip.compress(WORKSPACE)),
        encoded("GZIP", gzip.compress(WORKSPACE)),
        encoded("x-gzip", gzip.compress(WORKSPACE)),
        encoded("deflate", zlib.compress(WORKSPACE)),
        encoded("identity", WORKSPACE),
        chunked(b"5", WORKSPACE[:5], b"%x" % (len(WORKSPACE) - 5), WORKSPACE[5:], b"0", b"", b""),
        b"HTTP/1.1 100 Continue\r\n\r\n" + http(),
        b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n" + http(),
        b"HTTP/1.0 200 OK\r\n\r\n" + WORKSPACE,
    ],
    ids=["gzip", "GZIP", "x-gzip", "deflate", "identity", "chunked", "after-100", "after-103", "until-it-closes"],
)
def test_a_well_formed_response_is_decoded(call_api: CallApi, response: bytes) -> None:
    with serving(once(response)) as server:
        assert call_api(server.url)["slug"] == "w"


UNREADABLE = {
    "not gzip": encoded("gzip", b"abc"),
    "half of it": encoded("gzip", gzip.compress(WORKSPACE)[:-9]),
    "gzip with a wrong checksum": encoded("gzip", gzip.compress(WORKSPACE)[:-8] + b"\0" * 8),
    "two members": encoded("gzip", gzip.compress(WORKSPACE) * 2),
    "garbage behind it": encoded("gzip", gzip.compress(WORKSPACE) + b"x"),
    "twice": encoded("gzip, gzip", gzip.compress(gzip.compress(WORKSPACE))),
    "raw deflate": encoded("deflate", deflated(WORKSPACE)),
    "brotli": encoded("br", WORKSPACE),
    "zstd": encoded("zstd", WORKSPACE),
    "a thousand times": encoded(", ".join(["gzip"] * 1000), WORKSPACE),
}


@pytest.mark.parametrize("response", UNREADABLE.values(), ids=UNREADABLE)
def test_a_body_that_cannot_be_decompressed_is_an_error(call_api: CallApi, response: bytes) -> None:
    with (
        serving(once(response)) as server,
        pytest.raises(SegmentConnectionError, match="the response could not be decompressed") as caught,
    ):
        call_api(server.url)
    assert caught.value.sent


BROKEN = {
    "nothing": b"",
    "not HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "no status": b"HTTP/1.1\r\n\r\n",
    "status of letters": b"HTTP/1.1 OK 200\r\n\r\n",
    "status too large": b"HTTP/1.1 99999 OK\r\n\r\n",
    "HTTP 9": b"HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "headers cut short": b"HTTP/1.1 200 OK\r\nContent-",
    "body cut short": b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
    "chunk size of letters": chunked(b"zz", WORKSPACE, b"0", b"", b""),
    "negative chunk size": chunked(b"-1", WORKSPACE, b"0", b"", b""),
    "very negative chunk size": chunked(b"-5", WORKSPACE, b"0", b"", b""),
    "huge chunk size": chunked(b"f" * 30, WORKSPACE),
    "no chunk size": chunked(b"", WORKSPACE, b"0", b"", b""),
    "chunks cut short": chunked(b"5", WORKSPACE[:5], b"5", b"x"),
    "chunk shorter than its size": chunked(b"ffff", WORKSPACE, b"0", b"", b""),
    "no last chunk": chunked(b"%x" % len(WORKSPACE), WORKSPACE),
    "five hundred headers": b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500 + b"\r\n",
}


@pytest.mark.parametrize("response", BROKEN.values(), ids=BROKEN)
def test_a_malformed_response_is_an_error(call_api: CallApi, response: bytes) -> None:
    with serving(once(response)) as server, pytest.raises((SegmentConnectionError, SegmentProtocolError)) as caught:
        call_api(server.url)
    assert " at 0x" not in str(caught.value)
    assert server.url not in str(caught.value)


@pytest.mark.parametrize("body", [b"<html>", b"{", b'{"data": 1}', b"null", b"\xff\xfe", b"[" * 100_000, b""])
def test_a_body_that_is_not_the_apis_is_an_error(call_api: CallApi, body: bytes) -> None:
    with serving(once(http(body))) as server, pytest.raises(SegmentProtocolError):
        call_api(server.url)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("flow", [get_workspace, deleting])
def test_a_redirect_is_not_followed(call_api: CallApi, status: int, flow: object) -> None:
    with serving(once(http())) as elsewhere:
        moved = http(b"", status=f"{status} Moved", headers=f"Location: {elsewhere.url}/\r\n")
        with (
            serving(once(moved)) as server,
            pytest.raises(SegmentProtocolError, match="a redirect, which is never followed") as caught,
        ):
            call_api(server.url, flow)  # type: ignore[arg-type]
        assert (server.connections, elsewhere.connections) == (1, 0)
    assert TOKEN not in str(caught.value)


def twice(options: CallOptions) -> Flow[list[str]]:
    """Get two objects, one after the other, over one connection if it is kept open."""
    first = yield from get_workspace(options)
    second = yield from get_workspace(options)
    return [first["slug"], second["slug"]]


def test_successive_requests_use_one_connection(call_api: CallApi) -> None:
    def behave(talk: Talk) -> None:
        while True:
            talk.read_request()
            talk.send(http())

    with serving(behave) as server:
        assert call_api(server.url, twice) == ["w", "w"]
        assert server.connections == 1


@pytest.mark.parametrize(
    "more",
    [EVIL, http(EVIL), b"HTTP/1.1 200 OK\r\n\r\n" + EVIL, http(EVIL) * 2000, b"\0" * 100_000],
    ids=["a body", "a response", "a response until it closes", "many responses", "garbage"],
)
def test_surplus_bytes_are_not_taken_for_the_next_response(call_api: CallApi, more: bytes) -> None:
    def behave(talk: Talk) -> None:
        while True:
            talk.read_request()
            talk.send(http() + more)

    # aiohttp may notice at once that the surplus is not HTTP, and then reject the first response as well.
    with serving(behave) as server, suppress(SegmentConnectionError):
        assert call_api(server.url, twice) == ["w", "w"]


def test_a_late_interim_response_is_not_taken_for_the_next_response(call_api: CallApi) -> None:
    def behave(talk: Talk) -> None:
        while True:
            talk.read_request()
            talk.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            talk.ended.wait(0.1)
            talk.send(http())

    with serving(behave) as server:
        assert call_api(server.url, twice) == ["w", "w"]
        assert len(server.requests) == 2
