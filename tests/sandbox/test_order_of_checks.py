from __future__ import annotations

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.sandbox.client import ANALYTICS, WEB, Client

BODY = {"sourceId": WEB, "metadataId": ANALYTICS, "settings": {}}


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer wrong", "sandbox-token", "Basic sandbox-token", "Bearer \xe9"]
)
def test_a_missing_or_wrong_token_returns_401(segment: Client, header: str | None) -> None:
    headers = {"Authorization": header if header is None else header.encode("latin-1")}

    assert segment.errors("GET", "/", headers=headers)[0] == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_authorization_scheme_is_case_insensitive(segment: Client, scheme: str) -> None:
    assert segment.send("GET", "/", headers={"Authorization": f"{scheme} sandbox-token"}).status_code == 200


def test_checks_run_in_the_order_401_429_404_422(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    destination = segment.create_destination()["id"]
    wrong = {"Authorization": "Bearer wrong"}
    here, nowhere = (f"/destinations/{where}/subscriptions" for where in (destination, "none"))

    assert segment.errors("POST", here, {})[0] == 422
    assert segment.errors("POST", nowhere, {})[0] == 404
    segment_sandbox.settings(subscription_write_limit_per_minute=0)
    assert segment.errors("POST", here, {})[0] == 429
    assert segment.errors("POST", nowhere, {})[0] == 429
    assert segment.errors("POST", nowhere, {}, headers=wrong)[0] == 401
    assert segment.errors("GET", "/nowhere", headers=wrong)[0] == 401


@pytest.mark.parametrize(
    "path", ["/destinations/none", "/destinations/none/subscriptions/none", "/sources/none?pagination.count=0"]
)
def test_404_comes_before_422(segment: Client, path: str) -> None:
    method = "GET" if path.startswith("/sources") else "PATCH"

    assert segment.errors(method, path, {"enabled": "no"})[0] == 404


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 8 * 1024 * 1024])
def test_a_body_over_one_mebibyte_returns_413(segment: Client, size: int) -> None:
    headers = {"Content-Type": "application/json"}

    assert segment.errors("POST", "/destinations", data=b" " * size, headers=headers)[0] == 413
    assert segment.send("GET", "/").status_code == 200


def test_a_chunked_body_over_one_mebibyte_returns_413(segment: Client) -> None:
    parts = iter([b" " * 700_000] * 2)

    assert segment.errors("POST", "/destinations", data=parts)[0] == 413


def test_a_body_of_one_mebibyte_is_accepted(segment: Client) -> None:
    body = b'{"sourceId": "sandbox-web", "metadataId": "sandbox-analytics", "settings": {}}'.ljust(1024 * 1024)

    response = segment.send("POST", "/destinations", data=body, headers={"Content-Type": "application/json"})

    assert response.status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"nonsense",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"name": "\\ud800"}',
        b"[" * 5000,
        b'{"settings": ' + b'{"a": ' * 200 + b"1" + b"}" * 200 + b"}",
    ],
)
def test_a_body_that_is_not_a_json_object_returns_422(segment: Client, text: bytes) -> None:
    headers = {"Content-Type": "application/json"}

    assert segment.errors("POST", "/destinations", data=text, headers=headers) == (422, ["body"])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/destinations/{'x' * 255}", 404),
        (f"/destinations/{'x' * 256}", 422),
        (f"/destinations/{'%C3%A9' * 255}", 404),
        (f"/destinations/{'%C3%A9' * 256}", 422),
        ("/destinations//subscriptions", 422),
        (f"/sources/{'x' * 256}/connected-destinations", 422),
        (f"/catalog/destinations/{'x' * 256}", 422),
    ],
)
def test_an_id_must_have_1_to_255_characters(segment: Client, path: str, status: int) -> None:
    assert segment.errors("GET", path)[0] == status


@pytest.mark.parametrize(
    ("destination_id", "sent"),
    [
        ("a/b c", "a%2Fb%20c"),
        ("caf\xe9", "caf%C3%A9"),
        ("100%", "100%25"),
        ("q?a=1#x", "q%3Fa%3D1%23x"),
        ("%2F", "%252F"),
        ("..", "%2E%2E"),
        ("dots.and~tildes-_", "dots.and~tildes-_"),
        ("a+b", "a+b"),
    ],
)
def test_ids_are_percent_decoded_once(
    segment: Client, segment_sandbox: SegmentSandbox, destination_id: str, sent: str
) -> None:
    segment_sandbox.seed({"destinations": [{"id": destination_id, "sourceId": WEB, "metadataId": ANALYTICS}]})

    assert segment.get_raw(f"/destinations/{sent}/subscriptions")["subscriptions"] == []
