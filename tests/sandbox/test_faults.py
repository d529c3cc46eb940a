from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.sandbox.client import ANALYTICS, WEB, Client

BODY = {"sourceId": WEB, "metadataId": ANALYTICS, "name": "first", "settings": {}}


def names(sandbox: SegmentSandbox) -> list[str]:
    return [destination["name"] for destination in sandbox.destinations]


def journal(sandbox: SegmentSandbox) -> list[tuple[str, int | None, str | None]]:
    return [(entry["method"], entry["status"], entry["fault"]) for entry in sandbox.requests]


def wait_for(sandbox: SegmentSandbox, expected: list[str]) -> None:
    """Wait until the destinations have these names; fail if that never happens."""
    for _ in range(1000):
        if names(sandbox) == expected:
            return
        time.sleep(0.01)
    pytest.fail(f"expected {expected}, got {names(sandbox)}")


@pytest.fixture
def wire(segment_sandbox: SegmentSandbox) -> Iterator[http.client.HTTPConnection]:
    """Return a connection that never retries."""
    connection = http.client.HTTPConnection(urlsplit(segment_sandbox.url).netloc, timeout=30)
    yield connection
    connection.close()


def post(wire: http.client.HTTPConnection, sandbox: SegmentSandbox) -> None:
    """Send a request that creates a destination, without reading the response."""
    headers = {"Authorization": f"Bearer {sandbox.token}", "Content-Type": "application/json"}
    wire.request("POST", "/destinations", json.dumps(BODY), headers)


DISCONNECTED = (http.client.RemoteDisconnected, ConnectionResetError)


