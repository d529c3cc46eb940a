"""Subscriptions: names that differ between create, update and responses."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_segment.protocol.api.subscriptions import (
    get_subscription,
    post_subscription,
    update_subscription,
)
from airflow_provider_segment.protocol.errors import SegmentAmbiguousWriteError
from tests.protocol.driver import ScriptedDriver, body_of
from tests.protocol.samples import MASK, SUBSCRIPTION, TERMS, done

REQUIRED = {"name": "n", "action_id": "a", "trigger": 'type = "track"'}


def create(**changes: Any) -> dict[str, Any]:
    """Create a subscription and return the body that was sent."""
    driver = ScriptedDriver([done({"destinationSubscription": SUBSCRIPTION})])
    arguments: dict[str, Any] = REQUIRED | changes
    driver.run(post_subscription(TERMS, destination_id="d", **arguments))
    return body_of(driver)


def update(**changes: Any) -> tuple[dict[str, Any], ScriptedDriver]:
    """Update a subscription and return the body that was sent, and the driver."""
    driver = ScriptedDriver([done({"subscription": SUBSCRIPTION})])
    driver.run(update_subscription(TERMS, destination_id="d", id="s", **changes))
    return body_of(driver), driver


def test_create_sends_only_the_required_fields_by_default() -> None:
    assert create() == {"name": "n", "actionId": "a", "trigger": 'type = "track"', "enabled": True}


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        ({"model_id": "mod1"}, {"modelId": "mod1"}),
        ({"settings": {}}, {"settings": {}}),
        ({"settings": {"email": {"@path": "$.email"}}}, {"settings": {"email": {"@path": "$.email"}}}),
        ({"enabled": "False"}, {"enabled": False}),
    ],
    ids=["model", "empty settings", "directive", "disabled by a template"],
)
def test_create_sends_the_given_arguments(changes: dict[str, Any], sent: dict[str, Any]) -> None:
    assert create(**changes) == create() | sent


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        ({"name": "new"}, {"name": "new"}),
        ({"name": "new", "trigger": None, "enabled": None, "settings": None, "model_id": None}, {"name": "new"}),
        ({"trigger": "all"}, {"trigger": "all"}),
        ({"enabled": False}, {"enabled": False}),
        ({"model_id": "mod1"}, {"reverseETLModelId": "mod1"}),
        ({"reverse_etl_schedule": {"strategy": "manual"}}, {"reverseETLSchedule": {"strategy": "MANUAL"}}),
        (
            {"reverse_etl_schedule": {"strategy": "CRON", "config": {"spec": "0 * * * *", "timezone": "UTC"}}},
            {"reverseETLSchedule": {"strategy": "CRON", "config": {"spec": "0 * * * *", "timezone": "UTC"}}},
        ),
        (
            {"reverse_etl_schedule": {"strategy": "MANUAL", "config": None}},
            {"reverseETLSchedule": {"strategy": "MANUAL"}},
        ),
    ],
    ids=["name", "none beside it", "trigger", "enabled", "model", "schedule", "cron", "null config"],
)
def test_update_wraps_only_the_given_arguments(changes: dict[str, Any], sent: dict[str, Any]) -> None:
    assert update(**changes)[0] == {"input": sent}


def test_update_skips_a_mask_with_a_warning() -> None:
    body, driver = update(settings={"token": f"{MASK}dada", "email": "x"})

    assert body == {"input": {"settings": {"email": "x"}}}
    assert ["'token'" in log.message and "dada" not in log.message for log in driver.logs] == [True]


def test_update_with_only_masks_sends_no_settings() -> None:
    assert update(enabled=True, settings={"token": MASK})[0] == {"input": {"enabled": True}}


@pytest.mark.parametrize(
    "changes", [{}, {"name": None}, {"settings": {"token": MASK}}], ids=["nothing", "none", "mask"]
)
def test_an_update_with_nothing_to_send_reads_the_object(changes: dict[str, Any]) -> None:
    driver = ScriptedDriver([done({"subscription": SUBSCRIPTION})])

    assert driver.run(update_subscription(TERMS, destination_id="d", id="s", **changes)) == SUBSCRIPTION
    assert [(request.method, request.target) for request in driver.requests] == [
        ("GET", "/destinations/d/subscriptions/s")
    ]


def test_create_rejects_a_mask_before_any_request() -> None:
    with pytest.raises(ValueError, match="'token' contains a bullet"):
        create(settings={"token": MASK})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "name is empty"),
        ({"action_id": ""}, "action_id is empty"),
        ({"trigger": ""}, "trigger is empty"),
        ({"model_id": ""}, "model_id is empty"),
        ({"enabled": 1}, "enabled is 1"),
    ],
    ids=["name", "action", "trigger", "model", "enabled"],
)
def test_an_invalid_argument_of_create_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        create(**changes)


def test_create_rejects_a_response_under_the_key_of_the_other_operations() -> None:
    driver = ScriptedDriver([done({"subscription": SUBSCRIPTION})])

    with pytest.raises(SegmentAmbiguousWriteError, match="destinationSubscription"):
        driver.run(
            post_subscription(TERMS, destination_id="d", name="n", action_id="a", trigger="t"),
        )


@pytest.mark.parametrize(
    "record",
    [
        SUBSCRIPTION,
        {key: value for key, value in SUBSCRIPTION.items() if key not in {"settings", "actionSlug", "modelId"}},
        {**SUBSCRIPTION, "settings": None, "modelId": None, "reverseETLSchedule": None},
        {**SUBSCRIPTION, "modelId": "mod1", "reverseETLSchedule": {"strategy": "NEW_ONE", "config": {"x": 1}}},
    ],
    ids=["plain", "least", "nulls", "reverse ETL with a strategy not known yet"],
)
def test_every_form_of_a_subscription_is_decoded(record: dict[str, Any]) -> None:
    driver = ScriptedDriver([done({"subscription": record})])

    assert driver.run(get_subscription(TERMS, destination_id="d", id="s")) == record
