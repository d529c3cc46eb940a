"""Destinations: which settings are sent, rejected or skipped, and whole records."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from airflow_provider_segment.protocol.api.destinations import (
    get_destination,
    list_destinations,
    post_destination,
    update_destination,
)
from airflow_provider_segment.protocol.errors import SegmentProtocolError
from airflow_provider_segment.protocol.wire.messages import Response
from tests.protocol.driver import ScriptedDriver, body_of
from tests.protocol.samples import DESTINATION, MASK, ONE_TRY, TERMS, done, page, with_more_fields

CREATED = done({"destination": DESTINATION})


def create(**changes: Any) -> dict[str, Any]:
    """Create a destination and return the body that was sent."""
    arguments: dict[str, Any] = {"source_id": "s", "metadata_id": "m", "name": "n", "settings": {}} | changes
    driver = ScriptedDriver([CREATED])
    driver.run(post_destination(TERMS, **arguments))
    return body_of(driver)


def update(**changes: Any) -> tuple[dict[str, Any], ScriptedDriver]:
    """Update a destination and return the body that was sent, and the driver."""
    driver = ScriptedDriver([CREATED])
    driver.run(update_destination(TERMS, id="dst1", **changes))
    return body_of(driver), driver


def test_create_sends_empty_settings_because_the_api_requires_them() -> None:
    assert create(settings={})["settings"] == {}


@pytest.mark.parametrize(("given", "sent"), [(True, True), (False, False), ("True", True), ("false", False)], ids=repr)
def test_create_sends_enabled_as_a_boolean(given: Any, sent: bool) -> None:
    assert create(enabled=given)["enabled"] is sent


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        ({"name": "new"}, {"name": "new"}),
        ({"name": "new", "enabled": None, "settings": None}, {"name": "new"}),
        ({"enabled": False}, {"enabled": False}),
        ({"enabled": "False"}, {"enabled": False}),
        ({"settings": {"a": 0}}, {"settings": {"a": 0}}),
        ({"settings": {"a": None}}, {"settings": {"a": None}}),
        ({"settings": {}}, {"settings": {}}),
    ],
    ids=[
        "name",
        "none beside it",
        "disabled",
        "disabled by a template",
        "settings",
        "null in settings",
        "empty settings",
    ],
)
def test_update_sends_only_the_given_arguments(changes: dict[str, Any], sent: dict[str, Any]) -> None:
    assert update(**changes)[0] == sent


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "name is empty"),
        ({"name": " "}, "name is empty"),
        ({"enabled": "maybe"}, "enabled is 'maybe'"),
        ({"settings": [("a", 1)]}, "settings is of type list"),
        ({"settings": "{'a': 1}"}, "settings is a string that is not JSON"),
        ({"settings": {1: "x"}}, "settings has the key 1"),
    ],
    ids=["empty name", "blank name", "enabled", "settings", "text", "key"],
)
def test_invalid_changes_are_rejected_before_any_request(changes: dict[str, Any], message: str) -> None:
    driver = ScriptedDriver()

    with pytest.raises(ValueError, match=message):
        driver.run(update_destination(TERMS, id="dst1", **changes))

    assert driver.requests == []


@pytest.mark.parametrize("missing", ["source_id", "metadata_id", "name"])
def test_create_names_the_empty_argument(missing: str) -> None:
    with pytest.raises(ValueError, match=f"{missing} is empty"):
        create(**{missing: ""})


MASKED = {
    "alone": {"apiKey": MASK},
    "with a tail": {"apiKey": f"{MASK}dada"},
    "in a dict": {"apiKey": {"value": {"deep": f"{MASK}dada"}}},
    "in a list": {"apiKey": ["x", [f"{MASK}dada"]]},
    "in a tuple": {"apiKey": (MASK,)},
}


@pytest.mark.parametrize("settings", MASKED.values(), ids=MASKED)
def test_create_rejects_a_mask(settings: dict[str, Any]) -> None:
    driver = ScriptedDriver()

    with pytest.raises(ValueError, match="settings: the value of 'apiKey' contains a bullet") as caught:
        driver.run(post_destination(TERMS, source_id="s", metadata_id="m", name="n", settings=settings))

    assert driver.requests == []
    assert "dada" not in str(caught.value)


@pytest.mark.parametrize("settings", MASKED.values(), ids=MASKED)
def test_update_skips_a_mask_with_a_warning(settings: dict[str, Any]) -> None:
    body, driver = update(settings={**settings, "retarget": True})

    assert body == {"settings": {"retarget": True}}
    (log,) = driver.logs
    assert log.level == logging.WARNING
    assert "'apiKey'" in log.message
    assert "is not sent" in log.message
    assert "dada" not in log.message
    assert "retarget" not in log.message


def test_update_with_only_masks_sends_no_settings() -> None:
    """It is not documented whether a PATCH merges or replaces, so an empty object might delete the secret."""
    body, _ = update(name="new", settings={"apiKey": MASK})

    assert body == {"name": "new"}


@pytest.mark.parametrize(
    "changes",
    [{}, {"name": None, "enabled": None, "settings": None}, {"settings": {"apiKey": MASK}}],
    ids=["nothing", "none", "a mask alone"],
)
def test_an_update_with_nothing_to_send_reads_the_object(changes: dict[str, Any]) -> None:
    driver = ScriptedDriver([CREATED])

    assert driver.run(update_destination(TERMS, id="dst1", **changes)) == DESTINATION
    assert [(request.method, request.target) for request in driver.requests] == [("GET", "/destinations/dst1")]


def test_a_bullet_in_a_key_is_not_a_mask() -> None:
    body, driver = update(settings={"a•b": "x"})

    assert body == {"settings": {"a•b": "x"}}
    assert driver.logs == []


def test_the_callers_settings_are_not_modified() -> None:
    settings = {"apiKey": MASK, "list": [1, 2]}
    update(settings=settings, name="n")

    assert settings == {"apiKey": MASK, "list": [1, 2]}


WHOLE = with_more_fields({**DESTINATION, "metadata": with_more_fields(dict(DESTINATION["metadata"]))})  # type: ignore[call-overload]


def test_full_returns_the_whole_record() -> None:
    assert ScriptedDriver([done({"destination": WHOLE})]).run(get_destination(TERMS, id="d", full=True)) == WHOLE


def test_full_lists_whole_records() -> None:
    driver = ScriptedDriver([page("destinations", WHOLE)])
    driver.run(list_destinations(TERMS, full=True))

    assert driver.items == [WHOLE]


@pytest.mark.parametrize("name", ["", None], ids=repr)
def test_a_destination_without_a_name_is_decoded(name: str | None) -> None:
    unnamed = {**DESTINATION, "name": name}

    assert ScriptedDriver([done({"destination": unnamed})]).run(get_destination(TERMS, id="d")) == unnamed


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (None, "Object missing required field `settings`"),
        ('"text"', "Expected `object`, got `str`"),
        ("null", "Expected `object`, got `null`"),
        ("[" * 2000 + "]" * 2000, "invalid JSON"),
    ],
)
@pytest.mark.parametrize("full", [True, False])
def test_malformed_settings_in_a_list_are_an_error_unless_records_are_whole(
    settings: str | None, message: str, full: bool
) -> None:
    record = json.dumps({key: value for key, value in DESTINATION.items() if key != "settings"})
    if settings is not None:
        record = f'{record[:-1]}, "settings": {settings}}}'
    response = Response(status=200, body=f'{{"data": {{"destinations": [{record}]}}}}'.encode())
    driver = ScriptedDriver([response])

    if full and message != "invalid JSON":
        assert len(list(driver.iterate(list_destinations(ONE_TRY, full=True)))) == 1
        return
    with pytest.raises(SegmentProtocolError, match=message):
        list(driver.iterate(list_destinations(ONE_TRY, full=full)))
