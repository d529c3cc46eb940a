"""The destination operators against the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_segment.exceptions import (
    SegmentAlreadyExistsError,
    SegmentInvalidRequestError,
    SegmentNotFoundError,
    SegmentSeveralMatchesError,
)
from airflow_provider_segment.operators.destination import (
    SegmentCreateDestinationOperator,
    SegmentDeleteDestinationOperator,
    SegmentUpdateDestinationOperator,
)
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.request_log import methods_of_writes
from tests.running import Running, TaskInstance

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


def test_create_returns_the_id_and_nothing_else(running: Running, segment_sandbox: SegmentSandbox) -> None:
    result = running.run(create())
    (made,) = segment_sandbox.destinations
    assert result == made["id"]
    assert (made["name"], made["enabled"], made["sourceId"]) == ("mine", True, "sandbox-web")


def test_create_lists_only_the_destinations_of_the_source(running: Running, segment_sandbox: SegmentSandbox) -> None:
    running.run(create())
    assert [f"{entry['method']} {entry['path']}" for entry in segment_sandbox.requests] == [
        "GET /sources/sandbox-web/connected-destinations",
        "GET /catalog/destinations/sandbox-analytics",
        "POST /destinations",
        "GET /sources/sandbox-web/connected-destinations",  # the check that it is the only one
    ]


def test_a_second_run_reuses_the_destination_unchanged(running: Running, segment_sandbox: SegmentSandbox) -> None:
    first = running.run(create())
    assert running.run(create(settings={"apiKey": "another", "trackAllPages": True}, enabled=False)) == first
    assert methods_of_writes(segment_sandbox) == ["POST"]
    assert segment_sandbox.destinations[0]["enabled"] is True


def test_if_exists_update_writes_a_difference_once(running: Running, segment_sandbox: SegmentSandbox) -> None:
    first = running.run(create())
    changed = {"settings": {"apiKey": KEY, "trackAllPages": True}, "enabled": False, "if_exists": "update"}
    assert running.run(create(**changed)) == first
    (made,) = segment_sandbox.destinations
    assert (made["enabled"], made["settings"]["trackAllPages"]) == (False, True)
    assert methods_of_writes(segment_sandbox) == ["POST", "PATCH", "PATCH"]  # disabling is a request of its own
    running.run(create(**changed))
    assert methods_of_writes(segment_sandbox) == ["POST", "PATCH", "PATCH"]


def test_if_exists_update_adds_a_setting(running: Running, segment_sandbox: SegmentSandbox) -> None:
    running.run(create(settings={}))
    running.run(create(settings={"apiKey": KEY}, if_exists="update"))
    assert segment_sandbox.destinations[0]["settings"]["apiKey"].endswith(KEY[-4:])


def test_a_changed_secret_is_detected_by_its_last_characters(running: Running, segment_sandbox: SegmentSandbox) -> None:
    running.run(create())
    running.run(create(settings={"apiKey": "0123456789abXXXX"}, if_exists="update"))
    assert methods_of_writes(segment_sandbox) == ["POST", "PATCH"]
    assert segment_sandbox.destinations[0]["settings"]["apiKey"].endswith("XXXX")


def test_if_exists_fail_raises_with_the_id(running: Running, segment_sandbox: SegmentSandbox) -> None:
    first = running.run(create())
    with pytest.raises(SegmentAlreadyExistsError, match="earlier try of this task may have created it") as caught:
        running.run(create(if_exists="fail"))
    assert caught.value.ids == (first,)
    assert first in str(caught.value)
    assert KEY not in str(caught.value)


def test_create_on_an_unknown_source_raises(running: Running, segment_sandbox: SegmentSandbox) -> None:
    with pytest.raises(SegmentNotFoundError, match="/sources/no-such-source/"):
        running.run(create(source_id="no-such-source"))
    assert methods_of_writes(segment_sandbox) == []


def test_several_matches_raise_with_their_ids(running: Running, segment_sandbox: SegmentSandbox) -> None:
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
    assert methods_of_writes(segment_sandbox) == []


@pytest.mark.parametrize("by_id", [True, False])
def test_update_by_id_or_identity_changes_the_passed_fields(
    running: Running, segment_sandbox: SegmentSandbox, by_id: bool
) -> None:
    made = running.run(create())
    selection = {"destination_id": made} if by_id else identity()
    task = SegmentUpdateDestinationOperator(
        task_id="u", **selection, new_name="ours", enabled="False", settings={"trackAllPages": True}
    )
    assert running.run(task) == made
    (found,) = segment_sandbox.destinations
    assert (found["name"], found["enabled"], found["settings"]["trackAllPages"]) == ("ours", False, True)


@pytest.mark.parametrize(
    ("change", "name"), [({"enabled": False}, "mine"), ({"new_name": "ours"}, "ours"), ({"enabled": True}, "mine")]
)
def test_the_log_of_an_update_by_id_names_the_destination(
    running: Running,
    segment_sandbox: SegmentSandbox,
    change: dict[str, Any],
    name: str,
    read_log: Callable[[], str],
) -> None:
    made = running.run(create())
    running.run(SegmentUpdateDestinationOperator(task_id="u", destination_id=made, **change))
    assert f"changed destination '{name}' ({made})" in read_log()


def test_only_a_retry_of_a_rename_finds_the_renamed_destination(
    running: Running, segment_sandbox: SegmentSandbox
) -> None:
    made = running.run(create())
    rename = identity() | {"task_id": "u", "new_name": "ours"}
    assert running.run(SegmentUpdateDestinationOperator(**rename)) == made
    assert running.run(SegmentUpdateDestinationOperator(**rename), ti=TaskInstance(try_number=2)) == made
    with pytest.raises(
        SegmentNotFoundError, match=f"there is no .*'mine' .* but {made} already has the new name 'ours'"
    ):
        running.run(SegmentUpdateDestinationOperator(**rename))
    assert segment_sandbox.destinations[0]["name"] == "ours"


def test_update_of_a_missing_destination_raises(running: Running) -> None:
    with pytest.raises(SegmentNotFoundError, match="there is no destination 'mine'"):
        running.run(SegmentUpdateDestinationOperator(task_id="u", **identity(), enabled=False))
    with pytest.raises(SegmentNotFoundError):
        running.run(SegmentUpdateDestinationOperator(task_id="u", destination_id="no-such", enabled=False))


@pytest.mark.parametrize("by_id", [True, False])
def test_a_second_delete_does_nothing_or_fails(running: Running, segment_sandbox: SegmentSandbox, by_id: bool) -> None:
    made = running.run(create())
    selection = {"destination_id": made} if by_id else identity()
    assert running.run(SegmentDeleteDestinationOperator(task_id="d", **selection)) == made
    assert segment_sandbox.destinations == []
    assert running.run(SegmentDeleteDestinationOperator(task_id="d", **selection)) == (made if by_id else None)
    with pytest.raises(SegmentNotFoundError):
        running.run(SegmentDeleteDestinationOperator(task_id="d", **selection, if_missing="fail"))


def test_a_delete_with_a_garbled_response_is_repeated(running: Running, segment_sandbox: SegmentSandbox) -> None:
    made = running.run(create())
    segment_sandbox.fault("garbage", method="DELETE")
    running.run(SegmentDeleteDestinationOperator(task_id="d", destination_id=made))
    assert segment_sandbox.destinations == []


def test_templates_are_rendered_except_those_of_segment(running: Running, segment_sandbox: SegmentSandbox) -> None:
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


def test_settings_may_render_to_a_json_string(running: Running, segment_sandbox: SegmentSandbox) -> None:
    running.run(create(settings="{{ params.settings | tojson }}"), params={"settings": {"apiKey": "a-key-of-json"}})
    assert segment_sandbox.destinations[0]["settings"]["apiKey"].endswith("json")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "name is empty"),
        ({"name": " "}, "name is empty"),
        ({"name": None}, "name is None"),
        ({"source_id": ""}, "source_id is empty; it must be an id of 1 to 255 characters"),
        ({"source_id": "x" * 256}, "source_id has 256 characters"),
        ({"metadata_id": 5}, "metadata_id is 5"),
        ({"settings": None}, "settings is of type NoneType"),
        ({"settings": "nothing"}, "settings is a string that is not JSON"),
        ({"settings": {1: 2}}, "settings has the key 1"),
        ({"settings": {"apiKey": "••••cdef"}}, "'apiKey' contains a bullet"),
        ({"settings": {"apiKey": object()}}, r"settings\['apiKey'\] is of type object"),
        ({"enabled": "maybe"}, "enabled is 'maybe'; it must be True or False"),
        ({"if_exists": "replace"}, "if_exists is 'replace'; it must be one of 'reuse', 'update', 'fail'"),
        ({"segment_conn_id": ""}, "segment_conn_id is empty"),
    ],
)
def test_invalid_arguments_raise_when_the_dag_is_parsed(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        create(**changes)
    assert "cdef" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "rendered", "message"),
    [
        ("name", "", "name is empty"),
        ("source_id", "x" * 256, "source_id has 256 characters"),
        ("enabled", "perhaps", "enabled is 'perhaps'"),
        ("if_exists", "replace", "if_exists is 'replace'"),
        ("settings", "[1]", "settings is of type list"),
    ],
)
def test_invalid_rendered_values_raise_before_any_request(
    running: Running, segment_sandbox: SegmentSandbox, field: str, rendered: str, message: str
) -> None:
    task = create(**{field: "{{ params.value }}"})
    with pytest.raises(ValueError, match=message):
        running.run(task, params={"value": rendered})
    assert segment_sandbox.requests == []


@pytest.mark.parametrize("kind", [SegmentUpdateDestinationOperator, SegmentDeleteDestinationOperator])
@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ({}, "missing: source, destination_type, name"),
        ({"source_id": "s", "name": "n"}, "missing: destination_type"),
        (identity(destination_id="d"), "destination_id can't be combined with source_id, metadata_id, name"),
        ({"destination_id": "d", "name": "{{ n }}"}, "destination_id can't be combined with name"),
        ({"destination_id": ""}, "destination_id is empty"),
    ],
)
def test_invalid_selections_of_a_destination_raise(kind: type[Any], selection: dict[str, Any], message: str) -> None:
    change = {"enabled": False} if kind is SegmentUpdateDestinationOperator else {}
    with pytest.raises(ValueError, match=message):
        kind(task_id="t", **selection, **change)


def test_an_update_of_nothing_raises() -> None:
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


@pytest.mark.parametrize("if_exists", ["reuse", "update"])
def test_create_leaves_a_disabled_destination_disabled(
    running: Running, segment_sandbox: SegmentSandbox, if_exists: str
) -> None:
    made = running.run(create(enabled=False))
    assert running.run(create(if_exists=if_exists)) == made
    assert methods_of_writes(segment_sandbox) == ["POST"]
    assert segment_sandbox.destinations[0]["enabled"] is False


def test_an_update_disables_before_anything_that_may_be_refused(
    running: Running, segment_sandbox: SegmentSandbox
) -> None:
    made = running.run(create())
    task = SegmentUpdateDestinationOperator(
        task_id="u", destination_id=made, enabled=False, settings={"trackAllPages": "perhaps"}
    )
    with pytest.raises(SegmentInvalidRequestError):
        running.run(task)
    assert segment_sandbox.destinations[0]["enabled"] is False


@pytest.mark.parametrize("argument", ["destination_id", "source_id", "metadata_id", "name"])
def test_a_selection_that_a_template_rendered_to_nothing_raises(
    running: Running, segment_sandbox: SegmentSandbox, argument: str
) -> None:
    selection = {"destination_id": "d"} if argument == "destination_id" else identity()
    task = SegmentDeleteDestinationOperator(task_id="d", **selection | {argument: "{{ params.value }}"})
    with pytest.raises(ValueError, match=f"{argument} was set, but its template rendered to 'None'"):
        running.run(task, params={"value": None})
    assert segment_sandbox.requests == []


def test_deleting_from_an_unknown_source_raises(running: Running) -> None:
    with pytest.raises(SegmentNotFoundError, match="/sources/no-such-source/"):
        running.run(SegmentDeleteDestinationOperator(task_id="d", **identity(source_id="no-such-source")))


@pytest.mark.parametrize("if_exists", ["reuse", "update"])
def test_create_reports_settings_that_segment_ignored(
    running: Running,
    segment_sandbox: SegmentSandbox,
    if_exists: str,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    if if_exists == "update":
        running.run(create())
    instance = TaskInstance()
    task = create(settings={"apiKey": KEY, "externalId": "mine"}, if_exists=if_exists)
    assert running.run(task, ti=instance) == segment_sandbox.destinations[0]["id"]
    assert instance.xcoms["ignored"] == ["settings['externalId']"]
    log = caplog.text + "".join(capfd.readouterr())
    assert "settings['externalId'] is read-only: Segment did not change its value" in log
    nothing = TaskInstance()
    running.run(create(if_exists=if_exists), ti=nothing)
    assert "ignored" not in nothing.xcoms
