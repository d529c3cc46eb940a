"""The search for secrets in whatever a run leaves behind, in every encoding they may have there."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from cryptography.fernet import Fernet, InvalidToken

_BYTEA = re.compile(rb"\\\\x([0-9a-f]{16,})")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{40,}={0,2}")
_URL_SAFE = re.compile(rb"[_-]")
_FERNET_TOKEN = re.compile(rb"gAAAA[A-Za-z0-9_-]{60,}={0,2}")


def encodings(secret: str) -> Iterator[str]:
    """Yield the encodings of a secret.

    :param secret: at least 16 characters, of which the last 8 are ASCII letters, digits or hyphens.
    """
    yield secret
    yield secret[-8:]  # the rest may be escaped; twice as much as Segment shows
    yield repr(secret)[1:-1]
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield quote(secret, safe="")
    encoded = secret.encode()
    # For each alignment to groups of three bytes; the first and last characters depend on the adjacent bytes.
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(b"\0" * offset + encoded).decode()[offset + 1 : -4]


class Search:
    """A search: the places searched, and the secrets found.

    ``places`` counts by kind; ``size`` is in bytes; ``found`` has the name and place of each secret found.

    :param secrets: the secrets by name.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self.places: Counter[str] = Counter()
        self.size = 0
        self.found: set[tuple[str, str]] = set()
        self._needles = {name: [one.encode() for one in encodings(secret)] for name, secret in secrets.items()}

    def search(self, kind: str, place: str, content: bytes) -> None:
        """Search one place.

        :param kind: the kind of place, for the count.
        :param place: name of the place.
        :param content: its content.
        """
        self.places[kind] += 1
        self.size += len(content)
        for name, needles in self._needles.items():
            if any(needle in content for needle in needles):
                self.found.add((name, f"{kind}: {place}"))

    def summary(self) -> str:
        """Return in one line what was searched."""
        counts = ", ".join(f"{count} of {kind}" for kind, count in self.places.items())
        total = f"{self.places.total()} places, {self.size / 1e6:.1f} MB"
        return f"searched {total}, for {len(self._needles)} canaries: {counts}"


def hidden_values(content: bytes, *, fernet_key: str) -> Iterator[bytes]:
    """Yield the decoded parts of a content: binary, compressed, encrypted, or in base64.

    :param content: a dump of PostgreSQL as SQL, the messages of a broker, or a log.
    :param fernet_key: Airflow's key.
    """
    for found in _BYTEA.finditer(content):
        binary = bytes.fromhex(found[1][: len(found[1]) // 2 * 2].decode())
        yield binary
        yield from unpacked(binary)
    for found in _FERNET_TOKEN.finditer(content):
        yield from decrypted(Fernet(fernet_key), found[0])
    for found in _BASE64.finditer(content):
        yield base64.b64decode(
            found[0][: len(found[0]) // 4 * 4], altchars=b"-_" if _URL_SAFE.search(found[0]) else None
        )


def unpacked(content: bytes) -> Iterator[bytes]:
    """Yield the decompressed content, if it is compressed with zlib."""
    try:
        yield zlib.decompress(content)
    except zlib.error:
        return


def decrypted(key: Fernet, content: bytes) -> Iterator[bytes]:
    """Yield the decrypted content, if it is encrypted with a key.

    :param key: Airflow's key.
    :param content: the content.
    """
    try:
        yield key.decrypt(content)
    except InvalidToken:
        return
