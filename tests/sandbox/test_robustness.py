"""No request causes a 500 or a response outside the API's two envelopes."""

from __future__ import annotations

import http.client
import json
import os
import socket
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.sandbox.client import ANALYTICS, TRACK, WEB, Client

PUBLISHED = {200, 400, 401, 404, 413, 422, 429}
KNOWN = PUBLISHED | {406, 415}

FUZZ = settings(
    max_examples=int(os.environ.get("SANDBOX_FUZZ_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
"""All examples share the fixture on purpose: each runs with the unusual objects that earlier ones created."""

SEED = {
    "destinations": [
        {
            "id": "d",
            "sourceId": WEB,
            "metadataId": ANALYTICS,
            "settings": {"apiKey": "0123456789"},
            "subscriptions": [{"id": "s", "actionId": TRACK}],
            "filters": [{"id": "f", "title": "no pages", "actions": [{"type": "DROP"}]}],
        }
    ]
}

visible = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#"), max_size=40)
segments = st.sampled_from(
    [
        "destinations",
        "sources",
        "catalog",
        "subscriptions",
        "delivery-metrics",
        "destination",
        "filters",
        "preview",
        "d",
        "s",
        "f",
        WEB,
        "",
    ]
)
escapes = st.sampled_from(
    ["%00", "%2F", "%ff", "%C3%28", "%", "%zz", "%F0%9F%92%A9", "..", "%2e%2e", "\\", "*", ";a=b"]
)
paths = st.lists(segments | escapes | visible, max_size=6).map(lambda parts: "/" + "/".join(parts))
query_names = st.sampled_from(
    ["pagination", "pagination[count]", "pagination.cursor", "pagination[", "sourceId", "startTime", "granularity"]
)
query_values = st.sampled_from(
    [
        "1",
        "-1",
        "MA==",
        "{}",
        "[",
        '{"count":1e400}',
        "%FF",
        WEB,
        "DAY",
        "HOUR",
        "0000-00-00",
        "9999-12-31T23:59:59-14:00",
    ]
)
queries = st.lists(st.tuples(query_names | visible, query_values | visible), max_size=4).map(
    lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)
)
methods = st.sampled_from(["GET", "POST", "PATCH", "DELETE", "PUT", "OPTIONS", "HEAD", "BREW"])
header_values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=40)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        [WEB, ANALYTICS, TRACK, "\u2022" * 10 + "6789", "CRON", "PERIODIC", "15m", "2024-01-01T00:00:00Z"]
    )
)
keys = st.sampled_from(
    [
        "sourceId",
        "metadataId",
        "settings",
        "enabled",
        "name",
        "input",
        "actionId",
        "trigger",
        "modelId",
        "reverseETLModelId",
        "reverseETLSchedule",
        "strategy",
        "config",
        "interval",
        "apiKey",
        "externalId",
        "trackAllPages",
    ]
) | st.text(max_size=5)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=6), max_leaves=20
)
json_bodies = st.dictionaries(keys, values, max_size=8).map(lambda value: json.dumps(value).encode())
schedules = st.fixed_dictionaries(
    {"strategy": st.sampled_from(["CRON", "PERIODIC", "SPECIFIC_DAYS", "MANUAL"])}
).flatmap(
    lambda schedule: st.dictionaries(
        st.sampled_from(["interval", "spec", "timezone", "days", "hours"]), values, max_size=5
    ).map(lambda config: {**schedule, "config": config})
)
updates = schedules.map(lambda schedule: json.dumps({"input": {"reverseETLSchedule": schedule}}).encode())
bodies = json_bodies | updates | st.binary(max_size=60)


@pytest.fixture
def sandbox(segment_sandbox: SegmentSandbox) -> SegmentSandbox:
    segment_sandbox.seed(SEED)
    segment_sandbox.settings(subscription_write_limit_per_minute=None)
    return segment_sandbox


