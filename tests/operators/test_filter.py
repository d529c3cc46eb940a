"""The filter operators against the sandbox."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_segment.exceptions import (
    SegmentAlreadyExistsError,
    SegmentFilterCheckError,
    SegmentInvalidRequestError,
    SegmentNotFoundError,
    SegmentSeveralMatchesError,
)
from airflow_provider_segment.operators.filter import (
    SegmentCreateFilterOperator,
    SegmentDeleteFilterOperator,
    SegmentUpdateFilterOperator,
)
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.request_log import methods, methods_of_writes
from tests.running import Running, TaskInstance

NO_EMAILS: list[dict[str, Any]] = [{"type": "DROP_PROPERTIES", "fields": {"context.traits": ["email", "phone"]}}]
DROP: list[dict[str, Any]] = [{"type": "DROP"}]


@pytest.fixture
def destination_id(segment_sandbox: SegmentSandbox) -> str:
    segment_sandbox.seed({"destinations": [{"id": "d", "sourceId": "sandbox-web", "metadataId": "sandbox-analytics"}]})
    return "d"


def create(destination_id: str, **changes: Any) -> SegmentCreateFilterOperator:
    arguments: dict[str, Any] = {
        "task_id": "create",
        "destination_id": destination_id,
        "title": "No emails",
        "condition": "all",
        "actions": NO_EMAILS,
    }
    return SegmentCreateFilterOperator(**arguments | changes)


def filters(sandbox: SegmentSandbox) -> list[dict[str, Any]]:
    return list(sandbox.destinations[0]["filters"])


def test_create_returns_the_id(running: Running, segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    result = running.run(create(destination_id, description="privacy"))

    (created,) = filters(segment_sandbox)
    assert result == created["id"]
    assert (created["title"], created["if"], created["actions"]) == ("No emails", "all", NO_EMAILS)
    assert (created["enabled"], created["description"], created["sourceId"]) == (True, "privacy", "sandbox-web")
    assert methods_of_writes(segment_sandbox) == ["POST"]


def test_a_given_source_is_not_read(running: Running, segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    running.run(create(destination_id, source_id="sandbox-web"))

    assert methods(segment_sandbox) == ["GET", "POST", "GET"]


def test_each_if_exists_reuses_updates_or_fails(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    first = running.run(create(destination_id))
    changes = {"condition": "type = 'page'", "actions": DROP, "enabled": False, "description": "why"}

    assert running.run(create(destination_id, **changes)) == first
    assert methods_of_writes(segment_sandbox) == ["POST"]
    assert running.run(create(destination_id, **changes, if_exists="update")) == first
    (changed,) = filters(segment_sandbox)
    assert (changed["if"], changed["actions"], changed["enabled"]) == ("type = 'page'", DROP, False)
    assert changed["description"] == "why"
    running.run(create(destination_id, **changes, if_exists="update"))
    with pytest.raises(SegmentAlreadyExistsError) as caught:
        running.run(create(destination_id, if_exists="fail"))
    assert caught.value.ids == (first,)
    assert methods_of_writes(segment_sandbox) == ["POST", "PATCH"]


@pytest.mark.parametrize(
    "changes",
    [
        {"actions": [{"type": "drop_properties", "fields": {"context.traits": ["phone", "email"]}, "percent": None}]},
        {"actions": '[{"type": "DROP_PROPERTIES", "fields": {"context.traits": ["email", "phone"]}}]'},
        {"enabled": None},
        {"description": ""},
    ],
    ids=["order of keys", "JSON", "enabled left alone", "no description"],
)
def test_nothing_is_written_for_a_filter_as_described(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str, changes: dict[str, Any]
) -> None:
    first = running.run(create(destination_id, enabled=False))

    assert running.run(create(destination_id, **changes, if_exists="update")) == first
    assert methods_of_writes(segment_sandbox) == ["POST"]
    assert filters(segment_sandbox)[0]["enabled"] is False


CHECKS: list[dict[str, Any]] = [
    {"payload": {"context": {"traits": {"email": "a@b.c", "age": 5}}}, "result": {"context": {"traits": {"age": 5}}}}
]


@pytest.mark.parametrize("checks", [CHECKS, json.dumps(CHECKS)])
def test_create_previews_sample_events_before_it_writes(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str, checks: Any
) -> None:
    """With a filter that exists already, too."""
    wrong = [{"payload": {"type": "track"}, "result": None}]
    with pytest.raises(
        SegmentFilterCheckError, match=r"filter 'No emails', checks\[0\]: the event is .*, expected drop"
    ):
        running.run(create(destination_id, checks=wrong))
    assert filters(segment_sandbox) == []

    running.run(create(destination_id, checks=checks))
    assert len(filters(segment_sandbox)) == 1
    with pytest.raises(SegmentFilterCheckError):
        running.run(
            create(destination_id, checks=wrong, actions=[{"type": "ALLOW_PROPERTIES", "fields": {"": ["type"]}}])
        )
    assert [entry["path"] for entry in segment_sandbox.requests if entry["method"] == "POST"] == [
        "/destination/filters/preview",
        "/destination/filters/preview",
        "/destination/d/filters",
        "/destination/filters/preview",
    ]


def test_update_previews_what_the_filter_will_be(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    """What the update leaves alone is read from Segment."""
    running.run(create(destination_id))
    payload = CHECKS[0]["payload"]

    def update(**changes: Any) -> Any:
        return SegmentUpdateFilterOperator(task_id="u", destination_id="d", title="No emails", **changes)

    with pytest.raises(SegmentFilterCheckError):
        running.run(update(actions=DROP, checks=CHECKS))
    assert filters(segment_sandbox)[0]["actions"][0]["type"] == "DROP_PROPERTIES"
    running.run(update(actions=DROP, checks=[{"payload": payload, "result": None}]))
    running.run(update(condition="type = 'track'", checks=[{"payload": payload, "result": payload}]))
    (changed,) = filters(segment_sandbox)
    assert (changed["actions"], changed["if"]) == (DROP, "type = 'track'")
    with pytest.raises(ValueError, match="nothing to update"):
        update(checks=CHECKS)
    with pytest.raises(ValueError, match=r"checks\[0\]: 'result' is missing"):
        update(enabled=True, checks=[{"payload": {}}])


def test_several_matches_raise(running: Running, segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    seeded = [{"id": each, "title": "No emails", "actions": DROP} for each in ("f1", "f2")]
    destination = {"id": "d", "sourceId": "sandbox-web", "metadataId": "sandbox-analytics", "filters": seeded}
    segment_sandbox.seed({"destinations": [destination]})

    with pytest.raises(SegmentSeveralMatchesError) as caught:
        running.run(create(destination_id))

    assert caught.value.ids == ("f1", "f2")


def test_a_statement_that_segment_refuses_fails_with_its_words(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    with pytest.raises(SegmentInvalidRequestError, match='"if" is not valid FQL'):
        running.run(create(destination_id, condition='userId = oops"'))

    assert filters(segment_sandbox) == []


@pytest.mark.parametrize("target", ["filter_id", "title"])
def test_update_by_id_or_title_changes_the_passed_fields(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str, target: str
) -> None:
    created = running.run(create(destination_id, description="privacy"))
    task = SegmentUpdateFilterOperator(
        task_id="u",
        destination_id=destination_id,
        **{target: created if target == "filter_id" else "No emails"},
        new_title="No pages",
        condition="type = 'page'",
        actions=DROP,
        enabled="False",
        description="",
    )

    assert running.run(task) == created
    (changed,) = filters(segment_sandbox)
    assert (changed["title"], changed["if"], changed["actions"]) == ("No pages", "type = 'page'", DROP)
    assert changed["enabled"] is False
    assert "description" not in changed


def test_the_log_of_an_update_by_id_names_the_filter(
    running: Running, destination_id: str, read_log: Callable[[], str]
) -> None:
    made = running.run(create(destination_id))
    running.run(SegmentUpdateFilterOperator(task_id="u", destination_id=destination_id, filter_id=made, enabled=False))
    assert f"changed filter 'No emails' ({made}) of destination {destination_id}" in read_log()


def test_only_a_retry_takes_a_filter_with_the_new_title_for_the_renamed_one(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    other = running.run(create(destination_id, title="No pages"))
    task = SegmentUpdateFilterOperator(
        task_id="u", destination_id=destination_id, title="No emails", new_title="No pages", enabled=False
    )

    with pytest.raises(SegmentNotFoundError, match=f"but {other} already has the new name 'No pages'"):
        running.run(task)
    assert running.run(task, ti=TaskInstance(try_number=2)) == other


@pytest.mark.parametrize("target", ["filter_id", "title"])
def test_a_second_delete_does_nothing_or_fails(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str, target: str
) -> None:
    created = running.run(create(destination_id))
    arguments: dict[str, Any] = {
        "task_id": "d",
        "destination_id": destination_id,
        target: created if target == "filter_id" else "No emails",
    }

    assert running.run(SegmentDeleteFilterOperator(**arguments)) == created
    assert filters(segment_sandbox) == []
    assert running.run(SegmentDeleteFilterOperator(**arguments)) == (created if target == "filter_id" else None)
    with pytest.raises(SegmentNotFoundError):
        running.run(SegmentDeleteFilterOperator(**arguments, if_missing="fail"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"destination_id": ""}, "destination_id is empty"),
        ({"title": ""}, "title is empty"),
        ({"condition": ""}, "condition is empty"),
        ({"actions": []}, "actions is empty"),
        ({"actions": [{"type": "BLOCK"}]}, "is 'BLOCK'; it must be one of"),
        ({"actions": [{"type": "SAMPLE", "percent": 1.5}]}, "is 1.5; it must be a number from 0 to 1"),
        ({"actions": [{"type": "DROP", "fields": {"": ["a"]}}]}, "unknown key 'fields'; a DROP action takes 'type'"),
        ({"enabled": 1}, "enabled is 1"),
        ({"description": 1}, "description is 1"),
        ({"source_id": ""}, "source_id is empty"),
        ({"if_exists": ""}, "if_exists is ''"),
    ],
)
def test_invalid_arguments_are_rejected_when_the_dag_is_parsed(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        create(**{"destination_id": "d"} | changes)


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (SegmentDeleteFilterOperator, {}, "pass either filter_id, or title; missing: title"),
        (SegmentDeleteFilterOperator, {"filter_id": "f", "title": "t"}, "can't be combined with title"),
        (SegmentDeleteFilterOperator, {"filter_id": "f", "if_missing": 0}, "if_missing is 0"),
        (SegmentUpdateFilterOperator, {"filter_id": "f"}, "at least one of new_title, condition"),
        (SegmentUpdateFilterOperator, {"enabled": True}, "missing: title"),
        (SegmentUpdateFilterOperator, {"filter_id": "f", "condition": ""}, "condition is empty"),
    ],
)
def test_invalid_selections_of_a_filter_raise(kind: type[Any], arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kind(task_id="t", destination_id="d", **arguments)
