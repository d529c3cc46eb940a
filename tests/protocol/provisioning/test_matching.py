"""Which described subscription is which existing one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_segment.protocol.errors import SegmentNotFoundError, SegmentSeveralMatchesError
from airflow_provider_segment.protocol.provisioning.diff import diff_subscription
from airflow_provider_segment.protocol.provisioning.matching import match_subscriptions
from airflow_provider_segment.protocol.provisioning.plan import Result, make_plan
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec
from tests.protocol.provisioning.samples import one

DESTINATION: Any = {
    "id": "d",
    "name": "mine",
    "enabled": True,
    "sourceId": "s",
    "metadata": {"id": "m", "options": []},
    "settings": {},
}
MINE = DestinationSpec(source_id="s", metadata_id="m", name="mine", settings={})


def existing(id: str, name: str = "x", **changes: Any) -> Any:
    plain = {"id": id, "name": name, "actionId": "a", "destinationId": "d", "enabled": True, "trigger": "all"}
    return plain | {"settings": {}, "modelId": ""} | changes


def ids(specs: list[SubscriptionSpec], actual: list[Any]) -> list[str | None]:
    return [match and match["id"] for match in match_subscriptions(specs, actual)]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"trigger": "all"}, {"trigger": "none"}),
        ({"model_id": "m1"}, {"model_id": "m2"}),
        ({}, {"model_id": "m2"}),
        ({"settings": {"a": 1}}, {"settings": {"a": 2}}),
        ({"settings": {}}, {"settings": {"a": 2}}),
        ({"settings": None}, {"settings": {"a": 2}}),
        ({"enabled": True}, {"enabled": False}),
    ],
)
def test_objects_of_equal_names_are_matched_by_their_fields(
    first: dict[str, Any], second: dict[str, Any], reverse: bool
) -> None:
    specs = [one(**first), one(**second)]
    actual = [existing("1", **as_actual(first)), existing("2", **as_actual(second))]
    assert ids(specs, actual[::-1] if reverse else actual) == ["1", "2"]
    # One of the two is enough to know which one the other is.
    assert ids(specs, actual[1:]) == [None, "2"] or "enabled" in second


def as_actual(described: dict[str, Any]) -> dict[str, Any]:
    names = {"model_id": "modelId"}
    return {names.get(key, key): value or {} if key == "settings" else value for key, value in described.items()}


def test_a_changed_trigger_is_matched_by_settings() -> None:
    specs = [one(trigger="new", settings={"a": 1}), one(trigger="other", settings={"a": 2})]
    assert ids(specs, [existing("2", settings={"a": 2}), existing("1", settings={"a": 1})]) == ["1", "2"]


def test_another_model_is_another_subscription() -> None:
    assert ids([one(model_id="m2")], [existing("1", modelId="m1")]) == [None]
    assert ids([one()], [existing("1", modelId="m1")]) == ["1"]


def test_an_id_selects_and_renames() -> None:
    twins = [existing("1"), existing("2")]
    assert ids([one(name="new", id="2"), one()], twins) == ["2", "1"]
    with pytest.raises(SegmentNotFoundError, match="'x': the destination has no subscription with the id 3"):
        ids([one(id="3")], twins)
    with pytest.raises(ValueError, match="its action can't be changed from 'a' to 'b'"):
        ids([one(id="1", action_id="b")], twins)


def test_a_previous_name_renames_once() -> None:
    renamed = one(name="new", previous_name="x")
    assert ids([renamed], [existing("1")]) == ["1"]
    assert diff_subscription(renamed, existing("1")).changes == {"name": "new"}
    assert ids([renamed], [existing("1", name="new")]) == ["1"]
    assert ids([renamed, one()], [existing("1")]) == [None, "1"]
    assert ids([renamed], []) == [None]
    with pytest.raises(SegmentSeveralMatchesError):
        ids([renamed], [existing("1"), existing("2")])


def test_more_than_described_is_an_error_that_lists_them() -> None:
    with pytest.raises(SegmentSeveralMatchesError) as caught:
        ids([one(), one()], [existing("1"), existing("2"), existing("3")])
    assert caught.value.ids == ("1", "2", "3")


def plan(specs: list[SubscriptionSpec], actual: list[Any]) -> dict[str, str | None]:
    made = make_plan(MINE, specs, actual=DESTINATION, actual_subscriptions=actual)
    return {part.id or "new": part.result.value for part in made.subscriptions}


def test_alike_entries_are_interchangeable_but_changing_one_needs_its_id() -> None:
    twins = [existing("1"), existing("2")]
    assert plan([one(), one()], twins) == {"1": "kept", "2": "kept"}
    assert plan([one(trigger="new"), one(trigger="new")], twins) == {"1": "changed", "2": "changed"}
    with pytest.raises(SegmentSeveralMatchesError) as caught:
        plan([one(), one(trigger="new")], twins)
    assert caught.value.ids == ("1", "2")
    assert plan([one(), one(trigger="new", id="2")], twins) == {"1": "kept", "2": "changed"}
    assert plan([one(), one(), one()], twins) == {"1": "kept", "2": "kept", "new": "created"}


settings_of = st.dictionaries(
    st.sampled_from(["event", "userId", "__segment_internal_matching_key"]),
    st.sampled_from(["$.a", "$.b", 1]),
    max_size=3,
)
subscriptions = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["Track", "Track", "Other"]),
            "actionId": st.sampled_from(["a", "b"]),
            "trigger": st.sampled_from(["all", "none"]),
            "modelId": st.sampled_from(["", "", "model-1", "model-2"]),
            "enabled": st.booleans(),
            "settings": settings_of,
        }
    ),
    max_size=12,
)


def described(record: dict[str, Any], **changes: Any) -> SubscriptionSpec:
    plain = {
        "name": record["name"],
        "action_id": record["actionId"],
        "trigger": record["trigger"],
        "model_id": record["modelId"] or None,
        "enabled": record["enabled"],
        "settings": record["settings"],
    }
    return SubscriptionSpec(**plain | changes)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(records=subscriptions, order=st.randoms(use_true_random=False))
def test_describing_what_exists_is_no_difference(records: list[dict[str, Any]], order: Any) -> None:
    actual: list[Any] = [{"id": f"s{number}", "destinationId": "d"} | record for number, record in enumerate(records)]
    specs = [described(record) for record in records]
    order.shuffle(specs)
    assert make_plan(MINE, specs, actual=DESTINATION, actual_subscriptions=actual).is_empty


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    records=subscriptions.filter(bool),
    pick=st.integers(0, 11),
    change=st.sampled_from(
        [
            {"trigger": "new"},
            {"settings": {"event": "new"}},
            {"name": "New"},
            {"model_id": "model-new"},
            {"enabled": None},
        ]
    ),
)
def test_changing_one_field_of_one_entry_with_an_id_changes_exactly_that(
    records: list[dict[str, Any]], pick: int, change: dict[str, Any]
) -> None:
    actual: list[Any] = [{"id": f"s{number}", "destinationId": "d"} | record for number, record in enumerate(records)]
    number = pick % len(records)
    if change == {"enabled": None}:
        change = {"enabled": not records[number]["enabled"]}
    specs = [described(record) for record in records]
    specs[number] = described(records[number], id=f"s{number}", **change)
    made = make_plan(MINE, specs, actual=DESTINATION, actual_subscriptions=actual)
    written = [part for part in made.subscriptions if part.result is not Result.KEPT]
    assert [(part.id, dict(part.diff.changes)) for part in written] == [(f"s{number}", change)]
