"""What is particular about subscriptions: names that differ between create, update and answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_segment.protocol.api.subscriptions import (
    create_subscription,
    get_subscription,
    update_subscription,
)
from airflow_provider_segment.protocol.errors import SegmentAmbiguousWriteError
from tests.protocol.driver import ScriptedDriver
from tests.protocol.samples import MASK, SUBSCRIPTION, TERMS, done

REQUIRED = {"name": "n", "action_id": "a", "trigger": 'type = "track"'}


def create(**changes: Any) -> dict[str, Any]:
    """Create a subscription; gives the body that was sent."""
    driver = ScriptedDriver([done({"destinationSubscription": SUBSCRIPTION})])
    arguments: dict[str, Any] = REQUIRED | changes
    driver.run(create_subscription(TERMS, destination_id="d", **arguments))
    return body_of(driver)


def update(**changes: Any) -> tuple[dict[str, Any], ScriptedDriver]:
    """Update a subscription; gives the body that was sent, and the driver."""
    driver = ScriptedDriver([done({"subscription": SUBSCRIPTION})])
    driver.run(update_subscription(TERMS, destination_id="d", id="s", **changes))
    return body_of(driver), driver


def body_of(driver: ScriptedDriver) -> dict[str, Any]:
    (request,) = driver.requests
    assert request.body is not None
    body: dict[str, Any] = json.loads(request.body)
    return body


def test_create_sends_no_more_than_the_required_fields_by_default() -> None:
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
def test_create_sends_what_was_given(changes: dict[str, Any], sent: dict[str, Any]) -> None:
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
def test_update_wraps_what_was_given_and_nothing_else(changes: dict[str, Any], sent: dict[str, Any]) -> None:
    assert update(**changes)[0] == {"input": sent}


def test_update_leaves_a_mask_out_and_says_so() -> None:
    body, driver = update(settings={"token": f"{MASK}dada", "email": "x"})

    assert body == {"input": {"settings": {"email": "x"}}}
    assert ["'token'" in log.message and "dada" not in log.message for log in driver.logs] == [True]


def test_update_with_masks_alone_sends_no_settings_at_all() -> None:
    assert update(enabled=True, settings={"token": MASK})[0] == {"input": {"enabled": True}}


@pytest.mark.parametrize(
    "changes", [{}, {"name": None}, {"settings": {"token": MASK}}], ids=["nothing", "none", "mask"]
)
def test_an_update_with_nothing_to_send_reads_instead(changes: dict[str, Any]) -> None:
    driver = ScriptedDriver([done({"subscription": SUBSCRIPTION})])

    assert driver.run(update_subscription(TERMS, destination_id="d", id="s", **changes)) == SUBSCRIPTION
    assert [(request.method, request.target) for request in driver.requests] == [
        ("GET", "/destinations/d/subscriptions/s")
    ]


def test_create_refuses_a_mask_before_any_request() -> None:
    with pytest.raises(ValueError, match="'token' holds a bullet"):
        create(settings={"token": MASK})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "name is empty"),
        ({"action_id": ""}, "action_id is empty"),
        ({"trigger": ""}, "trigger is empty"),
        ({"model_id": ""}, "model_id is empty"),
        ({"enabled": 1}, "enabled is 1"),
    ],
    ids=["name", "action", "trigger", "model", "enabled"],
)
def test_bad_arguments_of_create_are_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        create(**changes)


def test_created_under_the_name_of_the_other_operations_is_not_understood() -> None:
    driver = ScriptedDriver([done({"subscription": SUBSCRIPTION})])

    with pytest.raises(SegmentAmbiguousWriteError, match="destinationSubscription"):
        driver.run(
            create_subscription(TERMS, destination_id="d", name="n", action_id="a", trigger="t"),
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
def test_every_form_of_a_subscription_is_read(record: dict[str, Any]) -> None:
    driver = ScriptedDriver([done({"subscription": record})])

    assert driver.run(get_subscription(TERMS, destination_id="d", id="s")) == record
