"""An endless response ends with a clear error before it fills the worker's memory."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_segment.protocol.api.destinations import destinations_listing
from airflow_provider_segment.protocol.flow.pagination import collect
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
from airflow_provider_segment.protocol.wire.envelope import MAX_VALUES, UNCOUNTED
from airflow_provider_segment.transport.body import BODY_LIMIT
from tests.hostile.calling import CallApi, api_caller
from tests.hostile.memory import MIB, list_slim, peak_memory
from tests.hostile.server import Behaviour, Talk, http, once

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
    "20 MiB and a byte": once(http(b" " * (BODY_LIMIT + 1))),
    "plain": endless(PLAIN + b"\r\n", b" " * MIB),
    "chunks": endless(PLAIN + b"Transfer-Encoding: chunked\r\n\r\n", b"100000\r\n" + b" " * MIB + b"\r\n"),
    "a gzip bomb": endless(PLAIN + b"Content-Encoding: gzip\r\n\r\n" + GZIP, GZIP_PIECE * 100),
    "a deflate bomb": endless(PLAIN + b"Content-Encoding: deflate\r\n\r\n" + ZLIB, ZLIB_PIECE * 100),
    "gzip that becomes nothing": endless(
        PLAIN + b"Content-Encoding: gzip\r\n\r\n" + GZIP, b"\x00\x00\x00\xff\xff" * 100_000
    ),
}


@pytest.mark.parametrize("behaviour", TOO_LONG.values(), ids=TOO_LONG)
def test_a_response_that_is_too_long_is_an_error(call_api: CallApi, behaviour: Behaviour) -> None:
    peak, result = peak_memory(call_api, behaviour)
    print(f"{peak / MIB:.0f} MiB")  # noqa: T201
    assert "the response is longer than" in result
    assert peak < 1.5 * BODY_LIMIT


def test_the_longest_allowed_response_is_read(call_api: CallApi) -> None:
    peak, result = peak_memory(call_api, once(http(b" " * BODY_LIMIT)))
    print(f"{peak / MIB:.0f} MiB")  # noqa: T201
    assert "longer" not in result
    assert BODY_LIMIT < peak < 3.5 * BODY_LIMIT


def list_whole(options: CallOptions) -> Flow[Any]:
    return collect(destinations_listing(full=True), options)


def list_with_options(options: CallOptions) -> Flow[Any]:
    return collect(destinations_listing(with_options=True), options)


RECORD = {
    "id": "d" * 22,
    "name": "A destination",
    "enabled": True,
    "sourceId": "s" * 22,
    "settings": {
        "apiKey": "••••••••••abcd",
        "trackAllPages": True,
        "eventNames": {f"event {n}": "x" for n in range(20)},
    },
    "metadata": {
        "id": "m" * 24,
        "description": "a paragraph of text, with commas, " * 50,
        "options": [
            {
                "name": f"option{n}",
                "type": "string",
                "defaultValue": "",
                "required": False,
                "description": "text, " * 15,
            }
            for n in range(60)
        ],
        "actions": [
            {
                "id": f"action{n}",
                "fields": [{"id": f"f{m}", "label": "l", "description": "text, " * 5} for m in range(9)],
            }
            for n in range(8)
        ],
    },
}
LARGEST_PAGE = json.dumps({"data": {"destinations": [RECORD] * 500, "pagination": {}}}).encode()
_MINIMAL = b'{"id":"","enabled":true,"sourceId":"","settings":{},"metadata":{"id":""}},'


def repeated(unit: bytes, size: int) -> bytes:
    return unit * (size // len(unit))


def in_settings(values: bytes) -> bytes:
    """Return a page with one destination whose settings hold these values."""
    record = b'{"id":"a","enabled":true,"sourceId":"s","metadata":{"id":"m"},"settings":{"a":' + values + b"}}"
    return b'{"data":{"destinations":[' + record + b"]}}"


def in_a_default_value(values: bytes, count: int) -> bytes:
    """Return a page with destinations whose types have an option with this default value."""
    option = b'{"name":"o","defaultValue":' + values + b"}"
    records = (
        b'{"id":"%d","enabled":true,"sourceId":"s","settings":{},"metadata":{"id":"m%d","options":[%b]}}'
        % (n, n, option)
        for n in range(count)
    )
    return b'{"data":{"destinations":[' + b",".join(records) + b"]}}"


def values_bomb(unit: bytes) -> bytes:
    """Return a page with as many of these values as are read at all."""
    separators = sum(map(unit.count, (b",", b"[", b"{")))
    return in_settings(b"[" + unit * min(MAX_VALUES // separators - 10, 19 * MIB // len(unit)) + b"0]")


# Made when they are needed: all of them together take half a gigabyte.
PAGES: dict[str, Callable[[], bytes]] = {
    "lists in lists": lambda: values_bomb(b"[" * 400 + b"]" * 400 + b","),
    "lists in lists, not counted": lambda: in_settings(
        b"[" + repeated(b"[" * 400 + b"]" * 400 + b",", UNCOUNTED - 1000) + b"0]"
    ),
    "empty lists": lambda: values_bomb(b"[],"),
    "objects": lambda: values_bomb(b'{"a":0},'),
    "short strings": lambda: values_bomb(b'"ab",'),
    "a wide string": lambda: in_settings(b'"' + b"a" * (19 * MIB) + "\U0001f600".encode() + b'"'),
    "keys": lambda: in_settings(b"{" + b",".join(b'"%x":0' % n for n in range(MAX_VALUES - 10)) + b"}"),
    "records": lambda: b'{"data":{"destinations":[' + repeated(_MINIMAL, 19 * MIB) + _MINIMAL[:-1] + b"]}}",
    "more values than are read": lambda: in_settings(b"[" + b"[]," * (6 * MIB) + b"0]"),
}
ERRORS: dict[str, Callable[[], bytes]] = {
    "numbers": lambda: b'{"errors":[' + b"1," * (8 * MIB) + b"1]}",
    "numbers in lists": lambda: b'{"errors":[' + b"[1,1,1,1,1,1,1,1]," * MIB + b"1]}",
    "long messages": lambda: b'{"errors":[' + b",".join([b'{"message":"%s"}' % (b"x" * 50_000)] * 20) + b"]}",
    "data": lambda: b'{"errors":[{"data":[' + b"[]," * (300 * 1024) + b"0]}]}",
}


def gzipped(body: bytes, status: str) -> bytes:
    return http(gzip.compress(body, 9), status=status, headers="Content-Encoding: gzip\r\n")


BOMBS: dict[str, Callable[[], bytes]] = {
    **{f"a page: {name}": lambda make=make: http(make()) for name, make in PAGES.items()},  # type: ignore[misc]
    **{f"errors: {name}": lambda make=make: http(make(), status="400 x") for name, make in ERRORS.items()},  # type: ignore[misc]
    "errors: 16 KiB of gzip": lambda: gzipped(ERRORS["numbers"](), "500 x"),
    "a page in gzip: lists in lists": lambda: gzipped(PAGES["lists in lists"](), "200 OK"),
}


@pytest.fixture(scope="module")
def largest_valid_page() -> int:
    """The memory that the largest valid page takes."""
    peak, result = peak_memory(api_caller("requests"), once(http(LARGEST_PAGE)), list_whole)
    assert result == "a value"
    return peak


@pytest.mark.parametrize("flow", [list_slim, list_whole], ids=["slim", "whole"])
@pytest.mark.parametrize("make", BOMBS.values(), ids=BOMBS)
def test_any_response_takes_little_memory(
    call_api: CallApi, make: Callable[[], bytes], flow: Callable[..., Flow[Any]], largest_valid_page: int
) -> None:
    peak, result = peak_memory(call_api, once(make()), flow)
    print(f"{peak / 1e6:.0f} MB, the largest valid page {largest_valid_page / 1e6:.0f} MB: {result[:60]}")  # noqa: T201
    assert peak < 200e6
    assert peak < 10 * largest_valid_page


@pytest.mark.parametrize("count", [1, 100])
def test_the_options_of_types_take_little_memory(call_api: CallApi, count: int, largest_valid_page: int) -> None:
    body = in_a_default_value(b"[" + b"[]," * (6 * MIB // count) + b"0]", count)
    assert len(body) < BODY_LIMIT
    peak, result = peak_memory(call_api, once(http(body)), list_with_options)
    assert "more than 1200000 values" in result
    assert peak < 200e6
    assert peak < 10 * largest_valid_page
