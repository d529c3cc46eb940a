"""The subscription operators against the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_segment.exceptions import (
    SegmentAlreadyExistsError,
    SegmentNotFoundError,
    SegmentSeveralMatchesError,
)
from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
from airflow_provider_segment.operators.subscription import (
    SegmentCreateSubscriptionOperator,
    SegmentDeleteSubscriptionOperator,
    SegmentUpdateSubscriptionOperator,
)
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.secrets import SecretRef
from tests.request_log import methods_of_writes
from tests.running import Running

TRACK = 'type = "track"'
CODE = "0123456789abcdef"


def create(destination_id: str, **changes: Any) -> SegmentCreateSubscriptionOperator:
    arguments: dict[str, Any] = {
        "task_id": "create",
        "destination_id": destination_id,
        "name": "Track",
        "action_id": "sandbox-track",
        "trigger": TRACK,
    }
    return SegmentCreateSubscriptionOperator(**arguments | changes)


def subscriptions(sandbox: SegmentSandbox) -> list[dict[str, Any]]:
    return list(sandbox.destinations[0]["subscriptions"])


def test_create_returns_the_id(running: Running, segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    result = running.run(create(destination_id, settings={"event": {"@path": "$.event"}}))
    (made,) = subscriptions(segment_sandbox)
    assert result == made["id"]
    assert (made["name"], made["actionId"], made["trigger"], made["enabled"]) == ("Track", "sandbox-track", TRACK, True)
    assert made["settings"]["event"] == {"@path": "$.event"}
    assert methods_of_writes(segment_sandbox, path_part="/subscriptions") == ["POST"]


def test_a_schedule_takes_a_second_call(running: Running, segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    schedule = {"strategy": "cron", "config": {"spec": "0 * * * *", "timezone": "UTC"}}
    running.run(create(destination_id, model_id="model", reverse_etl_schedule=schedule))
    (made,) = subscriptions(segment_sandbox)
    assert made["modelId"] == "model"
    assert made["reverseETLSchedule"]["strategy"] == "CRON"
    assert methods_of_writes(segment_sandbox, path_part="/subscriptions") == ["POST", "PATCH"]


def test_a_create_that_stopped_before_its_schedule_is_completed(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    first = running.run(create(destination_id, model_id="model"))
    schedule = {"strategy": "PERIODIC", "config": {"interval": "1h"}}
    assert running.run(create(destination_id, model_id="model", reverse_etl_schedule=schedule)) == first
    assert subscriptions(segment_sandbox)[0]["reverseETLSchedule"]["strategy"] == "PERIODIC"


def test_each_if_exists_reuses_updates_or_fails(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    first = running.run(create(destination_id))
    assert running.run(create(destination_id, trigger="all", enabled=False)) == first
    assert methods_of_writes(segment_sandbox, path_part="/subscriptions") == ["POST"]
    changed = {"trigger": "all", "enabled": False, "if_exists": "update", "settings": {"event": "x"}}
    assert running.run(create(destination_id, **changed)) == first
    (made,) = subscriptions(segment_sandbox)
    assert (made["trigger"], made["enabled"]) == ("all", False)
    running.run(create(destination_id, **changed))
    with pytest.raises(SegmentAlreadyExistsError) as caught:
        running.run(create(destination_id, if_exists="fail"))
    assert caught.value.ids == (first,)
    assert methods_of_writes(segment_sandbox, path_part="/subscriptions").count("POST") == 1


def test_if_exists_update_adds_a_setting(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    running.run(create(destination_id, settings={"a": 1}))
    running.run(create(destination_id, settings={"a": 1, "b": 2}, if_exists="update"))
    assert subscriptions(segment_sandbox)[0]["settings"]["b"] == 2


def test_another_action_or_name_is_another_subscription(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    ids = {
        running.run(create(destination_id)),
        running.run(create(destination_id, action_id="sandbox-identify")),
        running.run(create(destination_id, name="Other")),
    }
    assert ids == {made["id"] for made in subscriptions(segment_sandbox)}
    assert len(ids) == 3


def identify(destination_id: str, name: str, code: Any, **changes: Any) -> SegmentCreateSubscriptionOperator:
    settings = {"email": "a@example.com", "access_code": code}
    return create(destination_id, name=name, action_id="sandbox-identify", settings=settings, **changes)


def test_a_literal_password_is_one_warning(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    running.run(identify(destination_id, "Identify", CODE))
    log = capsys.readouterr().out
    assert log.count("SecretRef") == 1
    assert (
        f"subscription 'Identify' to action sandbox-identify of destination {destination_id}: settings['access_code']:"
        " set to a literal, but declared as a password in Segment's catalog; pass SecretRef('<connection id>') instead,"
        " because Airflow stores and displays literals"
    ) in log
    assert CODE not in log


def test_a_reference_a_template_or_a_directive_for_a_password_is_no_warning(
    running: Running,
    segment_sandbox: SegmentSandbox,
    destination_id: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER", f'{{"conn_type": "generic", "password": "{CODE}"}}')
    values = [SecretRef("partner"), "{{ params.code }}", {"@path": "$.code"}]
    for number, value in enumerate(values):
        running.run(identify(destination_id, f"Identify {number}", value), params={"code": CODE})
    running.run(
        create(destination_id, action_id="sandbox-identify", settings="{{ params.settings | tojson }}"),
        params={"settings": {"access_code": CODE}},
    )
    running.run(create(destination_id, name="Other action", settings={"access_code": CODE}))
    assert "a literal" not in capsys.readouterr().out


def test_the_warning_takes_no_request(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An existing subscription is used or changed without reading the catalog, so there is no warning about it."""
    before = len(segment_sandbox.requests)
    running.run(identify(destination_id, "Identify", "{{ params.code }}"), params={"code": CODE})
    with_template = len(segment_sandbox.requests) - before
    made = running.run(identify(destination_id, "Other", CODE))
    assert len(segment_sandbox.requests) == before + 2 * with_template
    capsys.readouterr()

    update: dict[str, Any] = {
        "task_id": "u",
        "destination_id": destination_id,
        "settings": {"access_code": f"{CODE}-2"},
    }
    for task in (
        identify(destination_id, "Other", f"{CODE}-1", if_exists="update"),
        SegmentUpdateSubscriptionOperator(subscription_id=made, **update),
        SegmentUpdateSubscriptionOperator(action="identifyUser", name="Other", **update),
    ):
        before = len(segment_sandbox.requests)
        running.run(task)
        paths = [entry["path"] for entry in segment_sandbox.requests[before:]]
        assert all("/subscriptions" in path for path in paths)
    assert "a literal" not in capsys.readouterr().out


