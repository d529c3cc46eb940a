"""No page of another site can control the sandbox; what is controlled appears in the journal."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

import pytest
from starlette.requests import Request

from airflow_provider_segment.sandbox.control.access import check_caller
from airflow_provider_segment.sandbox.errors import ApiError
from airflow_provider_segment.sandbox.request import BufferedRequest
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.sandbox.client import Client

JSON = {"Content-Type": "application/json"}


def control(
    sandbox: SegmentSandbox, method: str, name: str, *, body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, str | None]:
    """Send a control request, and return its status and the field of its error, if any."""
    connection = http.client.HTTPConnection(urlsplit(sandbox.url).netloc, timeout=30)
    try:
        connection.request(method, f"/_sandbox/{name}", body or None, headers or {})
        response = connection.getresponse()
        errors = json.loads(response.read()).get("errors", [{}])
        return response.status, errors[0].get("field")
    finally:
        connection.close()


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:3000", "http://127.0.0.1", "null"])
@pytest.mark.parametrize(("method", "name"), [("POST", "reset"), ("DELETE", "faults"), ("GET", "destinations")])
def test_pages_of_other_sites_are_refused(
    segment: Client, segment_sandbox: SegmentSandbox, method: str, name: str, origin: str
) -> None:
    segment.create_destination()
    segment_sandbox.fault("status", status=500, path="/never")

    assert control(segment_sandbox, method, name, headers={**JSON, "Origin": origin}) == (403, "Origin")
    assert len(segment_sandbox.destinations) == 1
    assert len(segment.send("GET", "/_sandbox/faults").json()["faults"]) == 1


def test_the_sandboxs_own_page_may_send_control_requests(segment_sandbox: SegmentSandbox) -> None:
    assert control(segment_sandbox, "POST", "reset", headers={"Origin": segment_sandbox.url}) == (200, None)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8642", "127.0.0.1.evil.example", "[", ""])
def test_a_site_whose_name_resolves_to_this_machine_is_refused(segment_sandbox: SegmentSandbox, host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host}"}

    assert control(segment_sandbox, "POST", "reset", headers=headers) == (403, "Host")


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8642", "localhost", "LOCALHOST:1", "[::1]:8642", "10.1.2.3", "sandbox:8642", "a.localhost"]
)
def test_addresses_and_local_names_are_accepted(segment_sandbox: SegmentSandbox, host: str) -> None:
    assert control(segment_sandbox, "POST", "reset", headers={"Host": host}) == (200, None)


def test_the_host_it_listens_on_is_accepted(segment_sandbox: SegmentSandbox) -> None:
    scope = {"type": "http", "headers": [(b"host", b"build.intern.example:8642")]}
    request = BufferedRequest(request=Request(scope), body=b"")

    with pytest.raises(ApiError):
        check_caller(request, listening_host="127.0.0.1")
    check_caller(request, listening_host="Build.intern.example")


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "text/json"])
def test_a_body_must_be_json(segment_sandbox: SegmentSandbox, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    body = b'{"seed": {}}'

    assert control(segment_sandbox, "POST", "reset", body=body, headers=headers) == (415, "Content-Type")
    assert control(segment_sandbox, "POST", "reset", body=body, headers={"Content-Type": "Application/JSON;a=b"})[
        0
    ] == (200)


def test_the_journal_can_include_control_requests(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.seed("empty")
    segment_sandbox.fault("status", status=503, path="/never")
    segment.send("GET", "/")
    control(segment_sandbox, "POST", "settings", body=b"{", headers=JSON)
    control(segment_sandbox, "DELETE", "settings", headers={"Origin": "https://evil.example"})

    journal = segment.send("GET", "/_sandbox/requests?control=true").json()["requests"]

    assert [(entry["method"], entry["path"], entry["status"]) for entry in journal] == [
        ("POST", "/_sandbox/reset", 200),
        ("POST", "/_sandbox/faults", 200),
        ("GET", "/", 200),
        ("POST", "/_sandbox/settings", 422),
        ("DELETE", "/_sandbox/settings", 403),
    ]
    assert [entry["path"] for entry in segment_sandbox.requests] == ["/"]
    assert segment.send("GET", "/_sandbox/").json()["requestCount"] == 1
