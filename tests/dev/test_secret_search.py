"""The search finds a secret in whatever form a database, a broker or a log stores it."""

from __future__ import annotations

import base64
import json
import zlib
from urllib.parse import quote

import pytest
from cryptography.fernet import Fernet

from dev.secret_search import Search, hidden_values

SECRET = 'cluster-key "%/ ünïcöde-8c1f0e7d'
KEY = Fernet.generate_key().decode()


def found(content: bytes) -> bool:
    search = Search({"key": SECRET})
    search.search("dumps", "one", content)
    for hidden in hidden_values(content, fernet_key=KEY):
        search.search("dumps", "hidden", hidden)
    return bool(search.found)


def bytea(content: bytes) -> bytes:
    r"""Return a value as pg_dump writes it into a COPY block, where ``\`` is doubled."""
    return b"7\tname\t\\\\x" + content.hex().encode() + b"\tt\n"


MESSAGE = json.dumps([[json.dumps({"token": "t", "kwargs": {"settings": SECRET}})], {}]).encode()


@pytest.mark.parametrize(
    "content",
    [
        SECRET.encode(),
        MESSAGE,
        quote(SECRET, safe="").encode(),
        *(
            encode(b"x" * offset + MESSAGE)
            for offset in range(3)
            for encode in (base64.b64encode, base64.urlsafe_b64encode)
        ),
        bytea(MESSAGE),
        bytea(zlib.compress(MESSAGE)),
        b"8\t" + Fernet(KEY).encrypt(MESSAGE) + b"\tf\n",
    ],
)
def test_a_secret_is_found(content: bytes) -> None:
    assert found(b"before\n" + content + b"\nafter")


def test_nothing_is_found_in_other_content() -> None:
    other = MESSAGE.replace(b"8c1f0e7d", b"")
    for content in (other, bytea(other), bytea(zlib.compress(other)), Fernet(KEY).encrypt(other)):
        assert not found(content)


def test_another_key_decrypts_nothing() -> None:
    assert not found(Fernet(Fernet.generate_key()).encrypt(MESSAGE))


def test_the_places_are_counted() -> None:
    search = Search({"key": SECRET})
    search.search("logs", "a.log", b"12345")
    search.search("logs", "b.log", SECRET.encode())

    assert search.places == {"logs": 2}
    assert search.found == {("key", "logs: b.log")}
    assert search.summary().startswith("searched 2 places")
