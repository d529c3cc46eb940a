"""The progress of an apply that was stopped: its summary is the same as without a stop."""

from __future__ import annotations

from typing import Any

from airflow_provider_segment.protocol.provisioning.plan import DestinationPlan, Plan, Result
from airflow_provider_segment.protocol.provisioning.progress import ApplyProgress
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec
from airflow_provider_segment.protocol.provisioning.summary import ApplySummary


def summary(*entries: tuple[str | None, str]) -> ApplySummary:
    subscriptions: list[Any] = [
        {"name": "Orders", "id": one, "action_id": "a", "result": result} for one, result in entries
    ]
    differences: list[Any] = [
        {"object": "subscription", "name": "Orders", "id": one, "result": result, "fields": []}
        for one, result in entries
        if result != "kept"
    ]
    return ApplySummary(
        destination_id="d",
        differs=bool(differences),
        created=False,
        changed=[],
        subscriptions=subscriptions,
        filters=[],
        differences=differences,
        ignored=[],
    )


def merged(first: ApplySummary, last: ApplySummary) -> ApplySummary:
    places = tuple(range(len(first["subscriptions"])))
    spec = DestinationSpec(source_id="s", metadata_id="m", name="mine", settings={})
    plan = Plan(destination=DestinationPlan(Result.KEPT, spec), places=places)
    return ApplyProgress(first=first, order=list(places)).summary(last, plan)


def test_equal_names_that_are_matched_differently_after_a_stop_keep_their_ids_apart() -> None:
    """One was created and one renamed; the last plan may match either description to either of them."""
    first = summary((None, "created"), ("old", "changed"))
    for last in (summary(("new", "kept"), ("old", "kept")), summary(("old", "kept"), ("new", "changed"))):
        result = merged(first, last)
        assert [one["id"] for one in result["subscriptions"]] == ["new", "old"]
        assert [one["result"] for one in result["subscriptions"]] == ["created", "changed"]
        assert [one["id"] for one in result["differences"]] == ["new", "old"]


def test_several_matched_in_turn_keep_their_ids_apart() -> None:
    first = summary((None, "created"), ("one", "changed"), ("two", "kept"))
    last = summary(("one", "kept"), ("two", "changed"), ("new", "kept"))
    assert [one["id"] for one in merged(first, last)["subscriptions"]] == ["new", "one", "two"]


def test_one_that_was_deleted_meanwhile_gets_the_id_of_the_one_created_instead() -> None:
    result = merged(summary(("gone", "changed")), summary(("new", "created")))
    assert [one["id"] for one in result["subscriptions"]] == ["new"]
