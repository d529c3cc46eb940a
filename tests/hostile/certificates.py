"""Certificates of private CAs, made by the tests."""

from __future__ import annotations

import hashlib
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509


def server_context(ca: trustme.CA, *names: str, expired: bool = False) -> ssl.SSLContext:
    """What a server needs to speak TLS.

    :param ca: that issues its certificate.
    :param names: that the certificate is for.
    :param expired: since yesterday.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    until = datetime.now(UTC) - timedelta(days=1) if expired else None
    ca.issue_cert(*names, not_after=until).configure_cert(context)
    return context


def ca_file(ca: trustme.CA, folder: Path) -> str:
    """A CA bundle as a file."""
    path = folder / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return str(path)


def ca_directory(ca: trustme.CA, folder: Path) -> str:
    """A CA bundle as a directory, with the file name by which OpenSSL finds a CA there, as ``openssl rehash`` gives."""
    path = folder / "certificates"
    path.mkdir()
    pem = ca.cert_pem.bytes()
    subject = x509.load_pem_x509_certificate(pem).subject
    # OpenSSL hashes names in lower case, each as a UTF8String, and without the header of the sequence around them.
    plain = x509.Name([x509.NameAttribute(each.oid, str(each.value).lower()) for each in subject]).public_bytes()
    header = 2 if plain[1] < 0x80 else 2 + (plain[1] & 0x7F)
    number = int.from_bytes(hashlib.sha1(plain[header:]).digest()[:4], "little")  # OpenSSL's choice
    (path / f"{number:08x}.0").write_bytes(pem)
    return str(path)
