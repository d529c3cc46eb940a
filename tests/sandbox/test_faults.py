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
    """Come back when the destinations have these names; fail when that never happens."""
    for _ in range(1000):
        if names(sandbox) == expected:
            return
        time.sleep(0.01)
    pytest.fail(f"{names(sandbox)} instead of {expected}")


@pytest.fixture
def wire(segment_sandbox: SegmentSandbox) -> Iterator[http.client.HTTPConnection]:
    """A connection on which nothing is ever tried twice."""
    connection = http.client.HTTPConnection(urlsplit(segment_sandbox.url).netloc, timeout=30)
    yield connection
    connection.close()


def post(wire: http.client.HTTPConnection, sandbox: SegmentSandbox) -> None:
    """Ask for a destination, and leave the answer unread."""
    headers = {"Authorization": f"Bearer {sandbox.token}", "Content-Type": "application/json"}
    wire.request("POST", "/destinations", json.dumps(BODY), headers)


GONE = (http.client.RemoteDisconnected, ConnectionResetError)


def test_status_is_not_carried_out(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("status", status=503)

    answer = segment.send("POST", "/destinations", BODY)

    assert answer.status_code == 503
    assert answer.json()["errors"][0]["status"] == 503
    assert names(segment_sandbox) == []
    assert segment.send("POST", "/destinations", BODY).status_code == 200
    assert journal(segment_sandbox) == [("POST", 503, "status"), ("POST", 200, None)]


def test_status_can_be_a_proxys_page_or_a_redirect(segment: Client, segment_sandbox: SegmentSandbox) -> None:
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
def test_rate_limit_says_what_it_is_told_to(
    segment: Client, segment_sandbox: SegmentSandbox, details: dict[str, Any], retry_after: str | None, data: object
) -> None:
    segment_sandbox.fault("rate_limit", **details)

    answer = segment.send("POST", "/destinations", BODY)

    assert answer.status_code == 429
    assert answer.headers.get("Retry-After") == retry_after
    assert answer.json()["errors"][0].get("data") == data
    assert "X-RateLimit-Reset" not in answer.headers
    assert names(segment_sandbox) == []


def test_rate_limit_may_say_it_by_date_alone(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("rate_limit", reset_seconds=90)

    headers = segment.send("GET", "/").headers

    wait = parsedate_to_datetime(headers["X-RateLimit-Reset"]) - parsedate_to_datetime(headers["Date"])
    assert 90 <= wait.total_seconds() <= 91


def test_drop_before_is_not_carried_out(wire: http.client.HTTPConnection, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("drop_before")

    post(wire, segment_sandbox)

    with pytest.raises(GONE):
        wire.getresponse()
    assert names(segment_sandbox) == []
    assert journal(segment_sandbox) == [("POST", None, "drop_before")]


def test_drop_after_is_carried_out(wire: http.client.HTTPConnection, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("drop_after")

    post(wire, segment_sandbox)

    with pytest.raises(GONE):
        wire.getresponse()
    assert names(segment_sandbox) == ["first"]
    assert journal(segment_sandbox) == [("POST", None, "drop_after")]


def test_late_is_carried_out_later(wire: http.client.HTTPConnection, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("late", seconds=0.2)

    post(wire, segment_sandbox)

    with pytest.raises(GONE):
        wire.getresponse()
    assert journal(segment_sandbox) == [("POST", None, "late")]
    wait_for(segment_sandbox, ["first"])


def test_late_does_not_outlive_a_reset(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("late", seconds=0.1)
    with pytest.raises(requests.ConnectionError):
        segment.send("POST", "/destinations", BODY)
    segment_sandbox.seed()

    # Put off for longer than the first, so when it is there the first would be too.
    segment_sandbox.fault("late", seconds=0.3)
    with pytest.raises(requests.ConnectionError):
        segment.send("POST", "/destinations", {**BODY, "name": "second"})
    wait_for(segment_sandbox, ["second"])


def test_late_is_not_carried_out_at_once(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("late", seconds=3600)

    with pytest.raises(requests.ConnectionError):
        segment.send("POST", "/destinations", BODY)

    assert segment.data("GET", "/destinations")["destinations"] == []


def test_delay_is_carried_out_at_once(wire: http.client.HTTPConnection, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("delay", seconds=3600)

    post(wire, segment_sandbox)

    wait_for(segment_sandbox, ["first"])
    assert journal(segment_sandbox) == [("POST", None, "delay")]


def test_delay_answers_in_the_end(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("delay", seconds=0.01)

    assert segment.data("POST", "/destinations", BODY)["destination"]["name"] == "first"
    assert journal(segment_sandbox) == [("POST", 200, "delay")]


def test_truncate_announces_all_and_sends_half(
    wire: http.client.HTTPConnection, segment_sandbox: SegmentSandbox
) -> None:
    segment_sandbox.fault("truncate")

    post(wire, segment_sandbox)
    answer = wire.getresponse()

    assert answer.status == 200
    announced = int(answer.headers["Content-Length"])
    with pytest.raises(http.client.IncompleteRead) as caught:
        answer.read()
    assert len(caught.value.partial) == announced // 2
    assert caught.value.partial.startswith(b'{"data":{"destination":')
    assert names(segment_sandbox) == ["first"]
    assert journal(segment_sandbox) == [("POST", 200, "truncate")]


def test_garbage_is_carried_out(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("garbage")

    answer = segment.send("POST", "/destinations", BODY)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html")
    assert answer.text.startswith("<!doctype html>")
    assert names(segment_sandbox) == ["first"]
    assert journal(segment_sandbox) == [("POST", 200, "garbage")]


def test_a_fault_meets_what_matches(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("status", status=500, method="get", path="/destinations/*/subscriptions")
    segment_sandbox.fault("status", status=501, path="/sources*")
    segment_sandbox.fault("status", status=502, path="/catalog/destinations/a%2Fb")

    requests_sent = [
        ("GET", "/destinations/x"),
        ("POST", "/destinations/x/subscriptions"),
        ("GET", "/destinations/x/subscriptions?pagination.count=1"),
        ("GET", "/catalog/destinations/a/b"),
        ("GET", "/catalog/destinations/a%2Fb"),
        ("GET", "/sources/any/connected-destinations"),
        ("GET", "/sources"),
    ]

    assert [segment.send(method, path).status_code for method, path in requests_sent] == [
        404,
        404,
        500,
        404,
        502,
        501,
        200,
    ]


def test_a_fault_meets_as_often_as_told(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("status", status=500, times=2)
    segment_sandbox.fault("status", status=501, times=None)

    assert [segment.send("GET", "/").status_code for _ in range(5)] == [500, 500, 501, 501, 501]


def test_faults_are_shown_and_forgotten(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("status", status=500, path="/sources", times=3)
    segment.send("GET", "/sources")

    assert segment.send("GET", "/_sandbox/faults").json()["faults"] == [
        {
            "kind": "status",
            "match": {"method": None, "path": "/sources"},
            "times": 2,
            "status": 500,
            "headers": {},
            "html": False,
        }
    ]
    assert segment.send("DELETE", "/_sandbox/faults").json() == {"status": "SUCCESS"}
    assert segment.send("GET", "/_sandbox/faults").json() == {"faults": []}
    assert segment.send("GET", "/sources").status_code == 200


def test_faults_come_before_the_token_is_looked_at_and_spend_no_limit(
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
        ({"kind": "late"}, ["seconds"]),
        ({"kind": "delay", "seconds": -1}, ["seconds"]),
        ({"kind": "garbage", "times": 0}, ["times"]),
        ({"kind": "garbage", "match": "/sources"}, ["match"]),
        ({"kind": "garbage", "match": {"path": 1, "metod": "GET"}}, ["match.path", "match.metod"]),
        ({"kind": "garbage", "path": "/sources"}, ["path"]),
    ],
)
def test_a_wrong_fault_is_a_422(
    segment: Client, segment_sandbox: SegmentSandbox, body: dict[str, object], fields: list[str]
) -> None:
    assert segment.refused("POST", "/_sandbox/faults", body) == (422, fields)
    assert segment.send("GET", "/_sandbox/faults").json() == {"faults": []}
