"""An endless response ends with a clear error before it fills the worker's memory."""

from __future__ import annotations

import tracemalloc
import zlib

import pytest

from airflow_provider_segment.protocol.errors import SegmentError
from airflow_provider_segment.transport.body import BODY_LIMIT
from tests.hostile.calling import CallApi
from tests.hostile.server import Behaviour, Talk, http, once, serving

MIB = 1024 * 1024
PLAIN = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


def endless(start: bytes, piece: bytes) -> Behaviour:
    def behave(talk: Talk) -> None:
        talk.read_request()
        talk.send(start)
        talk.forever(piece)

    return behave


def bomb(wbits: int) -> tuple[bytes, bytes]:
    """Return the start of a compressed stream, and a piece to repeat at will that inflates from 1 KiB to 1 MiB."""
    made = zlib.compressobj(9, wbits=wbits)
    start = made.compress(b" ") + made.flush(zlib.Z_FULL_FLUSH)
    piece = made.compress(b" " * MIB) + made.flush(zlib.Z_FULL_FLUSH)
    assert len(piece) < 2000
    return start, piece


GZIP, GZIP_PIECE = bomb(zlib.MAX_WBITS | 16)
ZLIB, ZLIB_PIECE = bomb(zlib.MAX_WBITS)

TOO_LONG = {
    "64 MiB and a byte": once(http(b" " * (BODY_LIMIT + 1))),
    "plain": endless(PLAIN + b"\r\n", b" " * MIB),
    "chunks": endless(PLAIN + b"Transfer-Encoding: chunked\r\n\r\n", b"100000\r\n" + b" " * MIB + b"\r\n"),
    "a gzip bomb": endless(PLAIN + b"Content-Encoding: gzip\r\n\r\n" + GZIP, GZIP_PIECE * 100),
    "a deflate bomb": endless(PLAIN + b"Content-Encoding: deflate\r\n\r\n" + ZLIB, ZLIB_PIECE * 100),
    "gzip that becomes nothing": endless(
        PLAIN + b"Content-Encoding: gzip\r\n\r\n" + GZIP, b"\x00\x00\x00\xff\xff" * 100_000
    ),
}


def peak_memory(call_api: CallApi, behaviour: Behaviour) -> tuple[int, str]:
    """Return the peak of Python's memory during a call to this server, above that before it; and the result."""
    with serving(once(http())) as well:
        call_api(well.url)  # for the imports of the first request
    with serving(behaviour) as hostile:
        tracemalloc.start()
        try:
            call_api(hostile.url, timeout=50)
        except SegmentError as error:
            result = str(error)
        finally:
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
    return peak, result


@pytest.mark.parametrize("behaviour", TOO_LONG.values(), ids=TOO_LONG)
def test_a_response_that_is_too_long_is_an_error(call_api: CallApi, behaviour: Behaviour) -> None:
    peak, result = peak_memory(call_api, behaviour)
    print(f"{peak / MIB:.0f} MiB")  # noqa: T201
    assert f"the response is longer than {BODY_LIMIT} bytes" in result
    assert peak < 1.5 * BODY_LIMIT


def test_the_longest_allowed_response_is_read(call_api: CallApi) -> None:
    peak, result = peak_memory(call_api, once(http(b" " * BODY_LIMIT)))
    print(f"{peak / MIB:.0f} MiB")  # noqa: T201
    assert "longer" not in result
    assert BODY_LIMIT < peak < 3.5 * BODY_LIMIT
