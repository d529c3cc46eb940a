from __future__ import annotations

import http.client
import json
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.sandbox.client import ANALYTICS, SECRET, TRACK, WEB, Client

JSON = {"Content-Type": "application/json"}
SEEDED = {
    "destinations": [{"id": "d", "sourceId": WEB, "metadataId": ANALYTICS, "subscriptions": [{"actionId": TRACK}]}]
}


def control(segment: Client, method: str, name: str, body: object = None) -> Any:
    response = segment.send(method, f"/_sandbox/{name}", body, headers={"Authorization": None})
    assert response.status_code == 200, response.text
    return response.json()


def test_reset_clears_state_journal_and_faults_but_keeps_settings(
    segment: Client, segment_sandbox: SegmentSandbox
) -> None:
    segment.create_destination()
    segment_sandbox.fault("status", status=500, path="/never")
    segment_sandbox.settings(list_lag_seconds=3, default_limit_per_minute=2)

    assert control(segment, "POST", "reset") == {"status": "SUCCESS"}

    assert control(segment, "GET", "destinations") == {"destinations": []}
    assert control(segment, "GET", "requests") == {"requests": []}
    assert control(segment, "GET", "faults") == {"faults": []}
    settings = control(segment, "GET", "settings")["settings"]
    assert (settings["listLagSeconds"], settings["defaultLimitPerMinute"]) == (3, 2)


