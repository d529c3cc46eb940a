"""The body of an answer, collected piece by piece, with a limit on what it may become in memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

BODY_LIMIT = 64 * 1024 * 1024
"""Longest answer read, in bytes as sent and in bytes decompressed: three times a page of 1000 destinations."""

_PLAIN = {"", "identity"}
_ZLIB = {"gzip", "x-gzip", "deflate"}
_KNOWN = _PLAIN | _ZLIB
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
"""It is told from the first bytes."""
_STEP = 1024 * 1024
"""Bytes inflated at once."""


class BodyTooLongError(Exception):
    """The body is longer than :data:`BODY_LIMIT`."""

    def __init__(self) -> None:
        super().__init__(f"the answer is longer than {BODY_LIMIT} bytes")


class BodyEncodingError(Exception):
    """The body is compressed in a way that can't be undone."""

    def __init__(self) -> None:
        super().__init__("the answer could not be decompressed")


class Body:
    """Collects a body. We ask for none that is compressed; a gateway may compress all the same.

    The libraries below inflate all that has arrived at once, some versions of them however much that becomes.

    :param encoding: the header Content-Encoding.
    :raises BodyEncodingError: nobody knows this one.
    """

    def __init__(self, encoding: str | None) -> None:
        name = (encoding or "").strip().lower()
        if name not in _KNOWN:
            raise BodyEncodingError
        self._inflate = None if name in _PLAIN else zlib.decompressobj(_GZIP_OR_ZLIB)
        self._pieces: list[bytes] = []
        self._arrived = self._kept = 0

    def add(self, piece: bytes) -> None:
        """Add what arrived.

        :param piece: not empty.
        :raises BodyTooLongError: it is enough.
        :raises BodyEncodingError: it is not what the header says.
        """
        self._arrived += len(piece)
        for plain in [piece] if self._inflate is None else _inflated(self._inflate, piece):
            self._kept += len(plain)
            if max(self._arrived, self._kept) > BODY_LIMIT:
                self._pieces.clear()
                raise BodyTooLongError
            self._pieces.append(plain)

    def whole(self) -> bytes:
        """Return it all.

        :raises BodyEncodingError: its end is missing.
        """
        if self._inflate is not None and self._arrived and not self._inflate.eof:
            raise BodyEncodingError
        return b"".join(self._pieces)


def _inflated(inflate: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    """Inflate what arrived, a step at a time: whoever counts them can stop."""
    if inflate.eof:  # more behind the end; zlib would keep it all
        raise BodyEncodingError
    full = False
    while piece or full:
        try:
            plain = inflate.decompress(piece, _STEP)
        except zlib.error:
            raise BodyEncodingError from None
        if inflate.unused_data:
            raise BodyEncodingError
        yield plain
        piece, full = inflate.unconsumed_tail, len(plain) == _STEP
