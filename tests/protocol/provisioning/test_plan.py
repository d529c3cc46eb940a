"""The plan: order, errors, and its table."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_segment.protocol.errors import SegmentPruneLimitError, SegmentSeveralMatchesError
from airflow_provider_segment.protocol.provisioning import apply_subscriptions
from airflow_provider_segment.protocol.provisioning.plan import Plan, Result, make_plan
from airflow_provider_segment.protocol.provisioning.plan_table import plan_table
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec
from airflow_provider_segment.protocol.provisioning.summary import summarize
from tests.protocol.provisioning.samples import ACTUAL, DESCRIBED, existing, one


def plan(*spec: SubscriptionSpec, actual: list[Any], **options: Any) -> Plan:
    return make_plan(DESCRIBED, spec, actual=ACTUAL, actual_subscriptions=actual, **options)


def test_created_come_before_changed_before_removed() -> None:
    made = plan(
        one("kept"),
        one("changed", trigger="none"),
        one("new"),
        actual=[existing("surplus"), existing("changed"), existing("kept")],
        prune_subscriptions=True,
    )
    assert [(part.name, part.result) for part in made.subscriptions if part.result is not Result.KEPT] == [
        ("new", Result.CREATED),
        ("changed", Result.CHANGED),
        ("surplus", Result.REMOVED),
    ]


def test_without_pruning_undescribed_subscriptions_are_not_part_of_the_plan() -> None:
    made = plan(one("kept"), actual=[existing("kept"), existing("surplus")])
    assert [part.name for part in made.subscriptions] == ["kept"]


def test_exceeding_max_prune_names_what_would_be_removed() -> None:
    with pytest.raises(
        SegmentPruneLimitError, match=r"2 subscriptions are not described .*\(id-x, id-y\), but max_prune is 1"
    ):
        plan(actual=[existing("x"), existing("y")], prune_subscriptions=True, prune_all=True, max_prune=1)


def test_several_with_one_identity_raise() -> None:
    with pytest.raises(SegmentSeveralMatchesError) as caught:
        plan(one("x"), actual=[existing("x"), existing("x", id="other")])
    assert caught.value.ids == ("id-x", "other")


def test_another_action_under_the_same_name_raises_unless_both_are_described_or_pruned() -> None:
    with pytest.raises(ValueError, match=r"its action can't be changed from 'a' to 'b'.* remove id-x first"):
        plan(one("x", action_id="b"), actual=[existing("x")])
    both = plan(one("x"), one("x", action_id="b"), actual=[existing("x")])
    assert {part.action_id: part.result for part in both.subscriptions} == {"a": Result.KEPT, "b": Result.CREATED}
    pruned = plan(one("x", action_id="b"), actual=[existing("x")], prune_subscriptions=True)
    assert [(part.action_id, part.result) for part in pruned.subscriptions] == [
        ("b", Result.CREATED),
        ("a", Result.REMOVED),
    ]


def test_creating_beside_an_enabled_one_of_the_same_action_and_trigger_warns() -> None:
    (warning,) = plan(one("new"), actual=[existing("old"), existing("off", enabled=False)]).warnings
    assert "'old' (id-old) is enabled and has the same action and trigger, so events may be sent twice" in warning
    assert plan(one("new"), one("old"), actual=[existing("old")]).warnings == ()
    assert plan(one("new"), actual=[existing("old")], prune_subscriptions=True).warnings == ()


def test_the_table_tells_equal_names_apart_by_id() -> None:
    twins = [existing("x"), existing("x", id="id-2", trigger="none")]
    lines = plan_table(plan(one("x"), one("x", trigger="none"), one("x", trigger="new"), actual=twins)).splitlines()
    assert [" ".join(line.split()) for line in lines[-3:]] == [
        "enabled true",
        "keep subscription 'x' (a) id-x",
        "keep subscription 'x' (a) id-2",
    ]


@pytest.mark.parametrize(
    ("argument", "changes"), [("source_id", {"sourceId": "other"}), ("metadata_id", {"metadata": {"id": "x"}})]
)
def test_a_different_source_or_type_raises(argument: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{argument} is .* Segment can't change this"):
        make_plan(DESCRIBED, None, actual=ACTUAL | changes)


def test_a_mask_can_not_be_the_secret_of_a_new_object() -> None:
    masked = DestinationSpec(source_id="s", metadata_id="m", name="n", settings={"apiKey": "••••"})
    with pytest.raises(ValueError, match="'apiKey' contains a bullet"):
        make_plan(masked, None, actual=None)
    with pytest.raises(ValueError, match="settings of subscription 'x': the value of 'k' contains a bullet"):
        plan(one("x", settings={"k": "•"}), actual=[])


def test_the_table_names_fields_and_hides_settings() -> None:
    table = plan_table(
        plan(
            one("new"),
            one("changed", trigger='type = "track"', settings={"token": "hunter3-hunter3"}),
            actual=[existing("changed", settings={"token": "x"}), existing("surplus")],
            prune_subscriptions=True,
        )
    )
    lines = [" ".join(line.split()) for line in table.splitlines()]
    assert "change destination 'mine' enabled false true" in lines
    assert "settings['apiKey'] (not shown) (not shown)" in lines
    assert "create subscription 'new' (a) action_id a" in lines
    assert "change subscription 'changed' (a) trigger all type = \"track\"" in lines
    assert "settings['token'] (not shown) (not shown)" in lines
    assert "remove subscription 'surplus' (a)" in lines
    assert "hunter" not in table
    assert "abcd" not in table


def test_an_empty_plan_differs_in_nothing() -> None:
    same = make_plan(
        DestinationSpec(source_id="s", metadata_id="m", name="mine", settings={}, enabled=False),
        None,
        actual=ACTUAL,
    )
    assert same.is_empty
    assert summarize(same, written=True) == {
        "destination_id": "d",
        "differs": False,
        "created": False,
        "changed": [],
        "subscriptions": [],
        "filters": [],
        "differences": [],
        "ignored": [],
    }


@pytest.mark.parametrize(
    ("number", "count", "message"),
    [
        (0, 20, "creating subscriptions: 20 of 20 left, about 3 min at Segment's limit of 5 a minute"),
        (5, 20, "creating subscriptions: 15 of 20 left, about 2 min at Segment's limit of 5 a minute"),
        (6, 20, None),
        (0, 5, None),
    ],
)
def test_progress_is_logged_every_five_calls(number: int, count: int, message: str | None) -> None:
    messages = [log.message for log in apply_subscriptions._log_remaining("creating", number, count)]
    assert messages == ([] if message is None else [message])
