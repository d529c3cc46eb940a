"""What the catalog says about a description, before anything is created or changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_segment.exceptions import SegmentAlreadyExistsError
from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.operators.destination import (
    SegmentCreateDestinationOperator,
    SegmentUpdateDestinationOperator,
)
from airflow_provider_segment.operators.filter import SegmentCreateFilterOperator, SegmentUpdateFilterOperator
from airflow_provider_segment.operators.subscription import (
    SegmentCreateSubscriptionOperator,
    SegmentUpdateSubscriptionOperator,
)
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.request_log import methods_of_writes
from tests.running import Running

KEY = "01234567899abcdef"
IDENTITY = {"source_id": "sandbox-web", "metadata_id": "sandbox-analytics", "name": "mine"}
MINE = "destination 'mine' of type sandbox-analytics on source sandbox-web"
TRACK = {"name": "Track", "action_id": "sandbox-track", "trigger": 'type = "track"'}


def create(**changes: Any) -> SegmentCreateDestinationOperator:
    arguments: dict[str, Any] = {"task_id": "create", **IDENTITY, "settings": {"apiKey": KEY}}
    return SegmentCreateDestinationOperator(**arguments | changes)


def apply(**changes: Any) -> SegmentApplyDestinationOperator:
    arguments: dict[str, Any] = {"task_id": "apply", **IDENTITY, "settings": {"apiKey": KEY}}
    return SegmentApplyDestinationOperator(**arguments | changes)


def reported(**changes: Any) -> SegmentApplyDestinationOperator:
    return apply(**changes, on_drift="report")


def message_of(running: Running, task: Any, error: type[Exception] = ValueError) -> str:
    with pytest.raises(error) as caught:
        running.run(task)
    return str(caught.value)


@pytest.mark.parametrize("make", [create, apply, reported])
def test_a_name_with_a_space_at_an_edge_is_rejected(
    running: Running, segment_sandbox: SegmentSandbox, make: Any
) -> None:
    assert message_of(running, make(name="mine ")) == (
        "the new destination name is 'mine '; remove the whitespace around it, because names are compared exactly"
    )
    assert methods_of_writes(segment_sandbox) == []


@pytest.mark.parametrize("make", [create, apply])
def test_an_existing_destination_may_have_such_a_name(
    running: Running, segment_sandbox: SegmentSandbox, make: Any
) -> None:
    mine = {"sourceId": "sandbox-web", "metadataId": "sandbox-analytics", "settings": {"apiKey": KEY}}
    segment_sandbox.seed({"destinations": [mine | {"name": " mine"}]})
    running.run(make(name=" mine"))
    assert methods_of_writes(segment_sandbox) == []


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda id: SegmentCreateSubscriptionOperator(task_id="t", destination_id=id, **TRACK | {"name": " x"}), "sub"),
        (lambda id: apply(subscriptions=[TRACK | {"name": " x"}]), "sub"),
        (lambda id: apply(filters=[{"title": " x", "condition": "all", "actions": [{"type": "DROP"}]}]), "filter"),
        (
            lambda id: SegmentCreateFilterOperator(
                task_id="t", destination_id=id, title=" x", condition="all", actions=[{"type": "DROP"}]
            ),
            "filter",
        ),
    ],
)
def test_a_name_with_a_space_of_what_belongs_to_a_destination(
    running: Running, segment_sandbox: SegmentSandbox, make: Any, what: str
) -> None:
    made = running.run(create())
    kind = {"sub": "subscription", "filter": "filter"}[what]
    assert message_of(running, make(made)).startswith(f"the new {kind} name is ' x'; remove the whitespace around it")
    assert methods_of_writes(segment_sandbox) == ["POST"]


def test_a_new_name_of_an_existing_object_has_no_space_at_an_edge(
    running: Running, segment_sandbox: SegmentSandbox
) -> None:
    drop = {"condition": "all", "actions": [{"type": "DROP"}]}
    made = running.run(apply(name="mine", subscriptions=[TRACK], filters=[{"title": "f", **drop}]))
    (subscription,), (one_filter,) = (made[part] for part in ("subscriptions", "filters"))
    id = made["destination_id"]
    for task in (
        apply(destination_id=id, name="mine "),
        apply(previous_name="mine", name="mine\t"),
        apply(name="mine", subscriptions=[TRACK | {"id": subscription["id"], "name": " x"}]),
        apply(name="mine", filters=[{"id": one_filter["id"], "title": "f ", **drop}]),
    ):
        assert "remove the whitespace around it" in message_of(running, task)
    for new_name in (
        lambda: SegmentUpdateDestinationOperator(task_id="t", destination_id=id, new_name="mine "),
        lambda: SegmentUpdateSubscriptionOperator(task_id="t", destination_id=id, subscription_id="s", new_name=" x"),
        lambda: SegmentUpdateFilterOperator(task_id="t", destination_id=id, filter_id="f", new_title="f "),
    ):
        with pytest.raises(
            ValueError, match=r"^task 't': new_(name|title) is .*; remove the whitespace around the name"
        ):
            new_name()
    assert set(methods_of_writes(segment_sandbox)) == {"POST"}


@pytest.mark.parametrize("make", [create, apply, reported])
@pytest.mark.parametrize(
    ("settings", "warning"),
    [
        (
            {"apiKey": KEY, "trackAllpages": True},
            "its type has no setting 'trackAllpages'; did you mean 'trackAllPages'?",
        ),
        (
            {"apiKey": KEY, "x": 1},
            "its type has no setting 'x'; known settings: 'apiKey', 'secretKey', 'trackAllPages', 'trackNamedPages',"
            " 'trackCategorizedPages', 'region', 'endpoint', 'eventUploadThreshold', 'eventUploadPeriodSeconds',"
            " 'ignoredEvents' and 7 more",
        ),
        ({}, "its type requires the setting 'apiKey' (string), which is not described"),
        ({"apiKey": None}, "its type requires the setting 'apiKey' (string), which is not described"),
    ],
)
def test_an_unknown_or_missing_setting_of_a_new_destination_is_a_warning(
    running: Running,
    segment_sandbox: SegmentSandbox,
    read_log: Callable[[], str],
    make: Any,
    settings: dict[str, Any],
    warning: str,
) -> None:
    running.run(make(settings=settings))
    assert f"{MINE}: {warning}" in read_log()
    assert methods_of_writes(segment_sandbox) == ([] if make is reported else ["POST"])


@pytest.mark.parametrize(
    ("settings", "warning"),
    [
        ({"trackAllPages": "yes"}, "settings['trackAllPages'] is a string, but its type expects a boolean"),
        (
            {"eventUploadThreshold": "many"},
            "settings['eventUploadThreshold'] is a string, but its type expects a number",
        ),
        (
            {"eventUploadThreshold": True},
            "settings['eventUploadThreshold'] is a boolean, but its type expects a number",
        ),
        ({"groupTypeTrait": 7}, "settings['groupTypeTrait'] is a number, but its type expects a string"),
        ({"ignoredEvents": {"a": 1}}, "settings['ignoredEvents'] is an object, but its type expects a list"),
    ],
)
def test_a_wrongly_typed_setting_is_a_warning(
    running: Running,
    segment_sandbox: SegmentSandbox,
    read_log: Callable[[], str],
    settings: dict[str, Any],
    warning: str,
) -> None:
    running.run(reported(settings={"apiKey": KEY} | settings))
    assert warning in read_log()
    running.run(create())
    read_log()
    running.run(reported(settings={"apiKey": KEY} | settings))
    assert warning in read_log()
    running.run(reported())
    assert "its type" not in read_log()


@pytest.mark.parametrize("make", [apply, reported])
def test_an_unknown_action_is_rejected_for_new_and_existing_destinations(
    running: Running, segment_sandbox: SegmentSandbox, make: Any
) -> None:
    wrong = make(subscriptions=[TRACK | {"action_id": "sandbox-trac"}])
    expected = (
        "subscription 'Track': the type 'Sandbox Analytics' (sandbox-analytics) has no action 'sandbox-trac'; did you"
        " mean 'Track Event' (sandbox-track)?"
    )
    assert message_of(running, wrong) == expected
    made = running.run(create())
    assert message_of(running, wrong) == expected
    alone = SegmentCreateSubscriptionOperator(task_id="t", destination_id=made, **TRACK | {"action_id": "sandbox-trac"})
    assert message_of(running, alone) == expected
    assert methods_of_writes(segment_sandbox) == ["POST"]


def test_a_type_without_actions_takes_no_subscriptions(running: Running, segment_sandbox: SegmentSandbox) -> None:
    classic = apply(metadata_id="sandbox-classic", settings={"trackingId": "x"}, subscriptions=[TRACK])
    assert message_of(running, classic) == (
        "subscription 'Track': the type 'Sandbox Classic' (sandbox-classic) has no actions, so its destinations can't"
        " have subscriptions"
    )


@pytest.mark.parametrize("make", [create, apply, reported])
@pytest.mark.parametrize(
    ("metadata_id", "candidates"),
    [
        ("Sandbox analytics", "did you mean 'Sandbox Analytics' (sandbox-analytics)"),
        (
            "5f7dd6d21ad74f3842b1fc47",
            "known: 'Sandbox Analytics' (sandbox-analytics), 'Sandbox Classic' (sandbox-classic),"
            " 'Sandbox Engage' (sandbox-engage)",
        ),
    ],
)
def test_an_unknown_type_is_an_error_with_candidates(
    running: Running, segment_sandbox: SegmentSandbox, make: Any, metadata_id: str, candidates: str
) -> None:
    message = message_of(running, make(metadata_id=metadata_id))
    assert message.startswith(f"the catalog has no destination type {metadata_id!r}; {candidates}")
    assert methods_of_writes(segment_sandbox) == []


@pytest.mark.parametrize("make", [create, apply, reported])
def test_a_second_instance_of_a_type_that_allows_one_is_an_error(
    running: Running, segment_sandbox: SegmentSandbox, make: Any
) -> None:
    classic = {"metadata_id": "sandbox-classic", "settings": {"trackingId": "x"}}
    first = running.run(create(**classic))
    assert message_of(running, make(**classic, name="second"), SegmentAlreadyExistsError) == (
        "destination 'second' of type sandbox-classic on source sandbox-web was not created: a source can have only one"
        f" destination of this type, and it already has 'mine' ({first}); select the existing one by its id or name, or"
        " delete it"
    )
    assert methods_of_writes(segment_sandbox) == ["POST"]


def test_the_catalog_costs_one_request_before_a_create_and_none_after(
    running: Running, segment_sandbox: SegmentSandbox
) -> None:
    running.run(apply())
    running.run(apply(name="another"))  # the record of the first has what the catalog knows
    running.run(apply(settings={"apiKey": KEY, "trackAllPages": True}))
    paths = [entry["path"] for entry in segment_sandbox.requests if entry["path"].startswith("/catalog")]
    assert paths == ["/catalog/destinations/sandbox-analytics"]


def test_a_token_that_may_not_read_the_catalog_can_create(
    running: Running, segment_sandbox: SegmentSandbox, read_log: Callable[[], str]
) -> None:
    segment_sandbox.fault("status", path="/catalog/*", status=403)
    running.run(create())
    assert "the settings were not checked, because the catalog could not be read" in read_log()
    assert methods_of_writes(segment_sandbox) == ["POST"]


@pytest.mark.parametrize("make", [create, apply])
def test_a_template_gets_the_type_that_the_catalog_declares(
    running: Running, segment_sandbox: SegmentSandbox, make: Any
) -> None:
    templated = {
        "apiKey": "{{ params.number }}",
        "trackAllPages": "{{ params.flag }}",
        "eventUploadThreshold": "{{ params.number }}",
        "groupTypeTrait": "{{ params.flag }}",
    }
    params = {"number": 123456789, "flag": True}
    expected = {"trackAllPages": True, "eventUploadThreshold": 123456789, "groupTypeTrait": "True"}
    running.run(make(settings=templated), params=params)
    running.run(make(settings=templated), params=params)
    assert methods_of_writes(segment_sandbox) == ["POST"]
    (made,) = segment_sandbox.destinations
    assert made["settings"] | expected == made["settings"]
    assert made["settings"]["apiKey"].endswith("6789")


def test_an_update_gets_the_types_too(
    running: Running, segment_sandbox: SegmentSandbox, read_log: Callable[[], str]
) -> None:
    made = running.run(create())
    settings = {"trackAllPages": "{{ params.flag }}", "eventUploadThreshold": "1.5", "x": 1}
    task = SegmentUpdateDestinationOperator(task_id="u", destination_id=made, settings=settings)
    segment_sandbox.fault("status", method="PATCH", status=400)
    with pytest.raises(Exception, match="400"):
        running.run(task, params={"flag": "False"})
    text = read_log()
    assert f"destination {made}: settings['eventUploadThreshold'] is a string, but its type expects a number" in text
    assert f"destination {made}: its type has no setting 'x'; known settings: 'apiKey'" in text
    empty = SegmentUpdateDestinationOperator(task_id="u", destination_id=made, settings={"apiKey": "{{ params.key }}"})
    with pytest.raises(ValueError, match=r"settings\['apiKey'\] was rendered as an empty string"):
        running.run(empty, params={"key": ""})
    running.run(
        SegmentUpdateDestinationOperator(
            task_id="u", destination_id=made, settings={"trackAllPages": "{{ params.flag }}"}
        ),
        params={"flag": "True"},
    )
    assert segment_sandbox.destinations[0]["settings"]["trackAllPages"] is True


def test_a_literal_password_in_an_update_is_one_warning(running: Running, capsys: pytest.CaptureFixture[str]) -> None:
    made = running.run(create())
    for value, count in (("{{ params.key }}", 0), ("a-secret-key", 1)):
        settings = {"apiKey": KEY, "secretKey": value}
        task = SegmentUpdateDestinationOperator(task_id="u", destination_id=made, settings=settings)
        running.run(task, params={"key": "another-secret"})
        text = capsys.readouterr().out
        assert text.count("SecretRef") == count
    assert (
        f"destination {made}: settings['secretKey']: set to a literal, but declared as a password in Segment's catalog;"
        " pass SecretRef('<connection id>') instead, because Airflow stores and displays literals"
    ) in text
