"""Conditions: syntax, meaning, and which are rejected."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_segment.protocol.api.delivery_metrics import DeliveryMetrics, flatten
from airflow_provider_segment.protocol.delivery.condition import Condition, check_conditions
from tests.protocol.property_settings import examples

COUNTS = (
    "successes",
    "successes_on_first_attempt",
    "successes_after_retry",
    "expired",
    "discarded",
    "retried",
    "attempted",
    "failures",
)
RATES = ("success_rate", "failure_rate", "discard_rate", "expiry_rate")
TIMES = (
    "time_to_success_average",
    "time_to_success_p95",
    "time_to_first_attempt_average",
    "time_to_first_attempt_p95",
)
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


def metrics_with(name: str, value: float | None) -> DeliveryMetrics:
    return cast("DeliveryMetrics", {**flatten({"metrics": []}), name: value})


VALID: dict[str, tuple[str, float]] = {
    "successes >= 1": ("successes", 1),
    "successes>=1": ("successes", 1),
    "  successes\t>=\n1  ": ("successes", 1),
    "success_rate >= 0.99": ("success_rate", 0.99),
    "success_rate == 1": ("success_rate", 1),
    "success_rate <= 1.0": ("success_rate", 1),
    "failure_rate > 0": ("failure_rate", 0),
    "failure_rate != .5": ("failure_rate", 0.5),
    "expired == 0": ("expired", 0),
    "discarded <= 1e3": ("discarded", 1000),
    "retried < 1E+2": ("retried", 100),
    "attempted != 2.5": ("attempted", 2.5),
    "failures < 0.5": ("failures", 0.5),
    "time_to_success_p95 < 12.5": ("time_to_success_p95", 12.5),
    "time_to_success_average == 0.5": ("time_to_success_average", 0.5),
    "successes >= +7": ("successes", 7),
    "successes >= 7.": ("successes", 7),
    "successes >= -0": ("successes", 0),
    "successes >= 12345678": ("successes", 12_345_678),
}


@pytest.mark.parametrize(("condition", "parts"), VALID.items(), ids=map(repr, VALID))
def test_a_valid_condition_is_parsed(condition: str, parts: tuple[str, float]) -> None:
    (parsed,) = check_conditions("success_when", condition)

    assert (parsed.name, parsed.number) == parts
    assert parsed.op in condition


@pytest.mark.parametrize("name", [*COUNTS, *RATES, *TIMES])
@pytest.mark.parametrize("op", OPERATORS)
def test_every_metric_takes_every_operator(name: str, op: str) -> None:
    number = 0.5 if name in RATES else 7

    assert check_conditions("x", f"{name} {op} {number}") == (Condition(name, op, number),)


MALFORMED = [
    "",
    " ",
    "successes",
    "successes >=",
    ">= 1",
    "successes = 1",
    "successes => 1",
    "successes =< 1",
    "successes <> 1",
    "successes > = 1",
    "successes >> 1",
    "1 <= successes",
    "successes >= 1 and expired == 0",
    "successes >= 1; expired == 0",
    "0 < successes < 5",
    "successes >= one",
    "successes >= 1%",
    "successes >= 1,000",
    "successes >= 1_000",
    "successes >= 1 000",
    "successes >= 0x10",
    "successes >= nan",
    "successes >= inf",
    "successes >= .",
    "successes >= 1e",
    "successes >= 1e9999",
    "successes >= --1",
    "successes >= ١",
    "success-rate >= 1",
    "success rate >= 1",
    "{{ params.condition }}",
    "None",
]
UNKNOWN = ["sucesses > 1", "Successes > 1", "time_to_success > 1", "delivered >= 1", "_ > 1"]
IMPOSSIBLE = {
    "success_rate >= 1.01": "between 0 and 1",
    "success_rate >= 99": "between 0 and 1",
    "failure_rate < 5": "between 0 and 1",
    "success_rate == 1.5": "between 0 and 1",
    "success_rate > 1": "never above 1",
    "failure_rate > 1.0": "never above 1",
    "failure_rate < 0": "never below 0",
    "failure_rate >= -0.1": "never negative",
    "successes > -1": "never negative",
    "successes == -1": "never negative",
    "expired < 0": "never below 0",
    "discarded < 0.0": "never below 0",
    "attempted == 0.5": "whole number",
    "successes >= 1e999": "too large",
    "time_to_success_p95 < 0": "never below 0",
    "time_to_success_p95 > -1": "never negative",
}


@pytest.mark.parametrize("condition", MALFORMED, ids=repr)
def test_a_malformed_condition_is_rejected(condition: str) -> None:
    with pytest.raises(ValueError, match="fail_when: ") as caught:
        check_conditions("fail_when", condition)

    assert repr(condition) in str(caught.value)
    assert "'<name> <op> <number>'" in str(caught.value)
    for op in OPERATORS:
        assert op in str(caught.value)


@pytest.mark.parametrize("condition", UNKNOWN, ids=repr)
def test_an_unknown_metric_is_rejected(condition: str) -> None:
    with pytest.raises(ValueError, match=r"fail_when: unknown metric '\w+' in ") as caught:
        check_conditions("fail_when", condition)

    assert repr(condition) in str(caught.value)


def test_an_unknown_metric_names_the_nearest_known_one_or_all() -> None:
    with pytest.raises(
        ValueError, match=r"unknown metric 'sucess_rate' in 'sucess_rate > 0'; did you mean 'success_rate'\?$"
    ):
        check_conditions("success_when", "sucess_rate > 0")
    with pytest.raises(ValueError, match="unknown metric 'x' in 'x > 0'; use one of ") as caught:
        check_conditions("success_when", "x > 0")
    for name in (*COUNTS, *RATES, *TIMES):
        assert name in str(caught.value)


@pytest.mark.parametrize(("condition", "reason"), IMPOSSIBLE.items(), ids=map(repr, IMPOSSIBLE))
def test_a_condition_that_can_never_hold_is_rejected(condition: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"success_when: .* can never hold: .*{reason}") as caught:
        check_conditions("success_when", condition)

    assert repr(condition) in str(caught.value)


ONE = Condition("successes", ">=", 1)
OTHER = Condition("expired", "==", 0)


@pytest.mark.parametrize(
    ("value", "conditions"),
    [
        ("successes >= 1", (ONE,)),
        (["successes >= 1"], (ONE,)),
        (("expired == 0", "successes >= 1"), (OTHER, ONE)),
        ([], ()),
        ((), ()),
    ],
    ids=repr,
)
def test_one_condition_or_several_are_accepted(value: Any, conditions: tuple[Condition, ...]) -> None:
    assert check_conditions("success_when", value) == conditions


@pytest.mark.parametrize("value", [None, 7, True, {"successes >= 1"}, {"successes": 1}, iter(["successes >= 1"])])
def test_anything_but_a_condition_or_a_sequence_is_rejected(value: Any) -> None:
    with pytest.raises(
        ValueError, match=rf"success_when is of type {type(value).__name__}; it must be a condition or a seq"
    ):
        check_conditions("success_when", value)


@pytest.mark.parametrize("value", [[None], [7], [["successes >= 1"]], [ONE], b"successes >= 1"], ids=repr)
def test_an_entry_that_is_not_a_string_is_rejected(value: Any) -> None:
    with pytest.raises(ValueError, match=r"success_when: .* is not a condition"):
        check_conditions("success_when", value)


@pytest.mark.parametrize("value", [[], ()], ids=repr)
def test_too_few_conditions_are_rejected(value: Any) -> None:
    with pytest.raises(ValueError, match="success_when is empty; it needs at least 1 condition"):
        check_conditions("success_when", value, at_least=1)


def test_one_invalid_entry_rejects_the_sequence() -> None:
    with pytest.raises(ValueError, match="'expired'"):
        check_conditions("success_when", ["successes >= 1", "expired"])


whole = st.integers(0, 10**15).map(float)
conditions = st.one_of(
    st.builds(Condition, st.sampled_from(COUNTS), st.sampled_from([">", ">=", "<=", "==", "!="]), whole),
    st.builds(Condition, st.sampled_from(RATES), st.sampled_from(["<=", ">=", "=="]), st.floats(0, 1)),
    st.builds(
        Condition,
        st.sampled_from(TIMES),
        st.sampled_from(["<", "<=", ">"]),
        st.floats(0, exclude_min=True, allow_infinity=False),
    ),
)


@examples(2)
@given(conditions)
def test_a_formatted_condition_parses_to_itself(condition: Condition) -> None:
    assert check_conditions("x", str(condition)) == (condition,)


@pytest.mark.parametrize(
    "condition", ["success_rate >= 0.99", "successes >= 1000000", "expired == 0", "retried <= 1234567"]
)
def test_a_condition_is_formatted_as_it_was_written(condition: str) -> None:
    assert str(check_conditions("x", condition)[0]) == condition


@examples(2)
@given(
    name=st.sampled_from([*COUNTS, *RATES, *TIMES]),
    op=st.sampled_from(sorted(OPERATORS)),
    number=st.floats(0, 10),
    value=st.one_of(st.floats(0, 10), st.integers(0, 10)),
    same=st.booleans(),
)
def test_evaluation_agrees_with_pythons_operators(name: str, op: str, number: float, value: float, same: bool) -> None:
    value = number if same else value

    assert Condition(name, op, number).holds(metrics_with(name, value)) is OPERATORS[op](value, number)


@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize("name", [*RATES, *TIMES])
def test_a_metric_without_a_value_meets_no_condition(name: str, op: str) -> None:
    assert not Condition(name, op, 0.5).holds(metrics_with(name, None))
