"""Which certificates the drivers trust, and that nothing is sent to other servers."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from airflow_provider_segment.protocol.errors import SegmentConnectionError
from tests.hostile.calling import CallApi, deleting
from tests.hostile.certificates import ca_directory, ca_file, server_context
from tests.hostile.server import http, once, serving

FORMS = {"file": ca_file, "directory": ca_directory}


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.mark.parametrize("form", FORMS)
def test_a_private_ca_of_the_connection_is_trusted(
    call_api: CallApi, ca: trustme.CA, tmp_path: Path, form: str
) -> None:
    with serving(once(http()), tls=server_context(ca, "127.0.0.1")) as server:
        assert call_api(server.url, verify=FORMS[form](ca, tmp_path))["slug"] == "w"


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("form", FORMS)
def test_a_private_ca_of_the_environment_is_trusted(
    call_api: CallApi, ca: trustme.CA, tmp_path: Path, form: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, FORMS[form](ca, tmp_path))
    with serving(once(http()), tls=server_context(ca, "127.0.0.1")) as server:
        assert call_api(server.url)["slug"] == "w"


def test_the_connections_ca_takes_precedence_over_the_environments(
    call_api: CallApi, ca: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_file(trustme.CA(), tmp_path / "other"))
    with serving(once(http()), tls=server_context(ca, "127.0.0.1")) as server:
        assert call_api(server.url, verify=ca_file(ca, tmp_path))["slug"] == "w"


def test_on_loopback_verification_can_be_disabled(call_api: CallApi, ca: trustme.CA) -> None:
    with serving(once(http()), tls=server_context(ca, "elsewhere.example", expired=True)) as server:
        assert call_api(server.url, verify=False)["slug"] == "w"


@pytest.mark.parametrize(
    ("names", "expired", "known"),
    [
        (["elsewhere.example"], False, True),
        (["127.0.0.2", "localhost"], False, True),
        (["127.0.0.1"], True, True),
        (["127.0.0.1"], False, False),
    ],
    ids=["another-name", "another-address", "expired", "of-an-unknown-ca"],
)
def test_an_untrusted_certificate_is_final_and_nothing_was_sent(
    call_api: CallApi, ca: trustme.CA, tmp_path: Path, names: list[str], expired: bool, known: bool
) -> None:
    verify = ca_file(ca if known else trustme.CA(), tmp_path)
    with (
        serving(once(http()), tls=server_context(ca, *names, expired=expired)) as server,
        pytest.raises(SegmentConnectionError, match="the certificate is not trusted") as caught,
    ):
        call_api(server.url, deleting, verify=verify, retry_budget=60)
    assert not caught.value.sent
    assert not caught.value.transient
    assert (server.connections, server.requests) == (1, [])


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_variables_of_openssl_do_not_make_a_ca_trusted(
    call_api: CallApi, ca: trustme.CA, tmp_path: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = ca_file if variable == "SSL_CERT_FILE" else ca_directory
    monkeypatch.setenv(variable, form(ca, tmp_path))
    with (
        serving(once(http()), tls=server_context(ca, "127.0.0.1")) as server,
        pytest.raises(SegmentConnectionError, match="the certificate is not trusted"),
    ):
        call_api(server.url)
    assert server.requests == []
