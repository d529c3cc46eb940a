"""Descriptions of filters: their validation, what matches them, the plan, and checks by sample events."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from airflow_provider_segment.protocol.api.objects import Filter
from airflow_provider_segment.protocol.errors import (
    SegmentFilterCheckError,
    SegmentInvalidRequestError,
    SegmentNotFoundError,
    SegmentPruneLimitError,
    SegmentSeveralMatchesError,
)
from airflow_provider_segment.protocol.provisioning.filter_checks import event_differences, run_filter_checks
from airflow_provider_segment.protocol.provisioning.filter_matching import match_filters
from airflow_provider_segment.protocol.provisioning.filter_plan import FilterStep, plan_filters
from airflow_provider_segment.protocol.provisioning.filter_spec import FilterSpec, check_filters
from tests.protocol.driver import ScriptedDriver
from tests.protocol.samples import TERMS, done, refusal

DROP: list[dict[str, Any]] = [{"type": "DROP"}]
TRACK = "type = 'track'"


def spec(title: str = "A", condition: str = "all", **changes: Any) -> FilterSpec:
    return structs.replace(FilterSpec(title=title, condition=condition, actions=DROP), **changes)


def actual(id: str, title: str = "A", condition: str = "all", **changes: Any) -> Filter:
    record: Any = {"sourceId": "s", "destinationId": "d", "actions": DROP, "enabled": True}
    found: Filter = {"id": id, "title": title, "if": condition} | record | changes
    return found


def ids(matches: list[Filter | None]) -> list[str | None]:
    return [None if match is None else match["id"] for match in matches]


def entry(**changes: Any) -> dict[str, Any]:
    return {"title": "A", "condition": "all", "actions": DROP} | changes


def test_all_keys_of_a_description_are_read() -> None:
    checks = [{"payload": {"a": 1}, "result": None}, {"payload": {"b": 1}, "result": {"b": 1}}]
    keys = {"enabled": "false", "description": "", "id": "f", "previous_title": "B", "checks": checks}

    (found,) = check_filters("filters", [entry(**keys)])

    assert (found.enabled, found.description, found.id, found.previous_title) == (False, "", "f", "B")
    assert [(check.payload, check.result) for check in found.checks] == [({"a": 1}, None), ({"b": 1}, {"b": 1})]
    least = entry(enabled=None, description=None, id=None, previous_title=None, checks=None)
    assert check_filters("filters", [least, entry()]) == (spec(), spec())
    assert check_filters("filters", '[{"title": "A", "condition": "all", "actions": [{"type": "drop"}]}]') == (spec(),)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "filters is of type dict; it must be a list of dicts"),
        ("{", "filters is a string that is not JSON"),
        (["A"], r"filters\[0\] is of type str; it must be a dict"),
        ([entry(), entry(name="x")], r"filters\[1\]: unknown key 'name'; allowed keys: title, condition, actions"),
        ([{"title": "A", "actions": DROP}], r"filters\[0\]: 'condition' is missing; required keys: title, condition"),
        ([entry(title="")], r"filters\[0\]\['title'\] is empty"),
        ([entry(actions=[{"type": "BLOCK"}])], r"filters\[0\]\['actions'\]\[0\]\['type'\] is 'BLOCK'"),
        ([entry(id="x"), entry(id="x")], r"filters\[0\]: duplicate id 'x'; describe each filter only once"),
        ([entry(checks=[{"payload": {}}])], r"\['checks'\]\[0\]: 'result' is missing; pass the expected event"),
        ([entry(checks=[{"result": {}}])], r"\['checks'\]\[0\]: 'payload' is missing"),
        ([entry(checks=[{"payload": [], "result": None}])], r"\['payload'\] is of type list; it must be a dict"),
    ],
)
def test_an_invalid_description_is_rejected(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_filters("filters", value)


@pytest.mark.parametrize(
    ("specs", "existing", "expected"),
    [
        ([spec()], [], [None]),
        ([spec()], [actual("1", "B")], [None]),
        ([spec()], [actual("1", condition=TRACK)], ["1"]),
        ([spec("New", id="1")], [actual("1", "Old"), actual("2", "New")], ["1"]),
        ([spec("New", previous_title="A")], [actual("1")], ["1"]),
        ([spec("New", previous_title="A")], [actual("1"), actual("2", "New")], ["2"]),
        ([spec(condition=TRACK), spec()], [actual("1"), actual("2", condition=TRACK)], ["2", "1"]),
        ([spec(), spec(condition="x")], [actual("1", condition=TRACK), actual("2")], ["2", "1"]),
        ([spec(), spec()], [actual("1"), actual("2")], ["1", "2"]),
        ([spec(), spec()], [actual("1")], ["1", None]),
        ([spec(enabled=True), spec(enabled=False)], [actual("1", enabled=False), actual("2")], ["2", "1"]),
        ([spec(condition=TRACK)], [actual("1"), actual("2", condition=TRACK)], ["2"]),
    ],
)
def test_a_described_filter_is_matched_with_the_existing_one(
    specs: list[FilterSpec], existing: list[Filter], expected: list[str | None]
) -> None:
    assert ids(match_filters(specs, existing)) == expected


@pytest.mark.parametrize(
    ("specs", "existing"),
    [
        ([spec()], [actual("1"), actual("2")]),
        ([spec()], [actual("1"), actual("2", enabled=False)]),
        ([spec(condition="x")], [actual("1"), actual("2", condition=TRACK)]),
        ([spec("New", previous_title="A")], [actual("1"), actual("2")]),
    ],
)
def test_several_that_match_equally_are_an_error(specs: list[FilterSpec], existing: list[Filter]) -> None:
    with pytest.raises(SegmentSeveralMatchesError, match="select one by its id") as caught:
        match_filters(specs, existing)

    assert caught.value.ids == ("1", "2")


def test_a_described_id_must_exist() -> None:
    with pytest.raises(SegmentNotFoundError, match="filter 'A': the destination has no filter with the id x"):
        match_filters([spec(id="x")], [actual("1")])


def test_filters_are_created_first_and_removed_last() -> None:
    specs = [
        spec("keep"),
        spec("disable", enabled=False),
        spec("change", TRACK),
        spec("enable", TRACK, enabled=True),
        spec("create"),
    ]
    existing = [actual(title, title) for title in ("keep", "disable", "change", "remove")]
    existing.append(actual("enable", "enable", enabled=False))

    plans = plan_filters(specs, existing, prune=True)

    assert [(plan.title, plan.step) for plan in plans] == [(step.value, step) for step in FilterStep]
    assert plans[1].diff.changes == {"condition": TRACK, "enabled": True}  # in one request
    assert [plan.step.result for plan in plans] == ["created", "changed", "changed", "kept", "changed", "removed"]


def test_without_prune_others_stay_and_prune_has_a_limit() -> None:
    existing = [actual("1", "B"), actual("2", "C")]

    assert plan_filters(None, existing, prune=True) == ()
    assert [plan.step for plan in plan_filters([spec()], existing)] == [FilterStep.CREATE]
    with pytest.raises(
        SegmentPruneLimitError,
        match=r"2 filters are not described and would be removed \(1, 2\), but max_prune_filters is 1",
    ):
        plan_filters([spec()], existing, prune=True, max_prune=1)


def test_changing_one_of_several_that_are_alike_needs_its_id() -> None:
    existing = [actual("1"), actual("2")]

    assert [plan.step for plan in plan_filters([spec(), spec()], existing)] == [FilterStep.KEEP] * 2
    with pytest.raises(SegmentSeveralMatchesError) as caught:
        plan_filters([spec(), spec(condition=TRACK)], existing)
    assert caught.value.ids == ("1", "2")
    changed, kept = plan_filters([spec(), spec(condition=TRACK, id="2")], existing)
    assert (changed.id, changed.step, kept.id, kept.step) == ("2", FilterStep.CHANGE, "1", FilterStep.KEEP)


CHECKED = check_filters(
    "filters",
    [entry(checks=[{"payload": {"a": 1}, "result": None}, {"payload": {"a": 2}, "result": {"b": {"c": [1, True]}}}])],
)


def preview(result: Any) -> Any:
    return done({"inputPayload": {}, "result": result})


def test_checks_that_hold_pass_and_are_counted() -> None:
    driver = ScriptedDriver([preview(None), preview({"b": {"c": [1, True]}})])

    driver.run(run_filter_checks(TERMS, [*CHECKED, spec()]))

    assert [request.path for request in driver.requests] == ["/destination/filters/preview"] * 2
    assert driver.log_text == "filter checks passed: 2"


def test_a_check_that_does_not_hold_shows_the_difference() -> None:
    driver = ScriptedDriver([preview(None), preview({"b": {"c": [1, 1]}, "email": "x" * 200})])

    with pytest.raises(SegmentFilterCheckError) as caught:
        driver.run(run_filter_checks(TERMS, CHECKED))

    message = str(caught.value)
    assert message.startswith("filter 'A', checks[1]: b.c[1] is 1, expected true; email is \"xxx")
    assert message.endswith("x…, expected absent. Nothing was written")


def test_a_refused_preview_names_the_filter() -> None:
    driver = ScriptedDriver([refusal(422, {"type": "x", "message": "bad FQL"})])

    with pytest.raises(SegmentInvalidRequestError, match=r"bad FQL; while previewing filter 'A', checks\[0\]"):
        driver.run(run_filter_checks(TERMS, CHECKED))


@pytest.mark.parametrize(
    ("expected", "found", "shown"),
    [
        (None, None, []),
        (None, {"a": 1}, ['the event is {"a": 1}, expected dropped']),
        ({"a": 1}, None, ['the event is dropped, expected {"a": 1}']),
        ({"a": None}, {}, ["a is absent, expected null"]),
        ({"a": [1]}, {"a": [1, 2]}, ["a is [1, 2], expected [1]"]),
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, ["a is true, expected 1"]),
        ({"a": {"b": 1}}, {"a": {"b": 2}, "d": 1}, ["a.b is 2, expected 1", "d is 1, expected absent"]),
    ],
)
def test_each_difference_is_shown_with_its_path(expected: Any, found: Any, shown: list[str]) -> None:
    assert list(event_differences("", expected, found)) == shown
