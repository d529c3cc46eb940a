"""How objects in Segment differ from their descriptions."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_segment.protocol.api.objects import Destination, Subscription
from airflow_provider_segment.protocol.provisioning.comparison import json_equal
from airflow_provider_segment.protocol.provisioning.diff import (
    diff_destination,
    diff_settings,
    diff_subscription,
)
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec

MASK = "•" * 10
SCHEDULE = {"strategy": "PERIODIC", "config": {"interval": "1h"}}


@pytest.mark.parametrize(
    ("spec", "actual"),
    [
        (1, 1.0),
        (True, True),
        ("a", "a"),
        (None, None),
        ([1, {"a": 2}], [1.0, {"a": 2}]),
        ((1, 2), [1, 2]),
        ({"a": 1, "b": None}, {"a": 1}),
        ({"a": 1}, {"a": 1, "b": None}),
        ("secret-abcd", f"{MASK}abcd"),
        ({"deep": ["secret-abcd"]}, {"deep": [f"{MASK}abcd"]}),
        (123456789, f"{MASK}6789"),
    ],
)
def test_equal_json_values_are_equal(spec: Any, actual: Any) -> None:
    assert json_equal(spec, actual)


@pytest.mark.parametrize(
    ("spec", "actual"),
    [
        (1, True),
        (0, False),
        (True, 1),
        ("1", 1),
        ("a", "b"),
        ([1, 2], [2, 1]),
        ([1], [1, 1]),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1}, {}),
        ("secret-abcd", f"{MASK}abce"),
        ("", 0),
        ({}, []),
    ],
)
def test_different_json_values_are_not_equal(spec: Any, actual: Any) -> None:
    assert not json_equal(spec, actual)


@pytest.mark.parametrize(
    ("spec", "actual", "changed", "hidden"),
    [
        ({}, {"default": 1}, (), ()),
        ({"a": 1}, {"a": 1, "default": 2}, (), ()),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, ("b",), ()),
        ({"write_only": "x"}, {}, ("write_only",), ()),
        ({"a": None}, {"a": 1}, ("a",), ()),
        ({"key": "secret-abcd"}, {"key": f"{MASK}abcd"}, (), ()),
        ({"key": "secret-abcd"}, {"key": f"{MASK}zzzz"}, ("key",), ()),
        ({"key": "short"}, {"key": MASK}, (), ("key",)),
        ({"key": "short"}, {"key": ""}, ("key",), ()),
        ({"key": ""}, {"key": MASK}, ("key",), ()),
        ({"key": 1234}, {"key": MASK}, (), ("key",)),
        ({"key": f"{MASK}abcd"}, {"key": f"{MASK}zzzz"}, (), ()),
        ({"nested": {"key": MASK}}, {"nested": {"key": "x"}}, (), ()),
    ],
)
def test_changed_settings_are_distinguished_from_hidden_ones(
    spec: dict[str, Any], actual: dict[str, Any], changed: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    diff = diff_settings(spec, actual)
    assert (diff.changed, diff.hidden) == (changed, hidden)


def destination(**changes: Any) -> Destination:
    made: Any = {
        "id": "d",
        "name": "mine",
        "enabled": True,
        "sourceId": "s",
        "metadata": {"id": "m"},
        "settings": {"apiKey": f"{MASK}abcd", "retarget": True, "empty": MASK},
    }
    return made | changes  # type: ignore[no-any-return]


def spec(**changes: Any) -> DestinationSpec:
    arguments: dict[str, Any] = {"source_id": "s", "metadata_id": "m", "name": "mine", "settings": {}}
    return DestinationSpec(**arguments | changes)


def test_a_destination_as_described_has_no_diff() -> None:
    diff = diff_destination(spec(settings={"apiKey": "secret-abcd"}), destination())
    assert (diff.fields, dict(diff.changes), diff.hidden) == ((), {}, ())


def test_one_changed_key_sends_all_described_keys() -> None:
    settings = {"apiKey": "secret-abcd", "retarget": False}
    diff = diff_destination(spec(settings=settings), destination())
    assert diff.names == ["settings['retarget']"]
    assert dict(diff.changes) == {"settings": settings}


def test_the_diff_shows_name_and_enabled_but_no_settings() -> None:
    expected = spec(name="ours", enabled=False, settings={"apiKey": "secret-wxyz"})
    diff = diff_destination(expected, destination())
    assert [(change.field, change.before, change.after) for change in diff.fields] == [
        ("name", "mine", "ours"),
        ("enabled", "true", "false"),
        ("settings['apiKey']", "", ""),
    ]
    assert "wxyz" not in repr(diff)


def test_a_hidden_secret_is_written_only_when_asked() -> None:
    expected = spec(settings={"empty": "short"})
    assert diff_destination(expected, destination()).hidden == ("empty",)
    rotated = diff_destination(expected, destination(), rotate_secrets=True)
    assert (rotated.names, rotated.hidden) == (["settings['empty']"], ())


OPTIONS: Any = [{"name": "apiKey"}, {"name": "region", "defaultValue": "us"}, {"name": "retries", "defaultValue": 3}]


def with_options(**changes: Any) -> Destination:
    return destination(metadata={"id": "m", "options": OPTIONS}, **changes)


@pytest.mark.parametrize(
    ("settings", "names", "unknown"),
    [
        ({"region": "eu"}, ["settings['region']"], {}),
        ({"region": "us", "retries": 3.0}, [], {}),
        ({"apiKey": "k"}, ["settings['apiKey']"], {}),
        ({"apikey": "k"}, [], {"apikey": "did you mean 'apiKey'?"}),
        ({"something": 1}, [], {"something": "known settings: 'apiKey', 'region', 'retries'"}),
        ({"region": None, "something": None}, [], {}),
        ({"dynamicAuthSettings": {"configId": "c"}, "__segment_internal_x": 1}, [], {}),
    ],
)
def test_a_setting_that_segment_does_not_return(
    settings: dict[str, Any], names: list[str], unknown: dict[str, str]
) -> None:
    diff = diff_destination(spec(settings=settings), with_options(settings={}))
    assert (diff.names, dict(diff.unknown)) == (names, unknown)


def test_without_options_every_key_counts_as_known() -> None:
    assert diff_destination(spec(settings={"some": 1}), destination()).names == ["settings['some']"]


def test_none_differs_from_a_present_value() -> None:
    assert diff_settings({"a": None}, {"a": 1}).changed == ("a",)
    assert diff_settings({"a": None, "b": None}, {"a": None}).changed == ()


@pytest.mark.parametrize("present", [1, "", False, [], {}])
def test_none_differs_from_a_present_value_at_any_depth(present: Any) -> None:
    assert diff_settings({"a": {"b": None}}, {"a": {"b": present}}).changed == ("a",)
    assert diff_settings({"a": [{"b": {"c": None}}]}, {"a": [{"b": {"c": present}}]}).changed == ("a",)
    assert diff_settings({"a": [{"b": {"c": None}}]}, {"a": [{"b": {}}]}).changed == ()


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("-----BEGIN KEY-----\nnew\n-----END KEY-----", f"{MASK}----"),
        ("-----BEGIN KEY-----\nnew\n-----END KEY-----\n", f"{MASK}---\n"),
        ('{"private_key": "new", "universe_domain": "googleapis.com"}', f'{MASK}om"}}'),
        ("a new one!!!!", f"{MASK}!!!!"),
        ({"deep": {"token": "new"}}, {"deep": {"token": MASK}}),
        (["new"], [MASK]),
    ],
)
def test_a_tail_that_every_such_secret_has_tells_nothing(secret: Any, shown: Any) -> None:
    diff = diff_settings({"key": secret}, {"key": shown})
    assert (diff.changed, diff.hidden) == ((), ("key",))
    assert diff.to_write(rotate_secrets=True) == ("key",)


def test_a_nested_difference_outweighs_a_secret_that_can_not_be_compared() -> None:
    diff = diff_settings({"key": {"token": "new", "on": True}}, {"key": {"token": MASK, "on": False}})
    assert (diff.changed, diff.hidden) == (("key",), ())


def test_rotating_writes_every_secret_even_if_its_tail_is_equal() -> None:
    diff = diff_destination(spec(settings={"apiKey": "secret-abcd"}), destination(), rotate_secrets=True)
    assert diff.names == ["settings['apiKey']"]


def test_an_empty_string_deletes_a_secret_but_not_if_it_came_out_of_a_template() -> None:
    assert diff_destination(spec(settings={"apiKey": ""}), destination()).names == ["settings['apiKey']"]
    for rendered in ("", "None", " "):
        templated = spec(settings={"apiKey": rendered}, templated=frozenset({("apiKey",)}))
        with pytest.raises(ValueError, match=r"settings\['apiKey'\] was rendered as an empty string"):
            diff_destination(templated, destination())
    whole = spec(settings={"auth": {"token": ""}}, templated=frozenset({()}))
    with pytest.raises(ValueError, match=r"settings\['auth'\]\['token'\]"):
        diff_destination(whole, destination(settings={"auth": {"token": MASK}}))
    literal = spec(settings={"auth": {"token": ""}}, templated=frozenset({("auth", "other")}))
    assert diff_destination(literal, destination(settings={"auth": {"token": MASK}})).names == ["settings['auth']"]


def test_a_destination_without_a_name_differs_in_its_name() -> None:
    assert diff_destination(spec(), destination(name=None)).names == ["name"]


def subscription(**changes: Any) -> Subscription:
    made: Any = {
        "id": "x",
        "name": "Track",
        "actionId": "a",
        "destinationId": "d",
        "enabled": True,
        "trigger": "all",
        "settings": {"event": 1},
        "modelId": "",
    }
    return made | changes  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("changes", "actual", "names"),
    [
        ({}, {}, []),
        ({"trigger": "none"}, {}, ["trigger"]),
        ({"enabled": False}, {}, ["enabled"]),
        ({"settings": {"event": 1.0}}, {}, []),
        ({"settings": {"event": 2}}, {}, ["settings['event']"]),
        ({"settings": None}, {"settings": {"event": 9}}, []),
        ({"settings": {"event": 2}}, {"settings": None}, ["settings['event']"]),
        ({"settings": {"event": 1, "more": 2}}, {}, ["settings['more']"]),
        ({"model_id": "m"}, {}, ["model_id"]),
        ({"model_id": "m"}, {"modelId": "m"}, []),
        ({}, {"modelId": "m"}, []),
        ({"reverse_etl_schedule": SCHEDULE}, {}, ["reverse_etl_schedule"]),
        ({"reverse_etl_schedule": SCHEDULE}, {"reverseETLSchedule": SCHEDULE}, []),
        (
            {"reverse_etl_schedule": {"strategy": "MANUAL"}},
            {"reverseETLSchedule": {"strategy": "MANUAL", "config": None}},
            [],
        ),
    ],
)
def test_fields_of_a_subscription_that_differ(
    changes: dict[str, Any], actual: dict[str, Any], names: list[str]
) -> None:
    one = SubscriptionSpec(**{"name": "Track", "action_id": "a", "trigger": "all"} | changes)
    diff = diff_subscription(one, subscription(**actual))
    assert diff.names == names
    assert set(diff.changes) == {name.partition("[")[0] for name in names}
