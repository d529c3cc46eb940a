"""The apply operator against the sandbox."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_segment.exceptions import (
    SegmentDriftError,
    SegmentInvalidRequestError,
    SegmentNotFoundError,
    SegmentPruneLimitError,
    SegmentSeveralMatchesError,
)
from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.secrets import SecretRef
from tests.operators.applying import IDENTIFY, KEY, TRACK, apply
from tests.running import Running, TaskInstance


def calls(sandbox: SegmentSandbox, *, writes: bool = True) -> list[str]:
    """Return the method and the kind of object of each request."""
    listed = []
    for entry in sandbox.requests:
        parts = entry["path"].strip("/").split("/")
        noun = "subscription" if "subscriptions" in parts else parts[-1] if entry["method"] == "GET" else "destination"
        if entry["method"] != "GET" or not writes:
            listed.append(f"{entry['method']} {noun}")
    return listed


def results(summary: Any) -> dict[str, str]:
    return {entry["name"]: entry["result"] for entry in summary["subscriptions"]}


def test_it_creates_everything_and_returns_a_summary(running: Running, segment_sandbox: SegmentSandbox) -> None:
    summary = running.run(apply())
    (made,) = segment_sandbox.destinations
    assert summary == {
        "destination_id": made["id"],
        "differs": True,
        "created": True,
        "changed": [],
        "subscriptions": [
            {"name": one["name"], "id": one["id"], "action_id": one["actionId"], "result": "created"}
            for one in made["subscriptions"]
        ],
        "filters": [],
        "differences": summary["differences"],
        "ignored": [],
    }
    new = [(one["object"], one["name"], one["id"], one["result"]) for one in summary["differences"]]
    assert new == [
        ("destination", "mine", made["id"], "created"),
        *(("subscription", one["name"], one["id"], "created") for one in made["subscriptions"]),
    ]
    assert [one["name"] for one in made["subscriptions"]] == ["Track", "Identify"]
    assert calls(segment_sandbox) == ["POST destination", "POST subscription", "POST subscription"]


def test_a_second_run_writes_nothing(running: Running, segment_sandbox: SegmentSandbox) -> None:
    first = running.run(apply())
    before = len(segment_sandbox.requests)
    second = running.run(apply())
    assert len(segment_sandbox.requests) == before + 2
    assert calls(segment_sandbox, writes=False)[before:] == ["GET connected-destinations", "GET subscription"]
    assert second["destination_id"] == first["destination_id"]
    assert (second["created"], second["changed"], second["ignored"]) == (False, [], [])
    assert set(results(second).values()) == {"kept"}


def test_it_changes_what_differs_and_only_that(running: Running, segment_sandbox: SegmentSandbox) -> None:
    running.run(apply())
    before = len(calls(segment_sandbox))
    changed = TRACK | {"trigger": "all", "settings": {"event": {"@path": "$.event"}}}
    settings = {"apiKey": KEY, "trackAllPages": True}
    summary = running.run(apply(settings=settings, subscriptions=[changed, IDENTIFY]))
    assert summary["changed"] == ["settings['trackAllPages']"]
    assert results(summary) == {"Track": "changed", "Identify": "kept"}
    assert calls(segment_sandbox)[before:] == ["PATCH destination", "PATCH subscription"]
    (made,) = segment_sandbox.destinations
    assert made["settings"]["trackAllPages"] is True
    assert made["subscriptions"][0]["trigger"] == "all"


def test_subscriptions_are_left_alone_without_a_list(running: Running, segment_sandbox: SegmentSandbox) -> None:
    running.run(apply())
    before = len(segment_sandbox.requests)
    summary = running.run(apply(subscriptions=None))
    assert summary["subscriptions"] == []
    assert calls(segment_sandbox, writes=False)[before:] == ["GET connected-destinations"]


def test_it_disables_first_and_enables_last(running: Running, segment_sandbox: SegmentSandbox) -> None:
    running.run(apply(subscriptions=[TRACK]))
    before = len(calls(segment_sandbox))
    running.run(apply(enabled=False, subscriptions=[TRACK, IDENTIFY]))
    assert calls(segment_sandbox)[before:] == ["PATCH destination", "POST subscription"]
    before = len(calls(segment_sandbox))
    changed = TRACK | {"trigger": "all"}
    settings = {"apiKey": KEY, "trackAllPages": True}
    running.run(apply(settings=settings, enabled=True, subscriptions=[changed, IDENTIFY]))
    assert calls(segment_sandbox)[before:] == ["PATCH destination", "PATCH subscription", "PATCH destination"]
    assert segment_sandbox.destinations[0]["enabled"] is True


def test_pruning_is_opt_in_and_limited(running: Running, segment_sandbox: SegmentSandbox) -> None:
    running.run(apply())
    assert results(running.run(apply(subscriptions=[TRACK]))) == {"Track": "kept"}
    with pytest.raises(SegmentPruneLimitError, match="but max_prune is 0"):
        running.run(apply(subscriptions=[TRACK], prune_subscriptions=True, max_prune=0))
    assert len(segment_sandbox.destinations[0]["subscriptions"]) == 2
    summary = running.run(apply(subscriptions=[TRACK], prune_subscriptions="True", max_prune="1"))
    assert results(summary) == {"Track": "kept", "Identify": "removed"}
    assert len(segment_sandbox.destinations[0]["subscriptions"]) == 1


@pytest.mark.parametrize("on_drift", ["report", "fail"])
def test_drift_is_reported_and_not_written(running: Running, segment_sandbox: SegmentSandbox, on_drift: str) -> None:
    running.run(apply(subscriptions=[TRACK]))
    before = len(calls(segment_sandbox))
    drifted = apply(settings={"apiKey": KEY, "trackAllPages": True}, on_drift=on_drift)
    if on_drift == "report":
        plan = running.run(drifted)
    else:
        ti = TaskInstance()
        with pytest.raises(SegmentDriftError) as caught:
            running.run(drifted, ti=ti)
        assert isinstance(caught.value, AirflowFailException)
        plan = caught.value.plan or {}
        assert ti.xcoms["return_value"] == plan
        assert {key: ti.xcoms[key] for key in plan} == plan
    made = segment_sandbox.destinations[0]["id"]
    assert (plan["differs"], plan["created"], plan["changed"]) == (True, False, [])
    assert results(plan) == {"Track": "kept", "Identify": "would create"}
    assert plan["differences"] == [
        {
            "object": "destination",
            "name": "mine",
            "id": made,
            "result": "would change",
            "fields": [{"field": "settings['trackAllPages']", "before": "", "after": ""}],
        },
        {
            "object": "subscription",
            "name": "Identify",
            "id": None,
            "result": "would create",
            "fields": [
                {"field": "action_id", "before": "", "after": "sandbox-identify"},
                {"field": "trigger", "before": "", "after": 'type = "identify"'},
                {"field": "enabled", "before": "", "after": "true"},
            ],
        },
    ]
    assert len(calls(segment_sandbox)) == before
    same = running.run(apply(subscriptions=[TRACK], on_drift=on_drift))
    assert (same["differs"], same["differences"]) == (False, [])


def test_the_drift_error_says_what_differs(running: Running, segment_sandbox: SegmentSandbox) -> None:
    running.run(apply(subscriptions=[TRACK]))
    (made,) = segment_sandbox.destinations
    (track,) = made["subscriptions"]

    with pytest.raises(SegmentDriftError) as caught:
        running.run(
            apply(
                settings={"apiKey": "another-secret-key"},
                enabled=False,
                subscriptions=[TRACK | {"trigger": "all"}, IDENTIFY],
                on_drift="fail",
            )
        )

    assert str(caught.value) == (
        f"destination 'mine' ({made['id']}) differs from its description in 4 places: enabled is true, expected false;"
        f" settings['apiKey'] differs; subscription 'Identify' is missing; subscription 'Track' ({track['id']}):"
        " trigger is 'type = \"track\"', expected 'all'"
    )


def test_a_report_on_a_missing_destination_creates_nothing(running: Running, segment_sandbox: SegmentSandbox) -> None:
    summary = running.run(apply(on_drift="report"))

    assert (summary["destination_id"], summary["differs"], summary["created"]) == (None, True, False)
    assert summary["differences"][0]["result"] == "would create"
    with pytest.raises(SegmentDriftError) as caught:
        running.run(apply(on_drift="fail"))
    assert str(caught.value) == ("destination 'mine' of type sandbox-analytics on source sandbox-web does not exist")


def test_a_backend_of_xcom_that_fails_does_not_hide_the_drift(
    running: Running, segment_sandbox: SegmentSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    class NoXCom(TaskInstance):
        def xcom_push(self, *, key: str, value: Any) -> None:
            if key != "segment_destinations":
                raise ConnectionError("no backend")

    with pytest.raises(SegmentDriftError):
        running.run(apply(on_drift="fail"), ti=NoXCom())
    assert "The result could not be pushed to XCom: no backend" in capsys.readouterr().out


def test_apply_by_id_can_rename_the_destination(running: Running, segment_sandbox: SegmentSandbox) -> None:
    made = running.run(apply())["destination_id"]
    summary = running.run(apply(destination_id=made, name="ours"))
    assert (summary["destination_id"], summary["created"], summary["changed"]) == (made, False, ["name"])
    assert [found["name"] for found in segment_sandbox.destinations] == ["ours"]


def test_what_can_not_be_changed_raises(running: Running, segment_sandbox: SegmentSandbox) -> None:
    made = running.run(apply())["destination_id"]
    with pytest.raises(ValueError, match=f"metadata_id is 'sandbox-classic', but destination {made} has .* can't"):
        running.run(apply(destination_id=made, metadata_id="sandbox-classic"))
    with pytest.raises(ValueError, match="source_id is 'other'"):
        running.run(apply(destination_id=made, source_id="other"))
    with pytest.raises(ValueError, match="its action can't be changed from 'sandbox-track' to 'sandbox-identify'"):
        running.run(apply(subscriptions=[TRACK | {"action_id": "sandbox-identify"}]))
    with pytest.raises(SegmentNotFoundError):
        running.run(apply(destination_id="no-such"))


def test_a_partial_failure_names_the_subscription_and_a_rerun_completes(
    running: Running, segment_sandbox: SegmentSandbox
) -> None:
    segment_sandbox.settings(limit_window_seconds=1)
    five = [TRACK | {"name": f"s{number}"} for number in range(5)]
    # The first two get through.
    segment_sandbox.fault("delay", method="POST", path="*/subscriptions", times=2, seconds=0)
    segment_sandbox.fault("status", method="POST", path="*/subscriptions", status=400)
    with pytest.raises(SegmentInvalidRequestError, match=r"creating subscription 's2' \(3 of 5\)"):
        running.run(apply(subscriptions=five))
    assert [one["name"] for one in segment_sandbox.destinations[0]["subscriptions"]] == ["s0", "s1"]
    summary = running.run(apply(subscriptions=five))
    assert list(results(summary).values()).count("kept") == 2
    assert [one["name"] for one in segment_sandbox.destinations[0]["subscriptions"]] == [f"s{n}" for n in range(5)]


@pytest.mark.slow
def test_twenty_subscriptions_get_through_the_limit(running: Running, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.settings(limit_window_seconds=1)
    twenty = [TRACK | {"name": f"s{number}"} for number in range(20)]
    assert list(results(running.run(apply(subscriptions=twenty))).values()) == ["created"] * 20
    assert len(segment_sandbox.destinations[0]["subscriptions"]) == 20
    statuses = [entry["status"] for entry in segment_sandbox.requests]
    assert statuses.count(429) <= len(statuses) / 4  # the gate knows the limit from the first response


@pytest.mark.slow
def test_several_tasks_at_once_get_through_the_limit(running: Running, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.settings(limit_window_seconds=1)
    six = [TRACK | {"name": f"s{number}"} for number in range(6)]
    tasks = [apply(name=name, subscriptions=six) for name in ("one", "two", "three")]
    with ThreadPoolExecutor(3) as pool:
        summaries = list(pool.map(running.run, tasks))
    assert [list(results(summary).values()) for summary in summaries] == [["created"] * 6] * 3
    assert {made["name"]: len(made["subscriptions"]) for made in segment_sandbox.destinations} == {
        "one": 6,
        "two": 6,
        "three": 6,
    }
    statuses = [entry["status"] for entry in segment_sandbox.requests]
    assert statuses.count(429) <= len(statuses) / 4  # the gate knows the limit from the first response


def test_read_only_settings_are_returned_as_ignored(running: Running, segment_sandbox: SegmentSandbox) -> None:
    settings = {"apiKey": KEY, "externalId": "mine"}
    assert running.run(apply(settings=settings))["ignored"] == ["settings['externalId']"]
    assert running.run(apply(settings=settings))["ignored"] == ["settings['externalId']"]
    # Alone they are a 400; the other fields are changed all the same.
    alone = running.run(apply(settings={"externalId": "mine"}, enabled=False))
    assert alone["ignored"] == ["settings['externalId']"]
    assert segment_sandbox.destinations[0]["enabled"] is False


def test_a_secret_without_a_visible_tail_needs_rotate_secrets(
    running: Running, segment_sandbox: SegmentSandbox
) -> None:
    short = {"apiKey": "short"}
    running.run(apply(settings=short, subscriptions=None))
    running.run(apply(settings={"apiKey": "other"}, subscriptions=None))
    assert calls(segment_sandbox) == ["POST destination"]
    summary = running.run(apply(settings={"apiKey": "other"}, subscriptions=None, rotate_secrets=True))
    assert summary["changed"] == ["settings['apiKey']"]
    assert calls(segment_sandbox) == ["POST destination", "PATCH destination"]


def test_a_reverse_etl_schedule_takes_a_second_call(running: Running, segment_sandbox: SegmentSandbox) -> None:
    synced = TRACK | {
        "model_id": "model",
        "reverse_etl_schedule": {"strategy": "periodic", "config": {"interval": "1h"}},
    }
    running.run(apply(subscriptions=[synced]))
    assert calls(segment_sandbox) == ["POST destination", "POST subscription", "PATCH subscription"]
    running.run(apply(subscriptions=[synced]))
    assert calls(segment_sandbox) == ["POST destination", "POST subscription", "PATCH subscription"]


def test_several_matches_raise(running: Running, segment_sandbox: SegmentSandbox) -> None:
    running.run(apply())
    with SegmentPublicApiHook() as hook:
        made = segment_sandbox.destinations[0]["id"]
        hook.create_subscription(destination_id=made, **TRACK)
        with pytest.raises(SegmentSeveralMatchesError, match="subscription 'Track'"):
            running.run(apply())


def test_a_retry_polls_before_it_creates(
    running: Running, segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SEGMENT_PUBLIC_API_DEFAULT", f"{segment_sandbox.conn_uri}/?timeout=1")
    running.run(apply(subscriptions=None), ti=TaskInstance(try_number=2))
    polls = [entry["path"] for entry in segment_sandbox.requests].index("/destinations")
    assert polls >= 3


def test_settings_and_subscriptions_can_come_from_templates(running: Running, segment_sandbox: SegmentSandbox) -> None:
    task = apply(
        name="{{ params.name }}",
        settings={"apiKey": "{{ params.key }}"},
        subscriptions="{{ params.subscriptions | tojson }}",
        enabled="{{ params.enabled }}",
    )
    greeting = TRACK | {"settings": {"event": {"@template": "Hi {{name}}"}}}
    running.run(task, params={"name": "by template", "key": KEY, "subscriptions": [greeting], "enabled": False})
    (made,) = segment_sandbox.destinations
    assert (made["name"], made["enabled"]) == ("by template", False)
    assert made["subscriptions"][0]["settings"]["event"] == {"@template": "Hi {{name}}"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "name is empty"),
        ({"settings": None}, "settings is missing; pass source, destination_type, name and settings, or path"),
        ({"subscriptions": "nothing"}, "subscriptions is a string that is not JSON"),
        ({"subscriptions": [TRACK, 5]}, r"subscriptions\[1\] is of type int"),
        (
            {"subscriptions": [TRACK | {"actionId": "x"}]},
            r"subscriptions\[0\]: unknown key 'actionId'; allowed keys: name",
        ),
        ({"subscriptions": [{"name": "n", "action_id": "a"}]}, r"subscriptions\[0\]: 'trigger' is missing"),
        ({"subscriptions": [TRACK | {"id": "x"}, TRACK | {"id": "x"}]}, r"subscriptions\[0\]: duplicate id 'x'"),
        ({"subscriptions": [TRACK | {"enabled": "x"}]}, r"subscriptions\[0\]\['enabled'\] is 'x'"),
        ({"destination_id": ""}, "destination_id is empty"),
        ({"max_prune": -1}, "max_prune is -1"),
        ({"on_drift": "ignore"}, "on_drift is 'ignore'; it must be one of 'fix', 'report', 'fail'"),
        ({"prune_subscriptions": "maybe"}, "prune_subscriptions is 'maybe'"),
        ({"rotate_secrets": 1}, "rotate_secrets is 1"),
    ],
)
def test_invalid_arguments_raise_when_the_dag_is_parsed(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        apply(**changes)


def test_a_mask_can_not_be_the_secret_of_a_new_destination(running: Running, segment_sandbox: SegmentSandbox) -> None:
    with pytest.raises(ValueError, match="'apiKey' contains a bullet"):
        running.run(apply(settings={"apiKey": "••••cdef"}))
    assert calls(segment_sandbox) == []
    running.run(apply(subscriptions=None))
    running.run(apply(settings={"apiKey": "••••cdef", "trackAllPages": True}, subscriptions=None))
    assert segment_sandbox.destinations[0]["settings"]["apiKey"].endswith("cdef")
    assert segment_sandbox.destinations[0]["settings"]["trackAllPages"] is True


def test_enabled_is_left_alone_unless_it_is_described(running: Running, segment_sandbox: SegmentSandbox) -> None:
    made = running.run(apply(subscriptions=[TRACK]))["destination_id"]
    with SegmentPublicApiHook() as hook:
        hook.update_destination(id=made, enabled=False)
        subscription = segment_sandbox.destinations[0]["subscriptions"][0]["id"]
        hook.update_subscription(destination_id=made, id=subscription, enabled=False)
    before = len(calls(segment_sandbox))
    summary = running.run(apply(subscriptions=[TRACK]))
    assert (summary["changed"], results(summary)) == ([], {"Track": "kept"})
    assert len(calls(segment_sandbox)) == before
    (found,) = segment_sandbox.destinations
    assert (found["enabled"], found["subscriptions"][0]["enabled"]) == (False, False)


def test_disabling_comes_before_anything_that_may_be_refused(running: Running, segment_sandbox: SegmentSandbox) -> None:
    running.run(apply(subscriptions=None))
    with pytest.raises(SegmentInvalidRequestError):
        running.run(apply(enabled=False, settings={"apiKey": KEY, "trackAllPages": "perhaps"}, subscriptions=None))
    assert segment_sandbox.destinations[0]["enabled"] is False


def test_a_setting_of_an_existing_destination_that_segment_did_not_return_is_written(
    running: Running, segment_sandbox: SegmentSandbox
) -> None:
    running.run(apply(settings={}, subscriptions=None))
    with pytest.raises(SegmentDriftError):
        running.run(apply(subscriptions=None, on_drift="fail"))
    assert running.run(apply(subscriptions=None))["changed"] == ["settings['apiKey']"]
    assert segment_sandbox.destinations[0]["settings"]["apiKey"].endswith(KEY[-4:])
    assert running.run(apply(subscriptions=None, on_drift="fail"))["changed"] == []


def test_a_setting_that_the_type_does_not_know_is_a_warning(
    running: Running,
    segment_sandbox: SegmentSandbox,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    running.run(apply(subscriptions=None))
    summary = running.run(apply(settings={"apiKey": KEY, "apikey": KEY}, subscriptions=None))
    assert (summary["changed"], calls(segment_sandbox)) == ([], ["POST destination"])
    log = caplog.text + "".join(capfd.readouterr())
    assert "its type has no setting 'apikey', and Segment returns no such setting; did you mean 'apiKey'?" in log
    running.run(apply(settings={"apiKey": KEY, "apikey": KEY, "trackAllPages": True}, subscriptions=None))
    (made,) = segment_sandbox.destinations
    assert (made["settings"]["trackAllPages"], "apikey" in made["settings"]) == (True, False)


def test_a_rotated_key_file_needs_rotate_secrets(running: Running, segment_sandbox: SegmentSandbox) -> None:
    def key_file(content: str) -> dict[str, str]:
        return {"apiKey": f"-----BEGIN PRIVATE KEY-----\n{content}\n-----END PRIVATE KEY-----"}

    running.run(apply(settings=key_file("old"), subscriptions=None))
    assert running.run(apply(settings=key_file("new"), subscriptions=None))["changed"] == []
    rotated = running.run(apply(settings=key_file("new"), subscriptions=None, rotate_secrets=True))
    assert rotated["changed"] == ["settings['apiKey']"]


@pytest.mark.parametrize("nothing", [None, "None"])
def test_an_id_that_a_template_rendered_to_nothing_raises(
    running: Running, segment_sandbox: SegmentSandbox, nothing: str | None
) -> None:
    task = apply(destination_id="{{ params.id }}", subscriptions=None)
    task.destination_id = nothing  # as Airflow sets it when a task it refers to returned nothing
    message = f"destination_id was set, but its template rendered to {nothing!r}"
    with pytest.raises(AirflowFailException, match=message):
        task.execute({})
    assert segment_sandbox.requests == []


@pytest.mark.parametrize("key", ["name", "action_id"])
def test_a_key_that_selects_a_subscription_and_rendered_to_nothing_raises(
    running: Running, segment_sandbox: SegmentSandbox, key: str
) -> None:
    task = apply(subscriptions=[IDENTIFY, TRACK | {key: "{{ params.value }}"}])
    with pytest.raises(ValueError, match=rf"subscriptions\[1\]\['{key}'\] was set, but its template rendered"):
        running.run(task, params={"value": None})
    assert segment_sandbox.requests == []


def test_a_secret_that_a_template_rendered_to_nothing_is_not_deleted(
    running: Running, segment_sandbox: SegmentSandbox
) -> None:
    running.run(apply(subscriptions=None))
    with pytest.raises(ValueError, match=r"settings\['apiKey'\] was rendered as an empty string"):
        running.run(apply(settings={"apiKey": "{{ params.key }}"}, subscriptions=None), params={"key": ""})
    assert segment_sandbox.destinations[0]["settings"]["apiKey"].endswith(KEY[-4:])
    assert running.run(apply(settings={"apiKey": ""}, subscriptions=None))["changed"] == ["settings['apiKey']"]


def test_equal_names_rename_and_change_without_doubling(running: Running, segment_sandbox: SegmentSandbox) -> None:
    mapped = [TRACK | {"settings": {"event": name}} for name in ("a", "b", "b")]
    running.run(apply(subscriptions=mapped))
    assert calls(segment_sandbox) == ["POST destination"] + ["POST subscription"] * 3
    assert set(results(running.run(apply(subscriptions=mapped))).values()) == {"kept"}
    renamed = [mapped[0] | {"name": "First", "previous_name": "Track"}, *mapped[1:]]
    assert running.run(apply(subscriptions=renamed))["subscriptions"][0]["result"] == "changed"
    third = segment_sandbox.destinations[0]["subscriptions"][2]["id"]
    changed = [*renamed[:2], mapped[2] | {"id": third, "trigger": "all"}]
    running.run(apply(subscriptions=changed))
    assert [(one["name"], one["trigger"]) for one in segment_sandbox.destinations[0]["subscriptions"]] == [
        ("First", TRACK["trigger"]),
        ("Track", TRACK["trigger"]),
        ("Track", "all"),
    ]


def test_if_missing_fail_lists_the_siblings(running: Running, segment_sandbox: SegmentSandbox) -> None:
    other = running.run(apply(name="other", subscriptions=None))["destination_id"]
    with pytest.raises(SegmentNotFoundError, match=rf"there is no destination 'mine' .*'other' \({other}\)"):
        running.run(apply(if_missing="fail"))
    assert calls(segment_sandbox) == ["POST destination"]
    assert running.run(apply(name="other", subscriptions=None, if_missing="fail"))["destination_id"] == other


def test_other_destinations_are_named_only_before_a_create(
    running: Running, segment_sandbox: SegmentSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(7):
        running.run(apply(name=f"other {number}", subscriptions=None))
    first = segment_sandbox.destinations[0]["id"]
    capsys.readouterr()

    running.run(apply(name="other 0", enabled=False, subscriptions=None))
    assert "has other destinations" not in capsys.readouterr().out
    running.run(apply(subscriptions=None))
    log = capsys.readouterr().out
    assert f"source sandbox-web has other destinations of type sandbox-analytics: 'other 0' ({first}), " in log
    assert "'other 4'" in log
    assert ") and 2 more; if one of them is this destination under an earlier name" in log


@pytest.mark.parametrize("times", [1, 2], ids=["created", "existing"])
def test_a_literal_password_is_one_warning(
    running: Running, segment_sandbox: SegmentSandbox, capsys: pytest.CaptureFixture[str], times: int
) -> None:
    for _ in range(times):
        capsys.readouterr()
        running.run(apply(settings={"apiKey": KEY, "secretKey": "a-secret-key"}, subscriptions=None))
    log = capsys.readouterr().out
    assert log.count("SecretRef") == 1
    assert (
        "destination 'mine' of type sandbox-analytics on source sandbox-web: settings['secretKey']: set to a"
        " literal, but declared as a password in Segment's catalog; pass SecretRef('<connection id>') instead, because"
        " Airflow stores and displays literals"
    ) in log


def test_a_reference_or_a_template_for_a_password_is_no_warning(
    running: Running,
    segment_sandbox: SegmentSandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER", f'{{"conn_type": "generic", "password": "{KEY}"}}')
    running.run(apply(settings={"secretKey": SecretRef("partner")}, subscriptions=None))
    running.run(apply(settings={"secretKey": "{{ params.key }}"}, subscriptions=None), params={"key": KEY})
    running.run(apply(settings="{{ params.s | tojson }}", subscriptions=None), params={"s": {"secretKey": KEY}})
    assert "SecretRef" not in capsys.readouterr().out


def identify(name: str, code: Any) -> dict[str, Any]:
    settings = {"email": "a@example.com", "access_code": code}
    return {"name": name, "action": "identifyUser", "trigger": 'type = "identify"', "settings": settings}


@pytest.mark.parametrize("times", [1, 2], ids=["created", "existing"])
@pytest.mark.parametrize("on_drift", ["fix", "report"])
def test_a_literal_password_of_a_subscription_is_one_warning(
    running: Running, segment_sandbox: SegmentSandbox, capsys: pytest.CaptureFixture[str], times: int, on_drift: str
) -> None:
    requests = []
    for code in ("{{ params.code }}", "a-literal-code"):
        segment_sandbox.reset()
        described = [TRACK, identify("A", code), identify("B", code)]
        for _ in range(times - 1):
            running.run(apply(subscriptions=described), params={"code": "a-literal-code"})
        before = len(segment_sandbox.requests)
        capsys.readouterr()
        running.run(apply(subscriptions=described, on_drift=on_drift), params={"code": "a-literal-code"})
        requests.append(len(segment_sandbox.requests) - before)
    log = capsys.readouterr().out
    assert log.count("SecretRef") == 2
    for name in ("A", "B"):
        assert (
            f"subscription {name!r}: settings['access_code']: set to a literal, but declared as a password in Segment's"
            " catalog; pass SecretRef('<connection id>') instead, because Airflow stores and displays literals"
        ) in log
    assert "a-literal-code" not in log
    assert requests[0] == requests[1]


def test_a_reference_or_a_template_for_a_password_of_a_subscription_is_no_warning(
    running: Running,
    segment_sandbox: SegmentSandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER", f'{{"conn_type": "generic", "password": "{KEY}"}}')
    segment_sandbox.settings(subscription_write_limit_per_minute=None)
    one = identify("C", "{{ params.key }}")
    params = {"key": KEY, "all": [identify("D", KEY)], "settings": one["settings"] | {"access_code": KEY}}
    for described in (
        [identify("A", SecretRef("partner")), identify("B", {"@path": "$.code"}), one],
        [TRACK, one | {"settings": "{{ params.settings | tojson }}"}],
        "{{ params.all | tojson }}",
    ):
        running.run(apply(subscriptions=described), params=params)
    assert "a literal" not in capsys.readouterr().out
    running.run(apply(subscriptions=[one, identify("E", KEY)]), params=params)
    log = capsys.readouterr().out
    assert log.count("a literal") == log.count("subscription 'E': settings['access_code']: set to a literal") == 1


def test_a_previous_name_renames_the_destination(running: Running, segment_sandbox: SegmentSandbox) -> None:
    made = running.run(apply())["destination_id"]
    renamed = apply(name="ours", previous_name="mine")
    assert running.run(renamed)["changed"] == ["name"]
    assert running.run(apply(name="ours", previous_name="mine"))["changed"] == []
    assert [(one["id"], one["name"]) for one in segment_sandbox.destinations] == [(made, "ours")]


def test_pruning_with_an_empty_list_needs_an_explicit_yes(running: Running, segment_sandbox: SegmentSandbox) -> None:
    running.run(apply())
    with pytest.raises(SegmentPruneLimitError, match="all 2 would be removed; pass prune_all=True"):
        running.run(apply(subscriptions=[], prune_subscriptions=True))
    running.run(apply(subscriptions=[], prune_subscriptions=True, prune_all=True))
    assert segment_sandbox.destinations[0]["subscriptions"] == []
    running.run(apply(subscriptions=[], prune_subscriptions=True))


def test_each_key_of_the_result_is_an_output() -> None:
    assert apply().multiple_outputs is True


def test_segments_templates_and_file_contents_are_not_rendered(
    running: Running, segment_sandbox: SegmentSandbox
) -> None:
    key_file = "-----BEGIN KEY-----\nx\n-----END KEY-----\n"
    mapped = TRACK | {"settings": {"event": {"@liquid": "{{ properties.x }}"}, "more": "line\n"}}
    task = apply(settings={"apiKey": key_file}, subscriptions=[mapped], name=lambda context, jinja_env: "by a function")
    running.run(task)
    (made,) = segment_sandbox.destinations
    assert made["name"] == "by a function"
    assert made["settings"]["apiKey"].endswith("---\n")
    assert made["subscriptions"][0]["settings"] == mapped["settings"]