def test_status_fault_skips_the_request(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("status", status=503)

    response = segment.send("POST", "/destinations", BODY)

    assert response.status_code == 503
    assert response.json()["errors"][0]["message"] == "Fault injected by the sandbox"
    assert names(segment_sandbox) == []
    assert segment.send("POST", "/destinations", BODY).status_code == 200
    assert journal(segment_sandbox) == [("POST", 503, "status"), ("POST", 200, None)]


def test_status_fault_can_be_a_proxy_page_or_a_redirect(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("status", status=502, html=True)
    segment_sandbox.fault("status", status=307, headers={"Location": "http://127.0.0.1:9/"})

    page = segment.send("GET", "/")
    redirect = segment.send("GET", "/", allow_redirects=False)

    assert (page.status_code, page.headers["Content-Type"]) == (502, "text/html")
    assert page.text.startswith("<!doctype html>")
    assert (redirect.status_code, redirect.headers["Location"]) == (307, "http://127.0.0.1:9/")


@pytest.mark.parametrize(
    ("details", "retry_after", "data"),
    [
        ({"retry_after": 3}, "3", None),
        ({"ms_before_next": 1500}, None, {"msBeforeNext": 1500, "remainingPoints": 0, "consumedPoints": 1}),
        ({}, None, None),
    ],
)
def test_rate_limit_fault_sets_the_given_headers_and_data(
    segment: Client, segment_sandbox: SegmentSandbox, details: dict[str, Any], retry_after: str | None, data: object
) -> None:
    segment_sandbox.fault("rate_limit", **details)

    response = segment.send("POST", "/destinations", BODY)

    assert response.status_code == 429
    assert response.headers.get("Retry-After") == retry_after
    assert response.json()["errors"][0].get("data") == data
    assert "X-RateLimit-Reset" not in response.headers
    assert names(segment_sandbox) == []


def test_rate_limit_fault_can_set_only_the_reset_date(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("rate_limit", reset_seconds=90)

    headers = segment.send("GET", "/").headers

    wait = parsedate_to_datetime(headers["X-RateLimit-Reset"]) - parsedate_to_datetime(headers["Date"])
    assert 90 <= wait.total_seconds() <= 91


def test_drop_before_skips_the_request(wire: http.client.HTTPConnection, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("drop_before")

    post(wire, segment_sandbox)

    with pytest.raises(DISCONNECTED):
        wire.getresponse()
    assert names(segment_sandbox) == []
    assert journal(segment_sandbox) == [("POST", None, "drop_before")]


def test_drop_after_processes_the_request(wire: http.client.HTTPConnection, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("drop_after")

    post(wire, segment_sandbox)

    with pytest.raises(DISCONNECTED):
        wire.getresponse()
    assert names(segment_sandbox) == ["first"]
    assert journal(segment_sandbox) == [("POST", None, "drop_after")]


def test_late_processes_the_request_later(wire: http.client.HTTPConnection, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("late", seconds=0.2)

    post(wire, segment_sandbox)

    with pytest.raises(DISCONNECTED):
        wire.getresponse()
    assert journal(segment_sandbox) == [("POST", None, "late")]
    wait_for(segment_sandbox, ["first"])


def test_reset_cancels_late_requests(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("late", seconds=0.1)
    with pytest.raises(requests.ConnectionError):
        segment.send("POST", "/destinations", BODY)
    segment_sandbox.seed("empty")

    # Delayed longer than the first request, so once this one is processed the first would have been too.
    segment_sandbox.fault("late", seconds=0.3)
    with pytest.raises(requests.ConnectionError):
        segment.send("POST", "/destinations", {**BODY, "name": "second"})
    wait_for(segment_sandbox, ["second"])


def test_late_does_not_process_the_request_immediately(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("late", seconds=3600)

    with pytest.raises(requests.ConnectionError):
        segment.send("POST", "/destinations", BODY)

    assert segment.data("GET", "/destinations")["destinations"] == []


def test_delay_processes_the_request_immediately(
    wire: http.client.HTTPConnection, segment_sandbox: SegmentSandbox
) -> None:
    segment_sandbox.fault("delay", seconds=3600)

    post(wire, segment_sandbox)

    wait_for(segment_sandbox, ["first"])
    assert journal(segment_sandbox) == [("POST", None, "delay")]


def test_delay_sends_the_response_later(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("delay", seconds=0.01)

    assert segment.data("POST", "/destinations", BODY)["destination"]["name"] == "first"
    assert journal(segment_sandbox) == [("POST", 200, "delay")]


def test_truncate_announces_the_whole_body_and_sends_half(
    wire: http.client.HTTPConnection, segment_sandbox: SegmentSandbox
) -> None:
    segment_sandbox.fault("truncate")

    post(wire, segment_sandbox)
    response = wire.getresponse()

    assert response.status == 200
    announced = int(response.headers["Content-Length"])
    with pytest.raises(http.client.IncompleteRead) as error:
        response.read()
    assert len(error.value.partial) == announced // 2
    assert error.value.partial.startswith(b'{"data":{"destination":')
    assert names(segment_sandbox) == ["first"]
    assert journal(segment_sandbox) == [("POST", 200, "truncate")]


def test_garbage_processes_the_request_and_returns_html(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("garbage")

    response = segment.send("POST", "/destinations", BODY)

    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/html")
    assert response.text.startswith("<!doctype html>")
    assert names(segment_sandbox) == ["first"]
    assert journal(segment_sandbox) == [("POST", 200, "garbage")]


def test_a_fault_applies_to_matching_requests_only(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("status", status=500, method="get", path="/destinations/*/subscriptions")
    segment_sandbox.fault("status", status=501, path="/sources*")
    segment_sandbox.fault("status", status=502, path="/catalog/destinations/a%2Fb")

    sent = [
        ("GET", "/destinations/x"),
        ("POST", "/destinations/x/subscriptions"),
        ("GET", "/destinations/x/subscriptions?pagination.count=1"),
        ("GET", "/catalog/destinations/a/b"),
        ("GET", "/catalog/destinations/a%2Fb"),
        ("GET", "/sources/any/connected-destinations"),
        ("GET", "/sources"),
    ]

    assert [segment.send(method, path).status_code for method, path in sent] == [
        404,
        404,
        500,
        404,
        502,
        501,
        200,
    ]


def test_a_fault_applies_to_the_given_number_of_requests(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("status", status=500, times=2)
    segment_sandbox.fault("status", status=501, times=None)

    assert [segment.send("GET", "/").status_code for _ in range(5)] == [500, 500, 501, 501, 501]


def faults_met(segment: Client, sandbox: SegmentSandbox, *, seed: int, count: int = 400) -> list[str | None]:
    """Return the faults that requests meet if 5 % of them lose their response and 2 % fail."""
    sandbox.seed("empty")
    sandbox.fault("garbage", times=None, probability=0.05, seed=seed)
    sandbox.fault("status", status=503, times=None, probability=0.02, seed=seed)
    for _ in range(count):
        segment.send("GET", "/sources")
    return [entry["fault"] for entry in sandbox.requests]


def test_a_probable_fault_applies_to_a_share_of_the_requests(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    met = faults_met(segment, segment_sandbox, seed=7)

    assert 10 <= met.count("garbage") <= 30
    assert 2 <= met.count("status") <= 16


def test_a_seed_repeats_the_faults(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    first, again, other = (faults_met(segment, segment_sandbox, seed=seed) for seed in (7, 7, 8))

    assert first == again
    assert first != other


def test_a_probable_fault_can_apply_a_given_number_of_times(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("status", status=500, path="/sources", times=2, probability=0.5)

    statuses = [segment.send("GET", "/sources").status_code for _ in range(40)]

    assert (statuses.count(500), statuses.count(200)) == (2, 38)
    assert statuses[:2] != [500, 500]  # as drawn from the default seed


@pytest.mark.parametrize(("probability", "status"), [(0, 200), (1, 500)])
def test_probability_0_never_fails_and_1_always_does(
    segment: Client, segment_sandbox: SegmentSandbox, probability: float, status: int
) -> None:
    segment_sandbox.fault("status", status=500, times=None, probability=probability)

    assert {segment.send("GET", "/sources").status_code for _ in range(20)} == {status}


def test_requests_that_do_not_match_draw_no_number(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    def statuses(*, others: bool) -> list[int]:
        segment_sandbox.seed("empty")
        segment_sandbox.fault("status", status=500, path="/sources", times=None, probability=0.5)
        return [
            segment.send("GET", "/sources").status_code
            for number in range(30)
            if not (others and number % 3 and segment.send("GET", "/").status_code == 500)
        ]

    assert statuses(others=False) == statuses(others=True)


def test_pending_faults_can_be_read_and_removed(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("status", status=500, path="/sources", times=3)
    segment.send("GET", "/sources")

    assert segment.send("GET", "/_sandbox/faults").json()["faults"] == [
        {
            "kind": "status",
            "match": {"method": None, "path": "/sources"},
            "times": 2,
            "probability": 1.0,
            "seed": 0,
            "status": 500,
            "headers": {},
            "html": False,
        }
    ]
    assert segment.send("DELETE", "/_sandbox/faults").json() == {"status": "SUCCESS"}
    assert segment.send("GET", "/_sandbox/faults").json() == {"faults": []}
    assert segment.send("GET", "/sources").status_code == 200


def test_faults_apply_before_authorization_and_do_not_count_towards_limits(
    segment: Client, segment_sandbox: SegmentSandbox
) -> None:
    segment_sandbox.settings(default_limit_per_minute=1)
    segment_sandbox.fault("status", status=500)

    assert segment.send("GET", "/", headers={"Authorization": "none"}).status_code == 500
    assert segment.send("GET", "/").status_code == 200


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["kind"]),
        ({"kind": "explode"}, ["kind"]),
        ({"kind": "status"}, ["status"]),
        ({"kind": "status", "status": 200}, ["status"]),
        ({"kind": "status", "status": 304}, ["status"]),
        ({"kind": "status", "status": "503"}, ["status"]),
        ({"kind": "status", "status": 503, "seconds": 1}, ["seconds"]),
        ({"kind": "status", "status": 503, "headers": {"X-A": "b\r\nX-C: d"}}, ["headers.X-A"]),
        ({"kind": "status", "status": 503, "headers": {"Content-Length": "1"}}, ["headers.Content-Length"]),
        ({"kind": "rate_limit", "retryAfter": 1.5}, ["retryAfter"]),
        ({"kind": "rate_limit", "retryAfter": -1, "msBeforeNext": "1"}, ["retryAfter", "msBeforeNext"]),
        ({"kind": "rate_limit", "resetSeconds": 10**12}, ["resetSeconds"]),
        ({"kind": "rate_limit", "resetSeconds": -(10**12)}, ["resetSeconds"]),
        ({"kind": "late"}, ["seconds"]),
        ({"kind": "delay", "seconds": -1}, ["seconds"]),
        ({"kind": "garbage", "times": 0}, ["times"]),
        ({"kind": "garbage", "probability": 1.1, "seed": -1}, ["probability", "seed"]),
        ({"kind": "garbage", "probability": "5 %", "seed": 1.5}, ["probability", "seed"]),
        ({"kind": "garbage", "match": "/sources"}, ["match"]),
        ({"kind": "garbage", "match": {"path": 1, "metod": "GET"}}, ["match.path", "match.metod"]),
        ({"kind": "garbage", "path": "/sources"}, ["path"]),
    ],
)
def test_an_invalid_fault_returns_422(
    segment: Client, segment_sandbox: SegmentSandbox, body: dict[str, object], fields: list[str]
) -> None:
    assert segment.errors("POST", "/_sandbox/faults", body) == (422, fields)
    assert segment.send("GET", "/_sandbox/faults").json() == {"faults": []}
