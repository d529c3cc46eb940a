"""What differs, by object and field: messages, and what a new object gets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from msgspec import structs

from airflow_provider_segment.protocol.provisioning.diff_report import differences, differences_text
from airflow_provider_segment.protocol.provisioning.filter_plan import plan_filters
from airflow_provider_segment.protocol.provisioning.filter_spec import FilterSpec
from airflow_provider_segment.protocol.provisioning.plan import Plan, make_plan
from airflow_provider_segment.protocol.provisioning.plan_table import plan_table
from tests.protocol.provisioning.samples import ACTUAL, DESCRIBED, existing, one


def plan(*described: Any, actual: Any = ACTUAL, present: Any = (), **options: Any) -> Plan:
    return make_plan(DESCRIBED, described or None, actual=actual, actual_subscriptions=present, **options)


def test_a_removal_and_a_missing_filter_are_places() -> None:
    made = plan(one("kept"), present=[existing("kept"), existing("surplus")], prune_subscriptions=True)
    filters = plan_filters([FilterSpec(title="No emails", condition="all", actions=[{"type": "DROP"}])], [])

    assert differences_text(replace(made, filters=filters)) == (
        "destination 'mine' (d) differs from its description in 4 places: enabled is false, expected true;"
        " settings['apiKey'] differs; subscription 'surplus' (id-surplus) is not described;"
        " filter 'No emails' is missing"
    )


def test_a_single_place_is_singular_and_a_null_is_empty() -> None:
    unnamed = make_plan(structs.replace(DESCRIBED, settings={}, enabled=None), None, actual=ACTUAL | {"name": None})

    assert differences_text(unnamed) == (
        "destination 'mine' (d) differs from its description in 1 place: name is empty, expected 'mine'"
    )


def test_many_places_and_long_values_are_cut() -> None:
    many = [one(f"s{number:02}", trigger="x" * 500) for number in range(12)]
    present = [existing(f"s{number:02}") for number in range(12)]

    text = differences_text(plan(*many, present=present))

    assert "in 14 places: " in text
    assert text.endswith(f"subscription 's07' (id-s07): trigger is 'all', expected '{'x' * 79}…'; and 4 more")


def test_what_a_new_object_gets_is_in_the_table_and_in_the_differences() -> None:
    synced = one("synced", model_id="m", settings={"token": "hunter3", "gone": None}, enabled=False)
    made = plan(synced, actual=None)

    lines = [" ".join(line.split()) for line in plan_table(made).splitlines()]
    assert lines == [
        "action object field before after",
        lines[1],
        "create destination 'mine' source_id s",
        "metadata_id m",
        "enabled true",
        "settings['apiKey'] (not shown)",
        "create subscription 'synced' (a) action_id a",
        "trigger all",
        "model_id m",
        "enabled false",
        "settings['token'] (not shown)",
    ]
    found = differences(made, written=False)
    assert [one["result"] for one in found] == ["would create", "would create"]
    assert [change["field"] for change in found[1]["fields"]] == [
        *("action_id", "trigger", "model_id", "enabled", "settings['token']")
    ]
    assert "hunter" not in repr(found)
