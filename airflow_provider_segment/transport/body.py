"""The body of a response, collected chunk by chunk and limited in size."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

BODY_LIMIT = 64 * 1024 * 1024
"""Longest body, in bytes as sent and in bytes decompressed: three times a page of 1000 destinations."""

_PLAIN = {"", "identity"}
_ZLIB = {"gzip", "x-gzip", "deflate"}
_KNOWN = _PLAIN | _ZLIB
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
"""Makes zlib detect the format from the first bytes."""
_STEP = 1024 * 1024
"""Bytes inflated at once."""


class BodyTooLongError(Exception):
    """The body is longer than :data:`BODY_LIMIT`."""

    def __init__(self) -> None:
        super().__init__(f"the response is longer than {BODY_LIMIT} bytes")


class BodyEncodingError(Exception):
    """The body cannot be decompressed."""

    def __init__(self) -> None:
        super().__init__("the response could not be decompressed")


class Body:
    """A response body under construction. We request no compression, but a gateway may compress anyway.

    requests and aiohttp would inflate everything that has arrived at once, some versions of them without a limit.

    :param encoding: value of the header Content-Encoding.
    :raises BodyEncodingError: the encoding is not supported.
    """

    def __init__(self, encoding: str | None) -> None:
        name = (encoding or "").strip().lower()
        if name not in _KNOWN:
            raise BodyEncodingError
        self._inflate = None if name in _PLAIN else zlib.decompressobj(_GZIP_OR_ZLIB)
        self._chunks: list[bytes] = []
        self._received = self._kept = 0

    def add(self, chunk: bytes) -> None:
        """Add a chunk.

        :param chunk: bytes as received, not empty.
        :raises BodyTooLongError: the body exceeds :data:`BODY_LIMIT`.
        :raises BodyEncodingError: the bytes do not match the header.
        """
        self._received += len(chunk)
        for plain in [chunk] if self._inflate is None else _inflate_steps(self._inflate, chunk):
            self._kept += len(plain)
            if max(self._received, self._kept) > BODY_LIMIT:
                self._chunks.clear()
                raise BodyTooLongError
            self._chunks.append(plain)

    def whole(self) -> bytes:
        """Return the whole body, decompressed.

        :raises BodyEncodingError: compressed data is truncated.
        """
        if self._inflate is not None and self._received and not self._inflate.eof:
            raise BodyEncodingError
        return b"".join(self._chunks)


def _inflate_steps(inflate: zlib._Decompress, chunk: bytes) -> Iterator[bytes]:
    """Inflate a chunk in steps of limited size, so that the caller can stop."""
    if inflate.eof:  # data behind the end, all of which zlib would keep
        raise BodyEncodingError
    full = False
    while chunk or full:
        try:
            plain = inflate.decompress(chunk, _STEP)
        except zlib.error:
            raise BodyEncodingError from None
        if inflate.unused_data:
            raise BodyEncodingError
        yield plain
        chunk, full = inflate.unconsumed_tail, len(plain) == _STEP
