"""Actions of filters, as users write them and as Segment may return them."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_segment.protocol.filter_arguments import check_actions, check_description, relevant_actions


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([{"type": "DROP"}], [{"type": "DROP"}]),
        (({"type": "drop"},), [{"type": "DROP"}]),
        ('[{"type": "DROP"}]', [{"type": "DROP"}]),
        ([{"type": "DROP", "percent": None, "fields": None}], [{"type": "DROP"}]),
        ([{"type": "SAMPLE", "percent": 0}], [{"type": "SAMPLE", "percent": 0}]),
        (
            [{"type": "SAMPLE", "percent": "0.25", "path": "userId"}],
            [{"type": "SAMPLE", "percent": 0.25, "path": "userId"}],
        ),
        (
            [{"type": "ALLOW_PROPERTIES", "fields": {"": ("type",), "properties": []}}],
            [{"type": "ALLOW_PROPERTIES", "fields": {"": ["type"], "properties": []}}],
        ),
        (
            [{"type": "DROP_PROPERTIES", "fields": {"a.b": ["c"]}}, {"type": "DROP"}],
            [{"type": "DROP_PROPERTIES", "fields": {"a.b": ["c"]}}, {"type": "DROP"}],
        ),
    ],
)
def test_valid_actions_are_returned(value: Any, expected: list[dict[str, Any]]) -> None:
    assert check_actions("actions", value) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "actions is of type NoneType; it must be a list of dicts"),
        ({"type": "DROP"}, "actions is of type dict; it must be a list of dicts"),
        ("drop", "actions is a string that is not JSON; it must be a list of dicts or a JSON array as a string"),
        ('"drop"', "actions is of type str; it must be a list of dicts"),
        ([], "actions is empty; it must contain at least one action"),
        (["DROP"], r"actions\[0\] is of type str; it must be a dict"),
        (
            [{}],
            r"actions\[0\]: 'type' is missing; it must be one of 'DROP', 'SAMPLE', 'DROP_PROPERTIES'",
        ),
        (
            [{"type": "DROP"}, {"type": "BLOCK"}],
            r"actions\[1\]\['type'\] is 'BLOCK'; it must be one of 'DROP', 'SAMPLE'",
        ),
        ([{"type": 1}], r"\['type'\] is 1; it must be one of"),
        ([{"type": "DROP", "fields": {"": ["a"]}}], "unknown key 'fields'; a DROP action takes 'type'$"),
        (
            [{"type": "SAMPLE", "percent": 1, "fields": {}}],
            "'fields'; a SAMPLE action takes 'type', 'percent', 'path'",
        ),
        (
            [{"type": "DROP_PROPERTIES", "fields": {"": []}, "percent": 1}],
            "unknown key 'percent'; a DROP_PROPERTIES action takes 'type', 'fields'",
        ),
        ([{"type": "SAMPLE"}], "'percent' is missing; a SAMPLE action requires it"),
        ([{"type": "ALLOW_PROPERTIES"}], "'fields' is missing; a ALLOW_PROPERTIES action requires it"),
        ([{"type": "SAMPLE", "percent": 25}], r"\['percent'\] is 25; it must be a number from 0 to 1"),
        ([{"type": "SAMPLE", "percent": -0.1}], r"\['percent'\] is -0.1; it must be a number from 0 to 1"),
        ([{"type": "SAMPLE", "percent": True}], r"\['percent'\] is True"),
        ([{"type": "SAMPLE", "percent": "a lot"}], r"\['percent'\] is 'a lot'"),
        ([{"type": "SAMPLE", "percent": float("nan")}], r"\['percent'\] is nan"),
        ([{"type": "SAMPLE", "percent": 1, "path": ""}], r"\['path'\] is empty"),
        ([{"type": "DROP_PROPERTIES", "fields": {}}], r"\['fields'\] is {}; it must be a non-empty dict that maps"),
        ([{"type": "DROP_PROPERTIES", "fields": ["email"]}], r"\['fields'\] is \['email'\]; it must be"),
        ([{"type": "DROP_PROPERTIES", "fields": {"a": "email"}}], r"\['a'\] is of type str; it must be a list of keys"),
        ([{"type": "DROP_PROPERTIES", "fields": {"a": [""]}}], r"\['a'\]\[0\] is empty"),
        ([{"type": "DROP_PROPERTIES", "fields": {"a": [1]}}], r"\['a'\]\[0\] is 1"),
        ([{"type": "DROP_PROPERTIES", "fields": {1: ["b"]}}], r"a path in .*\['fields'\] is 1"),
    ],
)
def test_invalid_actions_are_rejected(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_actions("actions", value)


def test_a_description_may_be_empty() -> None:
    assert check_description("description", "") == ""
    assert check_description("description", "x") == "x"
    with pytest.raises(ValueError, match="description is 1"):
        check_description("description", 1)


def test_keys_without_a_meaning_are_left_out_of_what_segment_returns() -> None:
    returned = [
        {"type": "DROP", "percent": 0, "path": "", "fields": {}},
        {"type": "SAMPLE", "percent": 0, "path": None, "new": 1},
        {"type": "NEW_ONE", "new": 1},
    ]

    assert relevant_actions(returned) == [
        {"type": "DROP"},
        {"type": "SAMPLE", "percent": 0},
        {"type": "NEW_ONE", "new": 1},
    ]
