from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.sandbox.client import CLASSIC, IDENTIFY, TRACK, Client


def test_only_create_calls_its_result_destination_subscription(segment: Client) -> None:
    destination = segment.create_destination()
    body = {"name": "tracks", "actionId": TRACK, "trigger": "all", "enabled": False}

    data = segment.data("POST", f"/destinations/{destination['id']}/subscriptions", body)

    assert data.keys() == {"destinationSubscription"}
    created = data["destinationSubscription"]
    assert created == {
        "id": created["id"],
        "name": "tracks",
        "actionId": TRACK,
        "actionSlug": "trackEvent",
        "destinationId": destination["id"],
        "enabled": False,
        "settings": {},
        "trigger": "all",
        "modelId": "",
    }


def test_a_created_subscription_can_be_read_and_listed(segment: Client) -> None:
    destination = segment.create_destination()
    settings = {"event": {"@template": "Hi {{name}}"}, "revenue": 1.5}
    created = segment.create_subscription(destination["id"], settings=settings, modelId="model-1")
    path = f"/destinations/{destination['id']}/subscriptions"

    assert created["settings"] == settings
    assert created["modelId"] == "model-1"
    assert segment.data("GET", f"{path}/{created['id']}") == {"subscription": created}
    assert segment.data("GET", path)["subscriptions"] == [created]


def test_create_names_every_missing_field(segment: Client) -> None:
    destination = segment.create_destination()

    assert segment.errors("POST", f"/destinations/{destination['id']}/subscriptions", {}) == (
        422,
        ["name", "actionId", "trigger", "enabled"],
    )


@pytest.mark.parametrize(("metadata_id", "action_id"), [("sandbox-analytics", "none"), (CLASSIC, TRACK)])
def test_an_action_that_the_type_does_not_have_returns_404(segment: Client, metadata_id: str, action_id: str) -> None:
    destination = segment.create_destination(metadataId=metadata_id, settings={})
    body = {"name": "x", "actionId": action_id, "trigger": "all", "enabled": True}

    assert segment.errors("POST", f"/destinations/{destination['id']}/subscriptions", body) == (404, ["actionId"])


def test_update_takes_its_fields_from_input(segment: Client) -> None:
    destination = segment.create_destination()
    created = segment.create_subscription(destination["id"])
    path = f"/destinations/{destination['id']}/subscriptions/{created['id']}"

    changed = segment.data("PATCH", path, {"input": {"name": "renamed", "enabled": False}})

    assert changed == {"subscription": {**created, "name": "renamed", "enabled": False}}
    assert segment.data("GET", path) == changed


def test_update_without_input_returns_422(segment: Client) -> None:
    destination = segment.create_destination()
    created = segment.create_subscription(destination["id"])
    path = f"/destinations/{destination['id']}/subscriptions/{created['id']}"

    assert segment.errors("PATCH", path, {"name": "renamed"}) == (422, ["input"])
    assert segment.errors("PATCH", path, {"input": {"enabled": "no", "name": 1}}) == (
        422,
        ["input.name", "input.enabled"],
    )
    assert segment.data("GET", path)["subscription"] == created


@pytest.mark.parametrize(("mode", "expected"), [("merge", {"a": 1, "b": 3}), ("replace", {"b": 3})])
def test_update_merges_or_replaces_settings(
    segment: Client, segment_sandbox: SegmentSandbox, mode: str, expected: dict[str, int]
) -> None:
    segment_sandbox.settings(settings_update=mode)
    destination = segment.create_destination()
    created = segment.create_subscription(destination["id"], settings={"a": 1, "b": 2})
    path = f"/destinations/{destination['id']}/subscriptions/{created['id']}"

    assert segment.data("PATCH", path, {"input": {"settings": {"b": 3}}})["subscription"]["settings"] == expected


def test_remove_deletes_one_subscription(segment: Client) -> None:
    destination = segment.create_destination()
    kept = segment.create_subscription(destination["id"], actionId=IDENTIFY)
    gone = segment.create_subscription(destination["id"])
    path = f"/destinations/{destination['id']}/subscriptions"

    assert segment.data("DELETE", f"{path}/{gone['id']}") == {"status": "SUCCESS"}
    assert segment.errors("DELETE", f"{path}/{gone['id']}")[0] == 404
    assert segment.data("GET", path)["subscriptions"] == [kept]


def test_a_subscription_of_another_destination_returns_404(segment: Client) -> None:
    first, second = segment.create_destination(), segment.create_destination(name="second")
    created = segment.create_subscription(first["id"])

    assert segment.errors("GET", f"/destinations/{second['id']}/subscriptions/{created['id']}")[0] == 404


def updated(segment: Client, schedule: object) -> Any:
    destination = segment.create_destination()
    created = segment.create_subscription(destination["id"], modelId="model-1")
    path = f"/destinations/{destination['id']}/subscriptions/{created['id']}"
    return segment.send(
        "PATCH", path, {"input": {"reverseETLModelId": "model-2", "reverseETLSchedule": schedule}}
    ).json()