def test_reset_starts_a_new_rate_limit_window(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.settings(default_limit_per_minute=1)
    statuses = [segment.send("GET", "/").status_code for _ in range(2)]
    control(segment, "POST", "reset", {})

    assert [*statuses, segment.send("GET", "/").status_code] == [200, 429, 200]


def test_a_reset_seed_applies_until_the_next_reset(segment: Client) -> None:
    control(segment, "POST", "reset", {"seed": SEEDED})
    assert [item["id"] for item in control(segment, "GET", "destinations")["destinations"]] == ["d"]

    control(segment, "POST", "reset", {"seed": "empty"})
    assert control(segment, "GET", "destinations") == {"destinations": []}


def test_delete_restores_the_initial_settings(segment: Client) -> None:
    before = control(segment, "GET", "settings")
    control(segment, "POST", "settings", {"metricsLagSeconds": 7, "clockOffsetSeconds": 100})

    assert control(segment, "DELETE", "settings") == before
    assert control(segment, "GET", "settings") == before


@pytest.mark.parametrize(
    ("name", "body", "fields"),
    [
        ("reset", {"seeds": {}}, ["seeds"]),
        ("reset", {"seed": 5}, ["seed"]),
        ("reset", {"seed": "demos"}, ["seed"]),
        ("reset", {"seed": {"sources": {}}}, ["sources"]),
        ("reset", {"seed": {"destination": []}}, ["destination"]),
        ("reset", [], ["body"]),
        ("settings", {"listLag": 1}, ["listLag"]),
        ("settings", {"listLagSeconds": -1, "metricsAlign": "x"}, ["metricsAlign", "listLagSeconds"]),
        ("settings", {"listLagSeconds": None}, ["listLagSeconds"]),
        ("settings", {"limitWindowSeconds": 0}, ["limitWindowSeconds"]),
        ("settings", {"clockOffsetSeconds": 1e12}, ["clockOffsetSeconds"]),
        ("settings", {"settingsUpdate": "append"}, ["settingsUpdate"]),
        ("deliver", {}, ["destinationId"]),
        ("deliver", {"destinationId": "none"}, ["destinationId"]),
        ("deliver", {"destinationId": "d", "successes": -1, "expired": 1.5}, ["successes", "expired"]),
        ("deliver", {"destinationId": "d", "successesAfterRetry": 1}, ["successesAfterRetry"]),
        ("deliver", {"destinationId": "d", "at": "noon"}, ["at"]),
        ("deliver", {"destinationId": "d", "success": 1}, ["success"]),
    ],
)
def test_an_invalid_request_returns_422_and_names_the_fields(
    segment: Client, name: str, body: object, fields: list[str]
) -> None:
    control(segment, "POST", "reset", {"seed": SEEDED})
    before = control(segment, "GET", "")

    assert segment.errors("POST", f"/_sandbox/{name}", body) == (422, fields)
    assert {**control(segment, "GET", ""), "time": None} == {**before, "time": None}


def test_malformed_json_returns_422(segment: Client) -> None:
    assert segment.errors("POST", "/_sandbox/settings", data=b"{", headers=JSON) == (422, ["body"])


@pytest.mark.parametrize(("method", "name"), [("GET", "nothing"), ("PUT", "settings"), ("GET", "reset/now")])
def test_unknown_control_requests_return_404(segment: Client, method: str, name: str) -> None:
    assert segment.errors(method, f"/_sandbox/{name}")[0] == 404


@pytest.mark.parametrize("path", ["/_sandbox%2Ffaults", "/%5Fsandbox/faults", "/_sandboxes", "//_sandbox/faults"])
def test_paths_that_only_resemble_control_paths_belong_to_the_api(segment_sandbox: SegmentSandbox, path: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(segment_sandbox.url).netloc, timeout=30)
    connection.request("GET", path)
    assert connection.getresponse().status == 401
    connection.close()

    assert [entry["path"] for entry in segment_sandbox.requests] == [path]


def test_control_requests_skip_faults_and_the_journal_of_the_api(
    segment: Client, segment_sandbox: SegmentSandbox
) -> None:
    segment_sandbox.fault("status", status=500)

    assert control(segment, "GET", "requests") == {"requests": []}
    assert len(control(segment, "GET", "faults")["faults"]) == 1


def test_control_responses_contain_no_secrets(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    destination = segment.create_destination(settings={"apiKey": SECRET})
    segment.send("PATCH", f"/destinations/{destination['id']}", {"settings": {"secretKey": SECRET}})

    everything = json.dumps([control(segment, "GET", name) for name in ("", "requests", "destinations", "faults")])

    assert SECRET not in everything
    assert segment_sandbox.token not in everything
    assert [entry.keys() for entry in segment_sandbox.requests] == [
        {"method", "path", "query", "time", "status", "fault"}
    ] * 2


def test_last_limits_a_list_to_the_newest_items(segment: Client) -> None:
    for name in ("a", "b", "c"):
        segment.create_destination(name=name)

    assert [item["name"] for item in control(segment, "GET", "destinations?last=2")["destinations"]] == ["b", "c"]
    assert len(control(segment, "GET", "requests?last=1")["requests"]) == 1
    assert control(segment, "GET", "requests?last=0")["requests"] == []
    assert segment.errors("GET", "/_sandbox/requests?last=x") == (422, ["last"])


def test_the_overview_counts_objects_and_requests(segment: Client) -> None:
    destination = segment.create_destination()
    segment.create_subscription(destination["id"])
    segment.create_filter(destination["id"])

    overview = control(segment, "GET", "")

    assert overview["sources"] == [WEB, "sandbox-shop"]
    assert overview["catalog"] == [ANALYTICS, "sandbox-classic", "sandbox-engage"]
    assert (overview["destinationCount"], overview["subscriptionCount"], overview["filterCount"]) == (1, 1, 1)
    assert overview["requestCount"] == 3


def test_the_clock_offset_shifts_dates(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    before = parsedate_to_datetime(segment.send("GET", "/").headers["Date"])
    segment_sandbox.settings(clock_offset_seconds=-86400)
    after = parsedate_to_datetime(segment.send("GET", "/").headers["Date"])

    assert -86400 <= (after - before).total_seconds() <= -86000
    times = [datetime.fromisoformat(entry["time"]) for entry in segment_sandbox.requests]
    assert -86400 <= (times[1] - times[0]).total_seconds() <= -86000


def test_list_lag_applies_to_lists_but_not_to_reads(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    control(segment, "POST", "reset", {"seed": SEEDED})
    segment_sandbox.settings(list_lag_seconds=60)
    destination = segment.create_destination()
    subscription = segment.create_subscription("d")
    segment.create_filter("d")

    def listed() -> tuple[int, int, int, int]:
        return (
            segment.data("GET", "/destinations")["pagination"]["totalEntries"],
            segment.data("GET", f"/sources/{WEB}/connected-destinations")["pagination"]["totalEntries"],
            segment.data("GET", "/destinations/d/subscriptions")["pagination"]["totalEntries"],
            segment.data("GET", "/destination/d/filters")["pagination"]["totalEntries"],
        )

    assert listed() == (1, 1, 1, 0)
    assert segment.data("GET", f"/destinations/{destination['id']}")["destination"] == destination
    assert segment.data("GET", f"/destinations/d/subscriptions/{subscription['id']}") == {"subscription": subscription}
    segment_sandbox.settings(clock_offset_seconds=61)
    assert listed() == (2, 2, 2, 1)


@pytest.mark.parametrize("path", ["/_sandbox/settings", "/destinations"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"{", '"body" is not valid JSON'),
        (b'{"a": NaN}', '"body" is not valid JSON'),
        (b"\xff", '"body" is not valid JSON'),
        (b"[]", '"body" must be an object'),
        (b"[" * 101 + b"]" * 101, '"body" is nested more than 100 levels deep'),
        (b"[" * 50_000 + b"]" * 50_000, '"body" is nested more than 100 levels deep'),
    ],
)
def test_a_body_that_is_not_an_object_is_described_in_plain_words(
    segment: Client, path: str, text: bytes, message: str
) -> None:
    """By the same rule in control requests and in Segment's operations."""
    response = segment.send("POST", path, data=text, headers=JSON)
    assert response.status_code == 422
    assert [(one["field"], one["message"]) for one in response.json()["errors"]] == [("body", message)]


def test_an_operation_without_a_body_says_so(segment: Client) -> None:
    response = segment.send("POST", "/destinations", data=b"", headers=JSON)
    assert [one["message"] for one in response.json()["errors"]] == ['"body" is required']