def test_several_matches_raise(running: Running, segment_sandbox: SegmentSandbox, destination_id: str) -> None:
    with SegmentPublicApiHook() as hook:
        twins = {
            hook.create_subscription(
                destination_id=destination_id, name="Track", action_id="sandbox-track", trigger=TRACK
            )["id"]
            for _ in range(2)
        }
    with pytest.raises(SegmentSeveralMatchesError) as caught:
        running.run(create(destination_id))
    assert set(caught.value.ids) == twins


@pytest.mark.parametrize("by_id", [True, False])
def test_update_by_id_or_identity_changes_the_passed_fields(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str, by_id: bool
) -> None:
    made = running.run(create(destination_id))
    selection = {"subscription_id": made} if by_id else {"action_id": "sandbox-track", "name": "Track"}
    task = SegmentUpdateSubscriptionOperator(
        task_id="u",
        destination_id=destination_id,
        **selection,
        new_name="All",
        trigger="all",
        enabled="False",
        settings={"event": "x"},
        model_id="model",
        reverse_etl_schedule={"strategy": "MANUAL"},
    )
    assert running.run(task) == made
    (found,) = subscriptions(segment_sandbox)
    assert (found["name"], found["trigger"], found["enabled"]) == ("All", "all", False)
    assert (found["settings"]["event"], found["modelId"]) == ("x", "model")
    assert found["reverseETLSchedule"]["strategy"] == "MANUAL"


def test_the_log_of_an_update_by_id_names_the_subscription(
    running: Running, destination_id: str, read_log: Callable[[], str]
) -> None:
    made = running.run(create(destination_id))
    running.run(
        SegmentUpdateSubscriptionOperator(
            task_id="u", destination_id=destination_id, subscription_id=made, enabled=False
        )
    )
    assert f"changed subscription 'Track' ({made}) of destination {destination_id}" in read_log()


@pytest.mark.parametrize("by_id", [True, False])
def test_a_second_delete_does_nothing_or_fails(
    running: Running, segment_sandbox: SegmentSandbox, destination_id: str, by_id: bool
) -> None:
    made = running.run(create(destination_id))
    selection = {"subscription_id": made} if by_id else {"action_id": "sandbox-track", "name": "Track"}
    arguments: dict[str, Any] = {"task_id": "d", "destination_id": destination_id} | selection
    assert running.run(SegmentDeleteSubscriptionOperator(**arguments)) == made
    assert subscriptions(segment_sandbox) == []
    assert running.run(SegmentDeleteSubscriptionOperator(**arguments)) == (made if by_id else None)
    with pytest.raises(SegmentNotFoundError):
        running.run(SegmentDeleteSubscriptionOperator(**arguments, if_missing="fail"))


def test_deleting_from_a_missing_destination_succeeds(running: Running) -> None:
    task = SegmentDeleteSubscriptionOperator(task_id="d", destination_id="gone", action_id="a", name="n")
    assert running.run(task) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"destination_id": ""}, "destination_id is empty"),
        ({"name": ""}, "name is empty"),
        ({"action_id": "x" * 256}, "action_id has 256 characters"),
        ({"trigger": ""}, "trigger is empty"),
        ({"enabled": 1}, "enabled is 1"),
        ({"settings": {"key": "•"}}, "'key' contains a bullet"),
        ({"model_id": ""}, "model_id is empty"),
        ({"reverse_etl_schedule": {"strategy": "SOMETIMES"}}, "one of 'CRON', 'DBT_CLOUD', 'MANUAL'"),
        ({"reverse_etl_schedule": {"when": "now"}}, "unknown key 'when'"),
        ({"reverse_etl_schedule": {}}, "reverse_etl_schedule"),
        ({"if_exists": ""}, "if_exists is ''"),
    ],
)
def test_invalid_arguments_raise_when_the_dag_is_parsed(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        create(**{"destination_id": "d"} | changes)


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (SegmentDeleteSubscriptionOperator, {}, "missing: action, name"),
        (SegmentDeleteSubscriptionOperator, {"subscription_id": "s", "name": "n"}, "can't be combined with name"),
        (SegmentDeleteSubscriptionOperator, {"subscription_id": "s", "if_missing": 0}, "if_missing is 0"),
        (SegmentUpdateSubscriptionOperator, {"subscription_id": "s"}, "at least one of new_name, trigger"),
        (SegmentUpdateSubscriptionOperator, {"action_id": "a", "enabled": True}, "missing: name"),
        (SegmentUpdateSubscriptionOperator, {"subscription_id": "s", "trigger": ""}, "trigger is empty"),
    ],
)
def test_invalid_selections_of_a_subscription_raise(kind: type[Any], arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kind(task_id="t", destination_id="d", **arguments)
