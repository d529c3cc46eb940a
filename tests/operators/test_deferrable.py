"""Operators that wait for rate limits in the triggerer: the same results as without, and nothing secret is stored."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowTaskTimeout

from airflow_provider_segment.exceptions import SegmentAlreadyExistsError, SegmentProtocolError, SegmentRateLimitError
from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.operators.subscription import (
    SegmentCreateSubscriptionOperator,
    SegmentDeleteSubscriptionOperator,
    SegmentUpdateSubscriptionOperator,
)
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.transport.gates import forget_all
from tests.operators import applying
from tests.operators.deferring import Triggerer, triggerer
from tests.request_log import statuses_of_writes
from tests.running import Running, TaskInstance

__all__ = ["triggerer"]

KEY = "canary-0123456789abcdef"
SCHEDULE = {"strategy": "PERIODIC", "config": {"interval": "15m"}}


def entries(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [
        {"name": f"Track {number}", "action_id": "sandbox-track", "trigger": 'type = "track"'} | changes
        for number in range(count)
    ]


def apply(**changes: Any) -> SegmentApplyDestinationOperator:
    subscriptions = entries(12, settings={"greeting": f"{KEY}-in-settings"})
    arguments = {"settings": {"apiKey": KEY}, "subscriptions": subscriptions, "deferrable": True}
    return applying.apply(**arguments | changes)


def without_ids(summary: Any) -> Any:
    return json.loads(
        json.dumps(summary), object_hook=lambda found: {key: found[key] for key in found if key[-2:] != "id"}
    )


@pytest.fixture
def destination_id(segment_sandbox: SegmentSandbox) -> str:
    with SegmentPublicApiHook() as hook:
        return hook.create_destination(
            source_id="sandbox-web", metadata_id="sandbox-analytics", name="mine", settings={"apiKey": KEY}
        )["id"]


def create(destination_id: str, **changes: Any) -> SegmentCreateSubscriptionOperator:
    arguments = {"task_id": "create", "destination_id": destination_id, "deferrable": True, **entries(1)[0]}
    return SegmentCreateSubscriptionOperator(**arguments | changes)


def test_an_apply_over_the_limit_is_never_rejected_and_returns_the_same(
    running: Running, segment_sandbox: SegmentSandbox, triggerer: Triggerer
) -> None:
    deferred = triggerer.run(running, apply)
    (made,) = segment_sandbox.destinations
    assert statuses_of_writes(segment_sandbox, path_part="/subscriptions") == ["POST 200"] * 12
    assert [trigger["count"] for trigger in triggerer.triggers] == [5, 5, 2]
    assert 150 <= triggerer.seconds <= 160  # two rounds, after nothing is in flight any more
    assert {entry["id"] for entry in deferred["subscriptions"]} == {one["id"] for one in made["subscriptions"]}
    assert triggerer.run(running, apply)["created"] is False
    assert len(triggerer.triggers) == 3  # nothing to write, so no turn is taken

    segment_sandbox.reset()
    segment_sandbox.settings(subscription_write_limit_per_minute=None)
    plain = running.run(apply(deferrable=False))
    assert list(plain) == list(deferred)
    assert without_ids(plain) == without_ids(deferred)


def test_what_is_stored_while_it_waits_holds_no_settings(
    running: Running, segment_sandbox: SegmentSandbox, triggerer: Triggerer
) -> None:
    triggerer.run(running, apply)
    assert "canary" not in json.dumps(triggerer.triggers)
    assert segment_sandbox.token not in json.dumps(triggerer.triggers)


def test_a_literal_password_is_one_warning_in_spite_of_waits(
    running: Running,
    segment_sandbox: SegmentSandbox,
    triggerer: Triggerer,
    destination_id: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    identify = {"action_id": "sandbox-identify", "settings": {"access_code": KEY}}
    waits = {"model_id": "model", "reverse_etl_schedule": SCHEDULE}
    triggerer.run(running, lambda: create(destination_id, **identify, **waits))
    assert len(triggerer.triggers) == 2
    assert capsys.readouterr().out.count("a literal") == 1

    settings = {"apiKey": KEY, "secretKey": KEY}
    triggerer.run(running, lambda: apply(name="n", settings=settings, subscriptions=entries(6, **identify)))
    assert len(triggerer.triggers) > 3
    log = capsys.readouterr().out
    assert [log.count(f"settings[{key!r}]: set to a literal") for key in ("secretKey", "access_code")] == [1, 6]


def test_slugs_are_resolved_once(running: Running, segment_sandbox: SegmentSandbox, triggerer: Triggerer) -> None:
    slugs = {"source_id": None, "source": "sandbox-web", "metadata_id": None, "destination_type": "sandbox-analytics"}
    described = [{"action": "trackEvent", **one} for one in entries(7)]
    for one in described:
        del one["action_id"]
    triggerer.run(running, lambda: apply(subscriptions=described, **slugs))
    assert len(triggerer.triggers) == 2
    assert [entry["path"] for entry in segment_sandbox.requests].count("/sources") == 1


def test_a_slug_that_a_template_changes_is_resolved_again(
    running: Running, segment_sandbox: SegmentSandbox, triggerer: Triggerer
) -> None:
    sources = iter(["sandbox-web", "sandbox-shop"])
    make = lambda: apply(source=next(sources), source_id=None, subscriptions=entries(1))  # noqa: E731
    with pytest.raises(AirflowFailException, match="source 'sandbox-shop' is 'sandbox-shop', but destination"):
        triggerer.run(running, make)


def test_secrets_are_rotated_once(running: Running, segment_sandbox: SegmentSandbox, triggerer: Triggerer) -> None:
    segment_sandbox.settings(subscription_write_limit_per_minute=None)
    running.run(apply(deferrable=False))
    segment_sandbox.settings(subscription_write_limit_per_minute=5)
    before = len(segment_sandbox.requests)
    again = entries(12, settings={"greeting": "changed"})
    summary = triggerer.run(running, lambda: apply(subscriptions=again, rotate_secrets=True))
    patches = [entry["path"] for entry in segment_sandbox.requests[before:] if entry["method"] == "PATCH"]
    assert len(patches) == len(set(patches)) == 13
    assert summary["changed"] == ["settings['apiKey']"]
    assert {entry["result"] for entry in summary["subscriptions"]} == {"changed"}


def test_settings_that_segment_ignores_are_written_once(
    running: Running, segment_sandbox: SegmentSandbox, triggerer: Triggerer
) -> None:
    settings = {"apiKey": KEY, "externalId": "read-only"}
    summary = triggerer.run(running, lambda: apply(settings=settings))
    assert summary["ignored"] == ["settings['externalId']"]
    assert [entry["path"] for entry in segment_sandbox.requests if entry["method"] == "PATCH"] == []


def test_a_schedule_takes_a_turn_of_its_own_and_the_created_one_is_its_own(
    running: Running, segment_sandbox: SegmentSandbox, triggerer: Triggerer, destination_id: str
) -> None:
    make = lambda: create(destination_id, reverse_etl_schedule=SCHEDULE, if_exists="fail")  # noqa: E731
    result = triggerer.run(running, make)
    (made,) = segment_sandbox.destinations[0]["subscriptions"]
    assert (result, made["reverseETLSchedule"]) == (made["id"], SCHEDULE)
    assert statuses_of_writes(segment_sandbox, path_part="/subscriptions") == ["POST 200", "PATCH 200"]
    with pytest.raises(SegmentAlreadyExistsError):
        triggerer.run(running, make)


def test_a_delete_whose_response_was_lost_before_the_wait_succeeds(
    running: Running, segment_sandbox: SegmentSandbox, triggerer: Triggerer, destination_id: str
) -> None:
    subscription_id = running.run(create(destination_id, deferrable=False))
    segment_sandbox.fault("drop_after", method="DELETE")
    segment_sandbox.fault("rate_limit", method="DELETE", retryAfter=40)
    make = lambda: SegmentDeleteSubscriptionOperator(  # noqa: E731
        task_id="delete",
        destination_id=destination_id,
        action_id="sandbox-track",
        name="Track 0",
        if_missing="fail",
        deferrable=True,
    )
    assert triggerer.run(running, make) == subscription_id
    assert [trigger["rejected"] for trigger in triggerer.triggers] == [False, True]
    assert segment_sandbox.destinations[0]["subscriptions"] == []


def test_a_rename_whose_response_was_lost_before_the_wait_succeeds(
    running: Running, segment_sandbox: SegmentSandbox, triggerer: Triggerer, destination_id: str
) -> None:
    subscription_id = running.run(create(destination_id, deferrable=False))
    segment_sandbox.fault("drop_after", method="PATCH")
    segment_sandbox.fault("rate_limit", method="PATCH", retryAfter=40)
    make = lambda: SegmentUpdateSubscriptionOperator(  # noqa: E731
        task_id="rename",
        destination_id=destination_id,
        action_id="sandbox-track",
        name="Track 0",
        new_name="Renamed",
        deferrable=True,
    )
    assert triggerer.run(running, make) == subscription_id


def test_the_rate_limit_budget_is_spent_across_waits(
    running: Running,
    segment_sandbox: SegmentSandbox,
    triggerer: Triggerer,
    destination_id: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_BRIEF",
        json.dumps(
            {
                "conn_type": "segment_public_api",
                "host": segment_sandbox.url,
                "password": segment_sandbox.token,
                "extra": {"rate_limit_budget": 100},
            }
        ),
    )
    segment_sandbox.fault("rate_limit", method="POST", retryAfter=40, times=5)
    with pytest.raises(SegmentRateLimitError, match="rate limited 3 times and waited 80 s"):
        triggerer.run(running, lambda: create(destination_id, segment_conn_id="brief"))
    assert len(triggerer.triggers) == 3


def test_a_wait_of_the_general_limit_is_deferred_too(
    running: Running, segment_sandbox: SegmentSandbox, triggerer: Triggerer
) -> None:
    segment_sandbox.fault("rate_limit", method="GET", retryAfter=40)
    summary = triggerer.run(running, lambda: apply(subscriptions=None))
    assert summary["created"] is True
    assert [(trigger["limited_as"], trigger["rejected"]) for trigger in triggerer.triggers] == [("", True)]
    assert triggerer.seconds >= 40


def test_execution_timeout_includes_the_waits(
    running: Running, segment_sandbox: SegmentSandbox, triggerer: Triggerer
) -> None:
    with pytest.raises(AirflowTaskTimeout, match="execution_timeout of 0:01:30 passed while the task waited"):
        triggerer.run(running, lambda: apply(execution_timeout=timedelta(seconds=90)))
    assert {trigger["deadline"] for trigger in triggerer.triggers} == {90.0}
    assert triggerer.seconds == 90.0


def test_a_timeout_of_airflow_itself_means_the_same(running: Running, segment_sandbox: SegmentSandbox) -> None:
    task = apply(execution_timeout=timedelta(seconds=90))
    with pytest.raises(AirflowTaskTimeout, match="execution_timeout"):
        running.resume(task, "__fail__", {"error": "Trigger timeout"})


def test_an_event_of_something_else_is_an_error(running: Running, segment_sandbox: SegmentSandbox) -> None:
    for event in (None, {}, {"status": "success"}, {"granted": {}, "slept": "long", "state": {}}):
        with pytest.raises(SegmentProtocolError, match="unexpected event"):
            running.resume(apply(), "execute_complete", {"event": event})


def test_a_retry_waits_until_nothing_of_the_last_try_is_in_flight(
    running: Running, segment_sandbox: SegmentSandbox, triggerer: Triggerer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_QUICK",
        json.dumps(
            {
                "conn_type": "segment_public_api",
                "host": segment_sandbox.url,
                "password": segment_sandbox.token,
                "extra": {"timeout": 1},
            }
        ),
    )
    make = lambda: apply(subscriptions=entries(1), segment_conn_id="quick")  # noqa: E731
    triggerer.run(running, make, ti=TaskInstance(try_number=2))
    assert [trigger["min_wait"] for trigger in triggerer.triggers] == [1.0]


@pytest.mark.parametrize("value", [True, False])
def test_the_default_is_airflows(value: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE", str(value))
    assert apply(deferrable=None).deferrable is value
    with pytest.raises(ValueError, match="deferrable is 1"):
        apply(deferrable=1)


def test_without_deferral_a_long_wait_in_the_default_pool_is_a_warning(
    running: Running,
    segment_sandbox: SegmentSandbox,
    monkeypatch: pytest.MonkeyPatch,
    read_log: Any,
) -> None:
    monkeypatch.setattr("airflow_provider_segment.transport.requests_driver.time.sleep", lambda _: forget_all())
    advice = "while this task waits, it occupies a slot in default_pool; pass deferrable=True, or run"
    for pool in ("segment", "default_pool"):
        assert advice not in read_log()
        segment_sandbox.reset()
        segment_sandbox.fault("rate_limit", method="POST", retryAfter=40, times=2)
        running.run(apply(deferrable=False, subscriptions=None, pool=pool))
    assert read_log().count(advice) == 1
