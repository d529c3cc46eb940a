"""Settings that Segment refuses or ignores, step by step against a scripted driver."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_segment.protocol.errors import SegmentInvalidRequestError
from airflow_provider_segment.protocol.flow.steps import CallOptions, Outcome
from airflow_provider_segment.protocol.provisioning.apply_subscriptions import execute_subscriptions
from airflow_provider_segment.protocol.provisioning.destination import write_destination
from airflow_provider_segment.protocol.provisioning.plan import Plan, make_plan
from airflow_provider_segment.protocol.provisioning.progress import Executed
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec
from airflow_provider_segment.protocol.wire.messages import Response
from tests.protocol.driver import ScriptedDriver

OPTIONS = CallOptions(connection="connection 'seg' to host")
MASK = "•" * 10
TYPE: list[dict[str, Any]] = [
    {"name": "apiKey"},
    {"name": "region"},
    {"name": "secretId", "label": "Secret ID (Read-Only)"},
    {"name": "externalId", "description": "The external id. This setting is read only."},
]


def record(**settings: Any) -> Any:
    metadata = {"id": "m", "options": TYPE}
    return {"id": "d", "name": "n", "enabled": True, "sourceId": "s", "settings": settings, "metadata": metadata}


def changed(**settings: Any) -> Outcome:
    return Response(status=200, body=json.dumps({"data": {"destination": record(**settings)}}).encode())


def refused(message: str, **error: Any) -> Outcome:
    return Response(
        status=400, body=json.dumps({"errors": [{"type": "bad-request", "message": message} | error]}).encode()
    )


def write(driver: ScriptedDriver, settings: dict[str, Any], **current: Any) -> list[str]:
    return driver.run(write_destination(OPTIONS, record(**current), {"settings": settings}))


def sent(driver: ScriptedDriver) -> list[Any]:
    return [json.loads(request.body)["settings"] for request in driver.requests if request.body]


@pytest.mark.parametrize(
    "refusal",
    [
        refused("region can't be changed"),
        refused("must be one of us", field="region"),
        refused("no", field="settings.region"),
        refused('"region" is not allowed'),
    ],
)
def test_a_key_that_the_refusal_names_is_left_out(refusal: Outcome) -> None:
    driver = ScriptedDriver([refusal, changed(apiKey="k", region="us")])
    assert write(driver, {"apiKey": "k", "region": "eu"}, region="us") == ["settings['region']"]
    assert sent(driver) == [{"apiKey": "k", "region": "eu"}, {"apiKey": "k"}]
    assert "sending the update again without settings['region']" in driver.log_text
    assert "settings['region'] is read-only: Segment did not change" in driver.log_text


def test_without_a_name_the_keys_called_read_only_by_the_catalog_are_left_out() -> None:
    driver = ScriptedDriver([refused("some settings are read-only"), changed(apiKey="k", secretId="a", externalId="b")])
    assert write(driver, {"apiKey": "k", "secretId": "x", "externalId": "y"}) == [
        "settings['secretId']",
        "settings['externalId']",
    ]
    assert sent(driver)[1] == {"apiKey": "k"}


def test_a_part_of_a_word_names_nothing() -> None:
    with pytest.raises(SegmentInvalidRequestError, match="regions are closed"):
        write(ScriptedDriver([refused("regions are closed, apiKey-like")]), {"apiKey": "k", "region": "eu"})


def test_a_secret_is_never_left_out() -> None:
    driver = ScriptedDriver([refused("apiKey is invalid")])
    with pytest.raises(SegmentInvalidRequestError, match="apiKey is invalid"):
        write(driver, {"apiKey": "new-secret", "region": "eu"}, apiKey=f"{MASK}abcd")
    assert len(sent(driver)) == 1


def test_a_second_refusal_is_raised() -> None:
    driver = ScriptedDriver([refused("region is wrong"), refused("and so is apiKey")])
    with pytest.raises(SegmentInvalidRequestError, match="and so is apiKey"):
        write(driver, {"apiKey": "k", "region": "eu"})


def test_a_setting_that_does_not_appear_after_the_write_is_ignored_with_a_warning() -> None:
    driver = ScriptedDriver([changed(apiKey="k")])
    assert write(driver, {"apiKey": "k", "region": "eu", "typo": 1}) == ["settings['region']", "settings['typo']"]
    assert (
        "settings['region'] was not stored, or Segment does not return it; remove it from the description"
        in driver.log_text
    )


def test_disabling_is_sent_before_settings_that_are_refused() -> None:
    driver = ScriptedDriver([changed(), refused("no word of a key")])
    with pytest.raises(SegmentInvalidRequestError):
        driver.run(write_destination(OPTIONS, record(), {"enabled": False, "settings": {"region": "eu"}}))
    assert [json.loads(request.body or b"") for request in driver.requests] == [
        {"enabled": False},
        {"settings": {"region": "eu"}},
    ]


def subscription(name: str, **settings: Any) -> Any:
    fields = {"actionId": "a", "destinationId": "d", "enabled": True, "trigger": "all", "modelId": ""}
    return {"id": f"id-{name}", "name": name, "settings": settings} | fields


def changed_subscription(name: str, **settings: Any) -> Outcome:
    return Response(status=200, body=json.dumps({"data": {"subscription": subscription(name, **settings)}}).encode())


def plan_of_two() -> Plan:
    specs = [
        SubscriptionSpec(name=name, action_id="a", trigger="all", settings={"event": "new", "fixed": "new"})
        for name in ("One", "Two")
    ]
    actual = [subscription(name, event="old", fixed="old") for name in ("One", "Two")]
    destination = DestinationSpec(source_id="s", metadata_id="m", name="n", settings={})
    return make_plan(destination, specs, actual=record(), actual_subscriptions=actual)


def test_refused_settings_of_a_subscription_cost_at_most_one_further_call_a_run() -> None:
    refusal = refused("fixed is read-only")
    driver = ScriptedDriver([refusal, changed_subscription("One", event="new", fixed="old")], then=refusal)
    with pytest.raises(SegmentInvalidRequestError, match=r"while changing subscription 'Two' \(2 of 2\)"):
        driver.run(execute_subscriptions(OPTIONS, plan_of_two(), "d", Executed()))
    assert len(driver.requests) == 3


def test_ignored_settings_of_a_subscription_are_returned() -> None:
    driver = ScriptedDriver(
        [
            refused("fixed is read-only"),
            changed_subscription("One", event="new", fixed="old"),
            changed_subscription("Two", event="new", fixed="old"),
        ]
    )
    results = Executed()
    driver.run(execute_subscriptions(OPTIONS, plan_of_two(), "d", results))
    assert results.ignored == ["subscriptions['One'].settings['fixed']", "subscriptions['Two'].settings['fixed']"]
    assert results.ids == {0: "id-One", 1: "id-Two"}


def test_settings_that_segment_does_not_store_in_a_new_subscription_are_returned() -> None:
    destination = DestinationSpec(source_id="s", metadata_id="m", name="n", settings={})
    spec = SubscriptionSpec(
        name="One", action_id="a", trigger="all", settings={"event": "x", "typo": 1, "nothing": None}
    )
    made = subscription("One", event="x")
    driver = ScriptedDriver([data(destinationSubscription=made), data(subscriptions=[made])])
    results = Executed()
    driver.run(execute_subscriptions(OPTIONS, make_plan(destination, [spec], actual=record()), "d", results))
    assert json.loads(driver.requests[0].body or b"")["settings"] == {"event": "x", "typo": 1}
    assert results.ignored == ["subscriptions['One'].settings['typo']"]
    assert "subscription 'One': settings['typo'] was not stored, or Segment does not return it" in driver.log_text


def data(**values: Any) -> Outcome:
    return Response(status=200, body=json.dumps({"data": values}).encode())