def send(
    sandbox: SegmentSandbox, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """Send one request without normalising anything."""
    connection = http.client.HTTPConnection(urlsplit(sandbox.url).netloc, timeout=30)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        all_headers = {"Authorization": f"Bearer {sandbox.token}", **(headers or {})}
        for name, value in {**all_headers, "Content-Length": str(len(body))}.items():
            connection.putheader(name, value.encode("latin-1"))
        connection.endheaders(body)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def check(method: str, status: int, text: bytes) -> None:
    """Check that the API could return this response."""
    assert status in KNOWN
    if method != "HEAD":
        envelope: Any = json.loads(text)
        assert list(envelope) == (["data"] if status == 200 else ["errors"])


@FUZZ
@given(method=methods, path=paths, query=queries)
def test_hostile_paths_get_a_known_status_and_never_a_500(
    sandbox: SegmentSandbox, method: str, path: str, query: str
) -> None:
    target = f"{path}?{query}" if query else path
    if f"{path.partition('?')[0]}/".startswith("/_sandbox/"):
        return

    status, text = send(sandbox, method, target)

    check(method, status, text)


@FUZZ
@given(query=queries)
@pytest.mark.parametrize("path", ["/destinations", "/sources", "/destinations/d/delivery-metrics"])
def test_hostile_queries_get_a_known_status_and_never_a_500(sandbox: SegmentSandbox, path: str, query: str) -> None:
    status, text = send(sandbox, "GET", f"{path}?sourceId={WEB}&{query}")

    check("GET", status, text)


@FUZZ
@given(body=bodies)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/destinations"),
        ("PATCH", "/destinations/d"),
        ("POST", "/destinations/d/subscriptions"),
        ("PATCH", "/destinations/d/subscriptions/s"),
        ("POST", "/destination/d/filters"),
        ("PATCH", "/destination/d/filters/f"),
        ("POST", "/destination/filters/preview"),
    ],
)
def test_hostile_bodies_never_get_a_500_and_leave_all_objects_readable(
    sandbox: SegmentSandbox, method: str, path: str, body: bytes
) -> None:
    status, text = send(sandbox, method, path, body, {"Content-Type": "application/json"})

    check(method, status, text)
    # All stored objects can be read again.
    for readable in (
        "/destinations",
        "/destinations/d/subscriptions",
        "/destination/d/filters",
        "/_sandbox/destinations",
    ):
        assert send(sandbox, "GET", readable)[0] == 200


@FUZZ
@given(
    name=st.sampled_from(["Authorization", "Accept", "Content-Type", "X-Anything", "Cookie"]),
    value=header_values | st.sampled_from(["Bearer ", "*/*;q=x", "application/json;q=1.1.1", ",,,", ";;", "a/b;q="]),
)
def test_hostile_headers_get_a_known_status_and_never_a_500(sandbox: SegmentSandbox, name: str, value: str) -> None:
    status, text = send(sandbox, "PATCH", "/destinations/d", b"{}", {name: value.strip()})

    check("PATCH", status, text)


@FUZZ
@given(body=bodies | st.dictionaries(st.text(max_size=9), values, max_size=4).map(lambda v: json.dumps(v).encode()))
@pytest.mark.parametrize("name", ["deliver", "faults", "settings", "reset"])
def test_hostile_control_bodies_get_200_or_422(sandbox: SegmentSandbox, name: str, body: bytes) -> None:
    status, text = send(sandbox, "POST", f"/_sandbox/{name}", body, {"Content-Type": "application/json"})

    assert status in {200, 422}
    assert json.loads(text)


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHeader without colon\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_invalid_http_does_no_harm(segment: Client, segment_sandbox: SegmentSandbox, sent: bytes) -> None:
    host, port = urlsplit(segment_sandbox.url).netloc.split(":")
    response = b""
    with socket.create_connection((host, int(port)), timeout=30) as connection, suppress(OSError):
        connection.sendall(sent)  # the server may close the connection meanwhile
        connection.shutdown(socket.SHUT_WR)
        response = connection.recv(65536)

    assert b" 500 " not in response
    assert segment.send("GET", "/").status_code == 200


def test_an_incomplete_request_changes_nothing(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    host, port = urlsplit(segment_sandbox.url).netloc.split(":")
    head = f"POST /destinations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {segment_sandbox.token}\r\n"
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(head.encode() + b"Content-Length: 100\r\n\r\n{")

    assert segment.data("GET", "/destinations")["destinations"] == []


def test_ten_thousand_destinations_can_be_listed(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    seeded = [{"id": f"d{number}", "sourceId": WEB, "metadataId": ANALYTICS} for number in range(10_000)]
    # A catalog entry with little metadata: this test is about many destinations, not about large ones.
    segment_sandbox.seed({"catalog": [{"id": ANALYTICS}], "destinations": seeded})

    found: list[str] = []
    query = "pagination.count=1000"
    for _ in range(10):
        data = segment.data("GET", f"/sources/{WEB}/connected-destinations?{query}")
        found += [item["id"] for item in data["destinations"]]
        query = f"pagination.count=1000&pagination.cursor={data['pagination'].get('next')}"

    assert found == [item["id"] for item in seeded]
    assert segment.data("GET", "/destinations/d9999")["destination"]["id"] == "d9999"
