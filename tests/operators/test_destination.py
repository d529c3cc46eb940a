"""The destination operators against the sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_segment.exceptions import (
    SegmentAlreadyExistsError,
    SegmentNotFoundError,
    SegmentSeveralMatchesError,
)
from airflow_provider_segment.operators.destination import (
    SegmentCreateDestinationOperator,
    SegmentDeleteDestinationOperator,
    SegmentUpdateDestinationOperator,
)
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.running import Running

KEY = "0123456789abcdef"


def create(**changes: Any) -> SegmentCreateDestinationOperator:
    arguments: dict[str, Any] = {
        "task_id": "create",
        "source_id": "sandbox-web",
        "metadata_id": "sandbox-analytics",
        "name": "mine",
        "settings": {"apiKey": KEY},
    }
    return SegmentCreateDestinationOperator(**arguments | changes)


def identity(**changes: Any) -> dict[str, Any]:
    return {"source_id": "sandbox-web", "metadata_id": "sandbox-analytics", "name": "mine"} | changes


def writes(sandbox: SegmentSandbox) -> list[str]:
    return [entry["method"] for entry in sandbox.requests if entry["method"] != "GET"]


def test_create_returns_the_id_and_nothing_else(running: Running, segment_sandbox: SegmentSandbox) -> None:
    result = running.run(create())
    (made,) = segment_sandbox.destinations
    assert result == made["id"]
    assert (made["name"], made["enabled"], made["sourceId"]) == ("mine", True, "sandbox-web")


def test_create_looks_among_the_destinations_of_the_source_alone(
    running: Running, segment_sandbox: SegmentSandbox
) -> None:
    running.run(create())
    assert [f"{entry['method']} {entry['path']}" for entry in segment_sandbox.requests] == [
        "GET /sources/sandbox-web/connected-destinations",
        "POST /destinations",
        "GET /sources/sandbox-web/connected-destinations",  # is it the only one?
    ]


def test_a_second_run_reuses_what_is_there(running: Running, segment_sandbox: SegmentSandbox) -> None:
    first = running.run(create())
    assert running.run(create(settings={"apiKey": "another", "trackAllPages": True}, enabled=False)) == first
    assert writes(segment_sandbox) == ["POST"]
    assert segment_sandbox.destinations[0]["enabled"] is True


def test_update_brings_it_to_the_described_state_once(running: Running, segment_sandbox: SegmentSandbox) -> None:
    first = running.run(create())
    changed = {"settings": {"apiKey": KEY, "trackAllPages": True}, "enabled": False, "if_exists": "update"}
    assert running.run(create(**changed)) == first
    (made,) = segment_sandbox.destinations
    assert (made["enabled"], made["settings"]["trackAllPages"]) == (False, True)
    assert writes(segment_sandbox) == ["POST", "PATCH"]
    running.run(create(**changed))
    assert writes(segment_sandbox) == ["POST", "PATCH"]


def test_update_adds_a_setting_that_was_not_there(running: Running, segment_sandbox: SegmentSandbox) -> None:
    running.run(create(settings={}))
    running.run(create(settings={"apiKey": KEY}, if_exists="update"))
    assert segment_sandbox.destinations[0]["settings"]["apiKey"].endswith(KEY[-4:])


def test_a_changed_secret_is_seen_by_its_tail(running: Running, segment_sandbox: SegmentSandbox) -> None:
    running.run(create())
    running.run(create(settings={"apiKey": "0123456789abXXXX"}, if_exists="update"))
    assert writes(segment_sandbox) == ["POST", "PATCH"]
    assert segment_sandbox.destinations[0]["settings"]["apiKey"].endswith("XXXX")


def test_fail_refuses_naming_the_id(running: Running, segment_sandbox: SegmentSandbox) -> None:
    first = running.run(create())
    with pytest.raises(SegmentAlreadyExistsError, match="earlier try of this very task") as caught:
        running.run(create(if_exists="fail"))
    assert caught.value.ids == (first,)
    assert first in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_source_that_does_not_exist(running: Running, segment_sandbox: SegmentSandbox) -> None:
    with pytest.raises(SegmentNotFoundError, match="/sources/no-such-source/"):
        running.run(create(source_id="no-such-source"))
    assert writes(segment_sandbox) == []


def test_several_matches_are_never_guessed_among(running: Running, segment_sandbox: SegmentSandbox) -> None:
    twin = {"sourceId": "sandbox-web", "metadataId": "sandbox-analytics", "name": "mine", "settings": {"apiKey": "k"}}
    segment_sandbox.seed({"destinations": [twin, twin]})
    ids = {made["id"] for made in segment_sandbox.destinations}
    for task in (
        create(),
        SegmentUpdateDestinationOperator(task_id="u", **identity(), enabled=False),
        SegmentDeleteDestinationOperator(task_id="d", **identity()),
    ):
        with pytest.raises(SegmentSeveralMatchesError) as caught:
            running.run(task)
        assert set(caught.value.ids) == ids
        assert all(found in str(caught.value) for found in ids)
    assert writes(segment_sandbox) == []


@pytest.mark.parametrize("by_id", [True, False])
def test_update(running: Running, segment_sandbox: SegmentSandbox, by_id: bool) -> None:
    made = running.run(create())
    pointing = {"destination_id": made} if by_id else identity()
    task = SegmentUpdateDestinationOperator(
        task_id="u", **pointing, new_name="ours", enabled="False", settings={"trackAllPages": True}
    )
    assert running.run(task) == made
    (found,) = segment_sandbox.destinations
    assert (found["name"], found["enabled"], found["settings"]["trackAllPages"]) == ("ours", False, True)


def test_a_renaming_that_was_carried_out_before_is_found_again(
    running: Running, segment_sandbox: SegmentSandbox
) -> None:
    made = running.run(create())
    rename = identity() | {"task_id": "u", "new_name": "ours"}
    assert running.run(SegmentUpdateDestinationOperator(**rename)) == made
    assert running.run(SegmentUpdateDestinationOperator(**rename)) == made
    assert segment_sandbox.destinations[0]["name"] == "ours"


def test_update_of_what_is_not_there(running: Running) -> None:
    with pytest.raises(SegmentNotFoundError, match="there is no destination 'mine'"):
        running.run(SegmentUpdateDestinationOperator(task_id="u", **identity(), enabled=False))
    with pytest.raises(SegmentNotFoundError):
        running.run(SegmentUpdateDestinationOperator(task_id="u", destination_id="no-such", enabled=False))


@pytest.mark.parametrize("by_id", [True, False])
def test_delete_then_delete_again(running: Running, segment_sandbox: SegmentSandbox, by_id: bool) -> None:
    made = running.run(create())
    pointing = {"destination_id": made} if by_id else identity()
    assert running.run(SegmentDeleteDestinationOperator(task_id="d", **pointing)) == made
    assert segment_sandbox.destinations == []
    assert running.run(SegmentDeleteDestinationOperator(task_id="d", **pointing)) == (made if by_id else None)
    with pytest.raises(SegmentNotFoundError):
        running.run(SegmentDeleteDestinationOperator(task_id="d", **pointing, if_missing="fail"))


def test_a_delete_whose_answer_was_garbage_is_done(running: Running, segment_sandbox: SegmentSandbox) -> None:
    made = running.run(create())
    segment_sandbox.fault("garbage", method="DELETE")
    running.run(SegmentDeleteDestinationOperator(task_id="d", destination_id=made))
    assert segment_sandbox.destinations == []


def test_templates_are_rendered_and_segments_own_are_not(running: Running, segment_sandbox: SegmentSandbox) -> None:
    settings = {
        "apiKey": "{{ params.key }}",
        "eventNames": {"greeting": {"@template": "Hi {{ name }}", "other": "{{ params.name }}"}},
        "ignoredEvents": [{"@template": {"deep": ["{{ name }}"]}}],
    }
    task = create(
        source_id="{{ params.source }}", name="{{ params.name }}", settings=settings, enabled="{{ params.enabled }}"
    )
    params = {"source": "sandbox-web", "name": "rendered", "key": "a-rendered-key-0001", "enabled": False}
    running.run(task, params=params)
    (made,) = segment_sandbox.destinations
    assert (made["name"], made["enabled"]) == ("rendered", False)
    assert made["settings"]["apiKey"].endswith("0001")
    assert made["settings"]["eventNames"] == {"greeting": {"@template": "Hi {{ name }}", "other": "rendered"}}
    assert made["settings"]["ignoredEvents"] == [{"@template": {"deep": ["{{ name }}"]}}]


def test_settings_may_render_to_json(running: Running, segment_sandbox: SegmentSandbox) -> None:
    running.run(create(settings="{{ params.settings | tojson }}"), params={"settings": {"apiKey": "a-key-of-json"}})
    assert segment_sandbox.destinations[0]["settings"]["apiKey"].endswith("json")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": ""}, "name is empty"),
        ({"name": " "}, "name is empty"),
        ({"name": None}, "name is None"),
        ({"source_id": ""}, "source_id is empty; it must be an id of 1 to 255 characters"),
        ({"source_id": "x" * 256}, "source_id has 256 characters"),
        ({"metadata_id": 5}, "metadata_id is 5"),
        ({"settings": None}, "settings is a NoneType"),
        ({"settings": "nothing"}, "settings is a string that is not JSON"),
        ({"settings": {1: 2}}, "settings has the key 1"),
        ({"settings": {"apiKey": "••••cdef"}}, "'apiKey' holds a bullet"),
        ({"settings": {"apiKey": object()}}, r"settings\['apiKey'\] is a object"),
        ({"enabled": "maybe"}, "enabled is 'maybe'; it must be True or False"),
        ({"if_exists": "replace"}, "if_exists is 'replace'; it must be one of 'reuse', 'update', 'fail'"),
        ({"segment_conn_id": ""}, "segment_conn_id is empty"),
    ],
)
def test_bad_arguments_are_refused_when_the_dag_is_parsed(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        create(**changes)
    assert "cdef" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "rendered", "says"),
    [
        ("name", "", "name is empty"),
        ("source_id", "x" * 256, "source_id has 256 characters"),
        ("enabled", "perhaps", "enabled is 'perhaps'"),
        ("if_exists", "replace", "if_exists is 'replace'"),
        ("settings", "[1]", "settings is a list"),
    ],
)
def test_bad_rendered_values_are_refused_before_any_request(
    running: Running, segment_sandbox: SegmentSandbox, field: str, rendered: str, says: str
) -> None:
    task = create(**{field: "{{ params.value }}"})
    with pytest.raises(ValueError, match=says):
        running.run(task, params={"value": rendered})
    assert segment_sandbox.requests == []


@pytest.mark.parametrize("kind", [SegmentUpdateDestinationOperator, SegmentDeleteDestinationOperator])
@pytest.mark.parametrize(
    ("pointing", "says"),
    [
        ({}, "missing: source_id, metadata_id, name"),
        ({"source_id": "s", "name": "n"}, "missing: metadata_id"),
        (identity(destination_id="d"), "destination_id was given together with source_id, metadata_id, name"),
        ({"destination_id": "d", "name": "{{ n }}"}, "destination_id was given together with name"),
        ({"destination_id": ""}, "destination_id is empty"),
    ],
)
def test_pointing_at_a_destination(kind: type[Any], pointing: dict[str, Any], says: str) -> None:
    change = {"enabled": False} if kind is SegmentUpdateDestinationOperator else {}
    with pytest.raises(ValueError, match=says):
        kind(task_id="t", **pointing, **change)


def test_an_update_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one of new_name, enabled, settings"):
        SegmentUpdateDestinationOperator(task_id="u", destination_id="d")


def test_if_missing_is_one_of_two() -> None:
    with pytest.raises(ValueError, match="if_missing is 'warn'; it must be one of 'ignore', 'fail'"):
        SegmentDeleteDestinationOperator(task_id="d", destination_id="d", if_missing="warn")


def test_arguments_are_keyword_only() -> None:
    # Airflow 3 raises a TypeError, 2.11 an AirflowException.
    with pytest.raises(Exception, match="Use keyword arguments"):
        SegmentDeleteDestinationOperator("d")  # type: ignore[call-arg]


def test_a_mask_is_left_out_of_an_update(running: Running, segment_sandbox: SegmentSandbox) -> None:
    made = running.run(create())
    task = SegmentUpdateDestinationOperator(
        task_id="u", destination_id=made, settings={"apiKey": "••••••••••9999", "trackAllPages": True}
    )
    running.run(task)
    (found,) = segment_sandbox.destinations
    assert found["settings"]["apiKey"].endswith(KEY[-4:])
    assert found["settings"]["trackAllPages"] is True
