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

SEEDED = {
    "destinations": [{"id": "d", "sourceId": WEB, "metadataId": ANALYTICS, "subscriptions": [{"actionId": TRACK}]}]
}


def control(segment: Client, method: str, name: str, body: object = None) -> Any:
    response = segment.send(method, f"/_sandbox/{name}", body, headers={"Authorization": None})
    assert response.status_code == 200, response.text
    return response.json()


def test_reset_takes_state_journal_and_faults_but_not_settings(
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


def test_reset_begins_a_new_window(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.settings(default_limit_per_minute=1)
    statuses = [segment.send("GET", "/").status_code for _ in range(2)]
    control(segment, "POST", "reset", {})

    assert [*statuses, segment.send("GET", "/").status_code] == [200, 429, 200]


def test_reset_takes_a_seed_and_forgets_it_at_the_next(segment: Client) -> None:
    control(segment, "POST", "reset", {"seed": SEEDED})
    assert [item["id"] for item in control(segment, "GET", "destinations")["destinations"]] == ["d"]

    control(segment, "POST", "reset", {"seed": "demo"})
    assert control(segment, "GET", "destinations") == {"destinations": []}


def test_settings_return_to_those_of_the_start(segment: Client) -> None:
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
def test_a_bad_request_is_a_422_that_names_the_field(
    segment: Client, name: str, body: object, fields: list[str]
) -> None:
    control(segment, "POST", "reset", {"seed": SEEDED})
    before = control(segment, "GET", "")

    assert segment.refused("POST", f"/_sandbox/{name}", body) == (422, fields)
    assert {**control(segment, "GET", ""), "time": None} == {**before, "time": None}


def test_malformed_json_is_a_422(segment: Client) -> None:
    assert segment.refused("POST", "/_sandbox/settings", data=b"{") == (422, ["body"])


@pytest.mark.parametrize(("method", "name"), [("GET", "nothing"), ("PUT", "settings"), ("GET", "reset/now")])
def test_other_control_requests_are_a_404(segment: Client, method: str, name: str) -> None:
    assert segment.refused(method, f"/_sandbox/{name}")[0] == 404


@pytest.mark.parametrize("path", ["/_sandbox%2Ffaults", "/%5Fsandbox/faults", "/_sandboxes", "//_sandbox/faults"])
def test_what_only_looks_like_control_is_the_apis(segment_sandbox: SegmentSandbox, path: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(segment_sandbox.url).netloc, timeout=30)
    connection.request("GET", path)
    assert connection.getresponse().status == 401
    connection.close()

    assert [entry["path"] for entry in segment_sandbox.requests] == [path]


def test_control_is_not_in_the_journal_and_meets_no_fault(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("status", status=500)

    assert control(segment, "GET", "requests") == {"requests": []}
    assert len(control(segment, "GET", "faults")["faults"]) == 1


def test_the_journal_holds_no_secrets(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    destination = segment.create_destination(settings={"apiKey": SECRET})
    segment.send("PATCH", f"/destinations/{destination['id']}", {"settings": {"secretKey": SECRET}})

    everything = json.dumps([control(segment, "GET", name) for name in ("", "requests", "destinations", "faults")])

    assert SECRET not in everything
    assert segment_sandbox.token not in everything
    assert [entry.keys() for entry in segment_sandbox.requests] == [
        {"method", "path", "query", "time", "status", "fault"}
    ] * 2


def test_the_latest_can_be_asked_for(segment: Client) -> None:
    for name in ("a", "b", "c"):
        segment.create_destination(name=name)

    assert [item["name"] for item in control(segment, "GET", "destinations?last=2")["destinations"]] == ["b", "c"]
    assert len(control(segment, "GET", "requests?last=1")["requests"]) == 1
    assert control(segment, "GET", "requests?last=0")["requests"] == []
    assert segment.refused("GET", "/_sandbox/requests?last=x") == (422, ["last"])


def test_the_overview_counts(segment: Client) -> None:
    segment.create_subscription(segment.create_destination()["id"])

    overview = control(segment, "GET", "")

    assert overview["sources"] == [WEB]
    assert overview["catalog"] == [ANALYTICS, "sandbox-classic"]
    assert (overview["destinationCount"], overview["subscriptionCount"], overview["requestCount"]) == (1, 1, 2)


def test_the_clock_can_be_set_wrong(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    before = parsedate_to_datetime(segment.send("GET", "/").headers["Date"])
    segment_sandbox.settings(clock_offset_seconds=-86400)
    after = parsedate_to_datetime(segment.send("GET", "/").headers["Date"])

    assert -86400 <= (after - before).total_seconds() <= -86000
    noted = [datetime.fromisoformat(entry["time"]) for entry in segment_sandbox.requests]
    assert -86400 <= (noted[1] - noted[0]).total_seconds() <= -86000


def test_lists_lag_and_reads_do_not(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    control(segment, "POST", "reset", {"seed": SEEDED})
    segment_sandbox.settings(list_lag_seconds=60)
    destination = segment.create_destination()
    subscription = segment.create_subscription("d")

    def listed() -> tuple[int, int, int]:
        return (
            segment.data("GET", "/destinations")["pagination"]["totalEntries"],
            segment.data("GET", f"/sources/{WEB}/connected-destinations")["pagination"]["totalEntries"],
            segment.data("GET", "/destinations/d/subscriptions")["pagination"]["totalEntries"],
        )

    assert listed() == (1, 1, 1)
    assert segment.data("GET", f"/destinations/{destination['id']}")["destination"] == destination
    assert segment.data("GET", f"/destinations/d/subscriptions/{subscription['id']}") == {"subscription": subscription}
    segment_sandbox.settings(clock_offset_seconds=61)
    assert listed() == (2, 2, 2)
