from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.sandbox.client import TRACK, Client

BODY = {"name": "tracks", "actionId": TRACK, "trigger": "all", "enabled": True}


def test_five_subscription_writes_are_allowed_per_minute(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    path = f"/destinations/{segment.create_destination()['id']}/subscriptions"

    responses = [segment.send("POST", path, BODY) for _ in range(6)]

    assert [response.status_code for response in responses] == [200] * 5 + [429]
    assert [response.headers["X-RateLimit-Consumed"] for response in responses] == ["1", "2", "3", "4", "5", "6"]
    assert [response.headers["X-RateLimit-Remaining"] for response in responses] == ["4", "3", "2", "1", "0", "0"]
    assert len(segment.data("GET", path)["subscriptions"]) == 5


def test_a_429_has_retry_after_ms_before_next_and_reset(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.settings(subscription_write_limit_per_minute=0)
    path = f"/destinations/{segment.create_destination()['id']}/subscriptions"

    response = segment.send("POST", path, BODY)

    error = response.json()["errors"][0]
    assert error["data"] == {"msBeforeNext": 60000, "remainingPoints": 0, "consumedPoints": 1}
    assert response.headers["Retry-After"] == "60"
    reset = parsedate_to_datetime(response.headers["X-RateLimit-Reset"])
    date = parsedate_to_datetime(response.headers["Date"])
    assert response.headers["X-RateLimit-Reset"].endswith(" GMT")
    assert 60 <= (reset - date).total_seconds() <= 61


def test_a_new_window_starts_after_a_minute(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.settings(subscription_write_limit_per_minute=1)
    path = f"/destinations/{segment.create_destination()['id']}/subscriptions"

    statuses = []
    for offset in (0, 30, 61, 90, 122):
        segment_sandbox.settings(clock_offset_seconds=offset)
        statuses.append(segment.send("POST", path, BODY).status_code)

    assert statuses == [200, 429, 200, 429, 200]


def test_the_window_length_can_be_changed(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.settings(subscription_write_limit_per_minute=0, limit_window_seconds=7)
    path = f"/destinations/{segment.create_destination()['id']}/subscriptions"

    assert segment.send("POST", path, BODY).headers["Retry-After"] == "7"


def test_each_write_operation_has_its_own_limit_and_failures_count(segment: Client) -> None:
    destination = segment.create_destination()
    path = f"/destinations/{destination['id']}/subscriptions"
    created = segment.create_subscription(destination["id"])

    posted = [segment.send("POST", path, {}).status_code for _ in range(5)]
    patched = [segment.send("PATCH", f"{path}/{created['id']}", {"input": {}}).status_code for _ in range(6)]
    deleted = [segment.send("DELETE", f"{path}/none").status_code for _ in range(6)]

    assert posted == [422] * 4 + [429]
    assert patched == [200] * 5 + [429]
    assert deleted == [404] * 5 + [429]
    assert segment.send("GET", path).status_code == 200


def test_there_is_no_default_limit_unless_it_is_set(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.settings(subscription_write_limit_per_minute=None)
    path = f"/destinations/{segment.create_destination()['id']}/subscriptions"

    assert [segment.send("POST", path, BODY).status_code for _ in range(10)] == [200] * 10

    segment_sandbox.settings(default_limit_per_minute=2)

    responses = [segment.send("GET", path) for path in ("/", "/sources", "/nowhere")]
    assert [response.status_code for response in responses] == [200, 200, 429]
    assert responses[1].headers["X-RateLimit-Remaining"] == "0"


def test_every_successful_response_has_the_headers_even_without_a_limit(segment: Client) -> None:
    destination = segment.create_destination()["id"]
    subscription = segment.create_subscription(destination)["id"]
    requests = [
        ("GET", "/", None),
        ("GET", "/destinations", None),
        ("PATCH", f"/destinations/{destination}", {"enabled": False}),
        ("GET", f"/destinations/{destination}/subscriptions/{subscription}", None),
        ("DELETE", f"/destinations/{destination}/subscriptions/{subscription}", None),
        ("DELETE", f"/destinations/{destination}", None),
    ]

    for method, path, body in requests:
        response = segment.send(method, path, body)
        assert response.status_code == 200
        assert int(response.headers["X-RateLimit-Consumed"]) >= 1
        assert int(response.headers["X-RateLimit-Remaining"]) >= 1
        assert parsedate_to_datetime(response.headers["X-RateLimit-Reset"])


@pytest.mark.parametrize("limit", [-1, 1.5, "5", True])
def test_an_invalid_limit_is_rejected(segment_sandbox: SegmentSandbox, limit: object) -> None:
    with pytest.raises(ValueError, match="subscriptionWriteLimitPerMinute"):
        segment_sandbox.settings(subscription_write_limit_per_minute=limit)


def test_requests_with_a_wrong_token_do_not_count(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.settings(default_limit_per_minute=1)

    for _ in range(3):
        assert segment.errors("GET", "/", headers={"Authorization": "Bearer wrong"})[0] == 401
    assert segment.send("GET", "/").status_code == 200
