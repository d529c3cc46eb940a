"""How objects in Segment differ from their descriptions."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_segment.protocol.api.objects import Destination, Subscription
from airflow_provider_segment.protocol.provisioning.diff import (
    diff_destination,
    diff_settings,
    diff_subscription,
    json_equal,
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
def test_equal_values(spec: Any, actual: Any) -> None:
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
def test_different_values(spec: Any, actual: Any) -> None:
    assert not json_equal(spec, actual)


@pytest.mark.parametrize(
    ("spec", "actual", "changed", "hidden"),
    [
        ({}, {"default": 1}, (), ()),
        ({"a": 1}, {"a": 1, "default": 2}, (), ()),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, ("b",), ()),
        ({"write_only": "x"}, {}, (), ()),
        ({"a": None}, {"a": 1}, (), ()),
        ({"key": "secret-abcd"}, {"key": f"{MASK}abcd"}, (), ()),
        ({"key": "secret-abcd"}, {"key": f"{MASK}zzzz"}, ("key",), ()),
        ({"key": "short"}, {"key": MASK}, (), ("key",)),
        ({"key": "short"}, {"key": ""}, ("key",), ()),
        ({"key": ""}, {"key": MASK}, (), ("key",)),
        ({"key": 1234}, {"key": MASK}, (), ("key",)),
        ({"key": f"{MASK}abcd"}, {"key": f"{MASK}zzzz"}, (), ()),
        ({"nested": {"key": MASK}}, {"nested": {"key": "x"}}, (), ()),
    ],
)
def test_changed_and_hidden_settings(
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


def test_a_setting_that_is_not_returned_is_written_only_when_asked() -> None:
    expected = spec(settings={"write_only": "x"})
    diff = diff_destination(expected, destination())
    assert (diff.names, diff.hidden) == ([], ("write_only",))
    written = diff_destination(expected, destination(), write_absent=True)
    assert (written.names, written.hidden) == (["settings['write_only']"], ())


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