@pytest.mark.parametrize(
    "schedule",
    [
        {"strategy": "MANUAL"},
        {"strategy": "MANUAL", "config": None},
        {"strategy": "PERIODIC", "config": {"interval": "3h25m30s"}},
        {"strategy": "SPECIFIC_DAYS", "config": {"days": [0, 6], "hours": [23], "timezone": "Europe/Berlin"}},
        {"strategy": "CRON", "config": {"spec": "0 */2 * * *", "timezone": "UTC"}},
        {"strategy": "CRON", "config": {"spec": "5-40/20 8,9 * * 1-5", "timezone": "UTC"}},
        {"strategy": "PERIODIC", "config": {"interval": "15m", "timezone": ["ignored"]}},
        {"strategy": "DBT_CLOUD", "config": {"jobId": "1", "accountId": "2"}},
    ],
)
def test_update_sets_reverse_etl_model_and_schedule(segment: Client, schedule: object) -> None:
    subscription = updated(segment, schedule)["data"]["subscription"]

    assert subscription["modelId"] == "model-2"
    assert subscription["reverseETLSchedule"] == schedule


@pytest.mark.parametrize(
    ("schedule", "field"),
    [
        ({}, "strategy"),
        ({"strategy": "periodic", "config": {"interval": "15m"}}, "strategy"),
        ({"strategy": "PERIODIC"}, "config"),
        ({"strategy": "PERIODIC", "config": {}}, "config.interval"),
        ({"strategy": "PERIODIC", "config": {"interval": "10m"}}, "config.interval"),
        ({"strategy": "PERIODIC", "config": {"interval": "168h"}}, "config.interval"),
        ({"strategy": "PERIODIC", "config": {"interval": "daily"}}, "config.interval"),
        ({"strategy": "SPECIFIC_DAYS", "config": {"days": [], "hours": [1], "timezone": "UTC"}}, "config.days"),
        ({"strategy": "SPECIFIC_DAYS", "config": {"days": [1], "hours": [24], "timezone": "UTC"}}, "config.hours"),
        ({"strategy": "SPECIFIC_DAYS", "config": {"days": [1], "hours": [2], "timezone": "X"}}, "config.timezone"),
        ({"strategy": "CRON", "config": {"spec": "0 0 * *", "timezone": "UTC"}}, "config.spec"),
        ({"strategy": "CRON", "config": {"spec": "* * * * *", "timezone": "UTC"}}, "config.spec"),
        ({"strategy": "CRON", "config": {"spec": "0,50 * * * *", "timezone": "UTC"}}, "config.spec"),
        ({"strategy": "CRON", "config": {"spec": "*/15 * * * *", "timezone": "UTC"}}, "config.spec"),
        ({"strategy": "CRON", "config": {"spec": "60 * * * *", "timezone": "UTC"}}, "config.spec"),
        ({"strategy": "CRON", "config": {"spec": "*/0 * * * *", "timezone": "UTC"}}, "config.spec"),
        ({"strategy": "CRON", "config": {"spec": "noon * * * *", "timezone": "UTC"}}, "config.spec"),
        ({"strategy": "DBT_CLOUD", "config": {"jobId": 1}}, "config.jobId"),
    ],
)
def test_an_invalid_schedule_returns_422(segment: Client, schedule: object, field: str) -> None:
    errors = updated(segment, schedule)["errors"]

    assert errors[0]["field"] == f"input.reverseETLSchedule.{field}"


DBT_CLOUD = {"strategy": "DBT_CLOUD", "config": {"jobId": "1", "accountId": "2"}}


def scheduled(segment: Client, model: str) -> dict[str, Any]:
    """Give a new subscription a model and a dbt Cloud schedule, and return the response."""
    destination = segment.create_destination(name=str(uuid4()))["id"]
    path = f"/destinations/{destination}/subscriptions/{segment.create_subscription(destination)['id']}"
    body = {"input": {"reverseETLModelId": model, "reverseETLSchedule": DBT_CLOUD}}
    response: dict[str, Any] = segment.send("PATCH", path, body).json()
    return response


@pytest.mark.parametrize(("models", "allowed"), [(["m"] * 6, 5), (["m"] * 5 + ["other"], 6), ([""] * 6, 6)])
def test_a_model_can_have_five_dbt_cloud_schedules(
    segment: Client, segment_sandbox: SegmentSandbox, models: list[str], allowed: int
) -> None:
    segment_sandbox.settings(subscription_write_limit_per_minute=None)

    responses = [scheduled(segment, model) for model in models]

    assert ["data" in response for response in responses] == [True] * allowed + [False] * (len(models) - allowed)
    first = responses[0]["data"]["subscription"]
    path = f"/destinations/{first['destinationId']}/subscriptions/{first['id']}"
    again = segment.data("PATCH", path, {"input": {"reverseETLSchedule": DBT_CLOUD}})
    assert again == {"subscription": first}


def test_a_subscription_can_not_move_to_a_model_that_has_five(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.settings(subscription_write_limit_per_minute=None)
    for _ in range(5):
        scheduled(segment, "full")
    other = scheduled(segment, "other")["data"]["subscription"]

    path = f"/destinations/{other['destinationId']}/subscriptions/{other['id']}"
    body = {"input": {"reverseETLModelId": "full"}}

    assert segment.errors("PATCH", path, body) == (422, ["input.reverseETLSchedule.strategy"])
