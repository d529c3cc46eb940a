"""The plan: order, refusals, and how it is shown."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_segment.protocol.errors import SegmentPruneLimitError, SegmentSeveralMatchesError
from airflow_provider_segment.protocol.provisioning import apply_subscriptions
from airflow_provider_segment.protocol.provisioning.plan import Plan, Result, make_plan
from airflow_provider_segment.protocol.provisioning.plan_table import plan_table
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec

DESCRIBED = DestinationSpec(source_id="s", metadata_id="m", name="mine", settings={"apiKey": "hunter2-hunter2"})
ACTUAL: Any = {
    "id": "d",
    "name": "mine",
    "enabled": False,
    "sourceId": "s",
    "metadata": {"id": "m"},
    "settings": {"apiKey": "••••••••••abcd"},
}


def one(name: str, **changes: Any) -> SubscriptionSpec:
    return SubscriptionSpec(**{"name": name, "action_id": "a", "trigger": "all"} | changes)


def there(name: str, **changes: Any) -> Any:
    plain = {"id": f"id-{name}", "name": name, "actionId": "a", "destinationId": "d", "enabled": True, "trigger": "all"}
    return plain | {"settings": {}} | changes


def plan(*spec: SubscriptionSpec, actual: list[Any], **options: Any) -> Plan:
    return make_plan(DESCRIBED, spec, actual=ACTUAL, actual_subscriptions=actual, **options)


def test_created_come_before_changed_before_removed() -> None:
    made = plan(
        one("kept"),
        one("changed", trigger="none"),
        one("new"),
        actual=[there("surplus"), there("changed"), there("kept")],
        prune_subscriptions=True,
    )
    assert [(part.name, part.result) for part in made.subscriptions if part.result is not Result.KEPT] == [
        ("new", Result.CREATED),
        ("changed", Result.CHANGED),
        ("surplus", Result.REMOVED),
    ]


def test_without_pruning_the_rest_stays_and_is_not_spoken_of() -> None:
    made = plan(one("kept"), actual=[there("kept"), there("surplus")])
    assert [part.name for part in made.subscriptions] == ["kept"]


def test_the_limit_of_pruning_names_what_would_go() -> None:
    with pytest.raises(SegmentPruneLimitError, match=r"2 subscriptions .* max_prune allows 1: id-x, id-y"):
        plan(actual=[there("x"), there("y")], prune_subscriptions=True, max_prune=1)


def test_two_of_one_identity_are_never_guessed_among() -> None:
    with pytest.raises(SegmentSeveralMatchesError) as caught:
        plan(one("x"), actual=[there("x"), there("x", id="other")])
    assert caught.value.ids == ("id-x", "other")


def test_another_action_under_the_same_name_is_refused_but_where_both_are_described() -> None:
    with pytest.raises(ValueError, match=r"its action can't change from 'a' to 'b'.* remove id-x first"):
        plan(one("x", action_id="b"), actual=[there("x")], prune_subscriptions=True)
    both = plan(one("x"), one("x", action_id="b"), actual=[there("x")])
    assert {part.action_id: part.result for part in both.subscriptions} == {"a": Result.KEPT, "b": Result.CREATED}


@pytest.mark.parametrize(
    ("argument", "changes"), [("source_id", {"sourceId": "other"}), ("metadata_id", {"metadata": {"id": "x"}})]
)
def test_what_a_destination_has_for_life(argument: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{argument} is .* for life"):
        make_plan(DESCRIBED, None, actual=ACTUAL | changes)


def test_a_new_destination_needs_its_secrets() -> None:
    masked = DestinationSpec(source_id="s", metadata_id="m", name="n", settings={"apiKey": "••••"})
    with pytest.raises(ValueError, match="'apiKey' holds a bullet"):
        make_plan(masked, None, actual=None)
    with pytest.raises(ValueError, match="settings of subscription 'x': the value of 'k' holds a bullet"):
        plan(one("x", settings={"k": "•"}), actual=[])


def test_the_table_names_fields_and_hides_settings() -> None:
    table = plan_table(
        plan(
            one("new"),
            one("changed", trigger='type = "track"', settings={"token": "hunter3-hunter3"}),
            actual=[there("changed", settings={"token": "x"}), there("surplus")],
            prune_subscriptions=True,
        )
    )
    lines = [" ".join(line.split()) for line in table.splitlines()]
    assert "change destination mine enabled false true" in lines
    assert "settings['apiKey']" in lines
    assert "create subscription new (a)" in lines
    assert 'change subscription changed (a) trigger all type = "track"' in lines
    assert "settings['token']" in lines
    assert "remove subscription surplus (a)" in lines
    assert "hunter" not in table
    assert "abcd" not in table


def test_an_empty_plan() -> None:
    same = make_plan(
        DestinationSpec(source_id="s", metadata_id="m", name="mine", settings={}, enabled=False),
        None,
        actual=ACTUAL,
    )
    assert same.is_empty
    assert same.summary() == {
        "destination_id": "d",
        "created": False,
        "changed": [],
        "subscriptions": [],
        "ignored": [],
    }


@pytest.mark.parametrize(
    ("number", "count", "says"),
    [
        (0, 20, "creating subscriptions: 20 of 20 left, about 3 min at Segment's limit of 5 a minute"),
        (5, 20, "creating subscriptions: 15 of 20 left, about 2 min at Segment's limit of 5 a minute"),
        (6, 20, None),
        (0, 5, None),
    ],
)
def test_it_says_now_and_then_how_many_are_left(number: int, count: int, says: str | None) -> None:
    said = [log.message for log in apply_subscriptions._log_remaining("creating", number, count)]
    assert said == ([] if says is None else [says])
