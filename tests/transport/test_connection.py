"""The fields of the connection: what they mean, and what is rejected before any request."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_segment.hooks.connection_form import EXTRA_FIELDS
from airflow_provider_segment.transport.connection import EXTRA_KEYS, SegmentConnection, parse_connection
from airflow_provider_segment.transport.network import network_for


def parse(
    *, host: str | None = None, port: int | None = None, password: str | None = "a-token", **extra: Any
) -> SegmentConnection:
    return parse_connection(conn_id="seg", host=host, port=port, password=password, extra=extra)


@pytest.mark.parametrize(
    ("fields", "base_url"),
    [
        ({}, "https://api.segmentapis.com"),
        ({"region": "us"}, "https://api.segmentapis.com"),
        ({"region": "eu"}, "https://eu1.api.segmentapis.com"),
        ({"region": "US"}, "https://api.segmentapis.com"),
        ({"region": " Eu "}, "https://eu1.api.segmentapis.com"),
        ({"region": ""}, "https://api.segmentapis.com"),
        ({"region": None}, "https://api.segmentapis.com"),
        ({"host": "", "region": "eu"}, "https://eu1.api.segmentapis.com"),
        ({"port": 443, "region": "eu"}, "https://eu1.api.segmentapis.com"),
        ({"host": "gateway.example", "region": "eu"}, "https://gateway.example"),
        ({"host": "https://gateway.example/"}, "https://gateway.example"),
        ({"host": "https://gateway.example/segment/"}, "https://gateway.example/segment"),
        ({"host": "gateway.example", "port": 8443}, "https://gateway.example:8443"),
        ({"host": "gateway.example:9443", "port": 8443}, "https://gateway.example:9443"),
        ({"host": "http://127.0.0.1", "port": 8642}, "http://127.0.0.1:8642"),
        ({"host": "http://localhost:8642"}, "http://localhost:8642"),
        ({"host": "http://[::1]:8642"}, "http://[::1]:8642"),
        ({"host": "http://127.9.9.9:1"}, "http://127.9.9.9:1"),
        ({"host": "http://LocalHost"}, "http://LocalHost"),
        ({"host": " https://gateway.example\n"}, "https://gateway.example"),
        ({"host": "https://[2001:db8::1]:8443"}, "https://[2001:db8::1]:8443"),
        ({"host": "https://xn--sgment-bva.example"}, "https://xn--sgment-bva.example"),
        ({"host": "https://gateway.example/a%20b"}, "https://gateway.example/a%20b"),
    ],
)
def test_region_host_and_port_give_the_base_url(fields: dict[str, Any], base_url: str) -> None:
    assert parse(**fields).base_url == base_url


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("Region", "did you mean 'region'?"),
        ("retry_bugdet", "did you mean 'retry_budget'?"),
        (
            "colour",
            "allowed keys: region, timeout, retry_budget, rate_limit_budget, reconcile_timeout, verify, proxies",
        ),
    ],
)
def test_an_unknown_key_of_the_extra_has_a_warning(key: str, hint: str) -> None:
    extra: dict[str, Any] = {key: "x"}
    assert parse(**extra).warnings == (f"connection 'seg', field extra: unknown key {key!r} is ignored; {hint}",)
    assert parse(region="eu").warnings == ()


@pytest.mark.parametrize("host", ["https://api.segmentapis.com", "api.segmentapis.com/", "https://API.segmentapis.com"])
def test_a_region_that_contradicts_the_base_url_is_a_warning(host: str) -> None:
    assert parse(host=host, region="EU").warnings == (
        "connection 'seg', field region: 'EU' is ignored, because the base URL belongs to the region 'us'; clear the"
        " base URL to use 'EU'",
    )
    assert parse(host=host, region="us").warnings == ()
    assert parse(host=host).warnings == ()
    assert parse(host="https://eu1.api.segmentapis.com").warnings == ()
    assert parse(host="http://127.0.0.1:8642", region="eu").warnings == ()


def test_an_invalid_region_is_an_error_with_a_base_url_too() -> None:
    """It is a typing error, which would come to light only when the base URL is removed."""
    with pytest.raises(ValueError, match="field region: 'europe' is not one of 'us', 'eu'"):
        parse(host="http://127.0.0.1:8642", region="europe")


def test_the_known_keys_are_those_of_the_form() -> None:
    assert set(EXTRA_KEYS) == set(EXTRA_FIELDS)


def test_unset_fields_have_their_defaults() -> None:
    found = parse()
    assert (found.timeout, found.verify, found.proxies) == (30.0, True, None)
    assert (found.options.retry_budget, found.options.rate_limit_budget, found.options.reconcile_timeout) == (
        300.0,
        3600.0,
        30.0,
    )


@pytest.mark.parametrize(("reconcile_timeout", "seconds"), [(0, 5.0), (4.9, 5.0), (60, 60.0)])
def test_the_reconcile_timeout_is_never_shorter_than_the_timeout(reconcile_timeout: float, seconds: float) -> None:
    assert parse(timeout=5, reconcile_timeout=reconcile_timeout).options.reconcile_timeout == seconds


@pytest.mark.parametrize(
    ("host", "seconds"),
    [("", 60), ("https://segment.example.com", 60), ("http://127.0.0.1:8642", 0), ("https://localhost", 0)],
)
def test_only_a_sandbox_on_this_machine_is_polled_more_than_once_a_minute(host: str, seconds: float) -> None:
    assert parse(host=host).options.min_poll_interval == seconds


def test_extra_fields_may_be_strings_as_in_a_form_or_a_uri() -> None:
    found = parse(
        timeout="5",
        retry_budget="60.5",
        rate_limit_budget=0,
        reconcile_timeout="",
        proxies='{"https": "http://proxy.example:3128"}',
    )
    assert found.timeout == 5.0
    assert (found.options.retry_budget, found.options.rate_limit_budget, found.options.reconcile_timeout) == (
        60.5,
        0.0,
        5.0,
    )
    assert found.proxies == {"https": "http://proxy.example:3128"}


def test_white_space_around_the_token_is_ignored() -> None:
    assert parse(password=" a-token\n").token == "a-token"


@pytest.mark.parametrize("loopback_verify", [False, "false", "False"])
def test_verification_can_be_disabled_on_loopback(loopback_verify: object) -> None:
    assert parse(host="https://127.0.0.1:1", verify=loopback_verify).verify is False


def test_verify_takes_a_ca_bundle(tmp_path: Any) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("x")
    assert parse(verify=str(bundle)).verify == str(bundle)


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"password": None}, "password", "is empty"),
        ({"password": ""}, "password", "is empty"),
        ({"password": "  "}, "password", "is empty"),
        ({"password": "a token"}, "password", "characters"),
        ({"password": "a\r\nX-Evil: 1"}, "password", "characters"),
        ({"password": "t\u00f6ken"}, "password", "characters"),
        ({"region": "asia"}, "region", "'us', 'eu'"),
        ({"host": "http://api.segmentapis.com"}, "host", "loopback"),
        ({"host": "http://localhost.example"}, "host", "loopback"),
        ({"host": "http://127.0.0.1.example"}, "host", "loopback"),
        ({"host": "ftp://api.segmentapis.com"}, "host", "'ftp'"),
        ({"host": "https://me:secret@gateway.example"}, "host", "user info"),
        ({"host": "https://gateway.example?a=b"}, "host", "query"),
        ({"host": "https://gateway.example#a"}, "host", "fragment"),
        ({"host": "https://"}, "host", "no valid host name"),
        ({"host": "https://a b"}, "host", "no valid host name"),
        ({"host": "http://127.0.0.1.evil.example"}, "host", "loopback"),
        ({"host": "http://localhost.evil.example"}, "host", "loopback"),
        ({"host": "http://localhost."}, "host", "loopback"),
        ({"host": "http://127.1"}, "host", "loopback"),
        ({"host": "http://127.0.0.1."}, "host", "loopback"),
        ({"host": "http://127.0.0.01"}, "host", "loopback"),
        ({"host": "http://2130706433"}, "host", "loopback"),
        ({"host": "http://0x7f000001"}, "host", "loopback"),
        ({"host": "http://0.0.0.0"}, "host", "loopback"),
        ({"host": "http://[::]"}, "host", "loopback"),
        ({"host": "http://10.0.0.1"}, "host", "loopback"),
        ({"host": "http://169.254.169.254"}, "host", "loopback"),
        ({"host": "http://evil.example#@localhost"}, "host", "fragment"),
        ({"host": "http://localhost@evil.example"}, "host", "user info"),
        ({"host": "http://evil.example\\@localhost"}, "host", "user info"),
        ({"host": "http://localhost\\.evil.example"}, "host", "no valid host name"),
        ({"host": "http://localhost%2eevil.example"}, "host", "no valid host name"),
        ({"host": "https://:secret@gateway.example"}, "host", "user info"),
        ({"host": "https://me:secret/x@gateway.example"}, "host", "its port is not a number"),
        ({"host": "https://s\u00e9gment.example"}, "host", "no valid host name"),
        ({"host": "https://gateway\u3002example"}, "host", "no valid host name"),
        ({"host": "https://gateway.example\uff0fevil"}, "host", "not a URL"),
        ({"host": "https://gate\tway.example"}, "host", "characters"),
        ({"host": "https://gateway.example/\r\nX-Evil: 1"}, "host", "characters"),
        ({"host": "https://gateway.example/\x00"}, "host", "characters"),
        ({"host": "https://gateway.example/a b"}, "host", "characters"),
        ({"host": "https://gateway.example/\u00e9"}, "host", "characters"),
        ({"host": "https://gateway.example\\evil"}, "host", "no valid host name"),
        ({"host": "//gateway.example"}, "host", "no valid host name"),
        ({"host": "file:///etc/passwd"}, "host", "no valid host name"),
        ({"host": "https://-.example"}, "host", "no valid host name"),
        ({"host": "https://gateway.example:notaport"}, "host", "its port is not a number between 1 and 65535"),
        ({"host": "https://gateway.example:65536"}, "host", "its port is not a number between 1 and 65535"),
        ({"host": "https://gateway.example:0"}, "host", "its port is not a number between 1 and 65535"),
        ({"host": "https://gateway.example", "port": 65536}, "port", "65536 is not between 1 and 65535"),
        ({"host": "https://gateway.example", "port": -1}, "port", "-1 is not between 1 and 65535"),
        ({"host": "https://gateway.example", "port": 0}, "port", "0 is not between 1 and 65535"),
        ({"host": "https://[::1"}, "host", "not a URL"),
        ({"timeout": 0}, "timeout", "above 0"),
        ({"timeout": "soon"}, "timeout", "'soon'"),
        ({"timeout": True}, "timeout", "above 0"),
        ({"timeout": 1e10}, "timeout", "up to 1000000"),
        ({"region": ["us"]}, "region", "'us', 'eu'"),
        ({"region": "asia", "host": "gateway.example"}, "region", "'us', 'eu'"),
        ({"retry_budget": -1}, "retry_budget", "from 0 to 1000000"),
        ({"rate_limit_budget": "nan"}, "rate_limit_budget", "from 0 to 1000000"),
        ({"reconcile_timeout": "inf"}, "reconcile_timeout", "from 0 to 1000000"),
        ({"verify": False}, "verify", "loopback"),
        ({"verify": "/no/such/bundle.pem"}, "verify", "does not exist; it must be the path of a CA bundle"),
        ({"verify": 1}, "verify", "1 is of type int; it must be the path of a CA bundle"),
        ({"proxies": "proxy:3128"}, "proxies", "JSON object"),
        ({"proxies": {"https": 3128}}, "proxies", "JSON object"),
        ({"proxies": ["a"]}, "proxies", "JSON object"),
    ],
)
def test_an_invalid_field_is_rejected_by_connection_and_name(fields: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(ValueError, match="connection 'seg'") as caught:
        parse(**fields)
    assert f"field {field}:" in str(caught.value)
    assert message in str(caught.value)
    assert "secret" not in str(caught.value)


def test_extra_must_be_a_json_object() -> None:
    with pytest.raises(ValueError, match="connection 'seg', field extra: it must be a JSON object"):
        parse_connection(conn_id="seg", host=None, port=None, password="t", extra=["us"])  # type: ignore[arg-type]


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_ca_bundle_of_the_environment_must_exist(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "/no/such/ca.pem")
    with pytest.raises(ValueError, match=f"{variable} is '/no/such/ca.pem', but this path does not exist"):
        network_for(parse())


def test_the_repr_hides_the_token() -> None:
    found = parse(password="canary-token", proxies={"https": "http://u:canary-proxy@proxy.example"})
    assert "canary" not in repr(found)
    assert "canary" not in str(found.options)
