"""An answer without end ends with a clear error, and not with the worker's memory."""

from __future__ import annotations

import tracemalloc
import zlib

import pytest

from airflow_provider_segment.protocol.errors import SegmentError
from airflow_provider_segment.transport.body import BODY_LIMIT
from tests.hostile.calling import Asking
from tests.hostile.server import Behaviour, Talk, http, once, serving

MIB = 1024 * 1024
PLAIN = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


def endless(start: bytes, piece: bytes) -> Behaviour:
    def behave(talk: Talk) -> None:
        talk.read_request()
        talk.send(start)
        talk.for_ever(piece)

    return behave


def bomb(wbits: int) -> tuple[bytes, bytes]:
    """The beginning of a compressed stream, and a piece that may follow it any number of times: a MiB out of a KiB."""
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


def taken(ask: Asking, behaviour: Behaviour) -> tuple[int, str]:
    """The most memory that Python held while it asked this server, beyond what it held before; and how it ended."""
    with serving(once(http())) as well:
        ask(well.url)  # whatever is imported at the first request
    with serving(behaviour) as hostile:
        tracemalloc.start()
        try:
            ask(hostile.url, timeout=50)
        except SegmentError as error:
            result = str(error)
        finally:
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
    return peak, result


@pytest.mark.parametrize("behaviour", TOO_LONG.values(), ids=TOO_LONG)
def test_an_answer_that_is_too_long(ask: Asking, behaviour: Behaviour) -> None:
    peak, result = taken(ask, behaviour)
    print(f"{peak / MIB:.0f} MiB")  # noqa: T201
    assert f"the answer is longer than {BODY_LIMIT} bytes" in result
    assert peak < 1.5 * BODY_LIMIT


def test_the_longest_answer_that_is_read(ask: Asking) -> None:
    peak, result = taken(ask, once(http(b" " * BODY_LIMIT)))
    print(f"{peak / MIB:.0f} MiB")  # noqa: T201
    assert "longer" not in result
    assert BODY_LIMIT < peak < 3.5 * BODY_LIMIT
