"""The body of a response, collected chunk by chunk and limited in size."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import NoReturn

BODY_LIMIT = 20 * 1024 * 1024
"""Maximum size of a body in bytes, decompressed: twice a page of 500 destinations with their catalog text."""
COMPRESSED_LIMIT = 4 * 1024 * 1024
"""Maximum size of a compressed body in bytes, as sent."""
ERROR_LIMIT = 1024 * 1024
"""Maximum size of an error's body in bytes, decompressed; the rest is not read."""

_PLAIN = {"", "identity"}
_ZLIB = {"gzip", "x-gzip", "deflate"}
_KNOWN = _PLAIN | _ZLIB
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
"""The ``wbits`` that make zlib detect the format from the first bytes."""
_STEP = 1024 * 1024
"""Maximum number of bytes inflated at once."""


class BodyTooLongError(Exception):
    """The body is longer than allowed."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the response is longer than {limit} bytes")


class BodyEncodingError(Exception):
    """The body cannot be decompressed."""

    def __init__(self) -> None:
        super().__init__("the response could not be decompressed")


class Body:
    """A response body that is being received. We request no compression, but a gateway may compress anyway.

    The libraries requests and aiohttp would inflate all received data at once, in some versions without a limit.

    :param encoding: value of the ``Content-Encoding`` header.
    :param is_error: whether it belongs to an error; then it is cut at :data:`ERROR_LIMIT`.
    :raises BodyEncodingError: the encoding is not supported.
    """

    def __init__(self, encoding: str | None, *, is_error: bool = False) -> None:
        name = (encoding or "").strip().lower()
        if name not in _KNOWN:
            raise BodyEncodingError
        self._inflate = None if name in _PLAIN else zlib.decompressobj(_GZIP_OR_ZLIB)
        self._chunks: list[bytes] = []
        self._received = self._kept = 0
        self._is_error = is_error
        self.is_full = False
        """Whether enough of the body of an error was added, so that the rest need not be read."""

    def add(self, chunk: bytes) -> None:
        """Decompress a received chunk, and append it to the body.

        :param chunk: bytes as received, not empty.
        :raises BodyTooLongError: the body exceeds :data:`BODY_LIMIT` or :data:`COMPRESSED_LIMIT`.
        :raises BodyEncodingError: the bytes do not match the header.
        """
        self._received += len(chunk)
        if self._inflate is not None and self._received > COMPRESSED_LIMIT:
            self._reject(COMPRESSED_LIMIT)
        for plain in [chunk] if self._inflate is None else _inflate_steps(self._inflate, chunk):
            self._kept += len(plain)
            self._chunks.append(plain)
            if self._is_error and self._kept >= ERROR_LIMIT:
                self.is_full = True
                return
            if self._kept > BODY_LIMIT:
                self._reject(BODY_LIMIT)

    def _reject(self, limit: int) -> NoReturn:
        self._chunks.clear()
        raise BodyTooLongError(limit)

    def whole(self) -> bytes:
        """Return the decompressed body; the body of an error is cut at :data:`ERROR_LIMIT`.

        :raises BodyEncodingError: compressed data is truncated.
        """
        if self.is_full:
            return b"".join(self._chunks)[:ERROR_LIMIT]
        if self._inflate is not None and self._received and not self._inflate.eof:
            raise BodyEncodingError
        return b"".join(self._chunks)


def _inflate_steps(inflate: zlib._Decompress, chunk: bytes) -> Iterator[bytes]:
    """Inflate a chunk in steps of limited size, so that the caller can stop."""
    if inflate.eof:  # data after the end, which zlib would keep completely
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
