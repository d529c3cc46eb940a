"""Times and durations: properties that hold for every string."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from hypothesis import assume, example, given
from hypothesis import strategies as st

from airflow_provider_segment.protocol.times import check_duration, check_time
from tests.protocol.property_settings import examples

T = TypeVar("T")

words = st.one_of(
    st.text(max_size=30),
    st.from_regex(r"\A-?(\d{1,12} days?, )?\d{1,14}:\d\d:\d\d(\.\d+)?\Z", fullmatch=True),
    st.from_regex(r"\AP(\d{1,3}[YMWD]){0,3}(T(\d{1,20}[HMS]){0,3})?\Z", fullmatch=True),
    st.from_regex(r"\A\d{4}-?\d\d-?\d\d([T ]\d\d:?\d\d(:?\d\d)?)?(Z|[+-]\d\d:\d\d)?(/P1D)?\Z", fullmatch=True),
    st.floats().map(str),
    st.sampled_from(["now", "None", "2026-01-01/P1D", "2026-W05-3", "2026-366"]),
)


def result_of(check: Callable[[str, Any], T], argument: str, string: str) -> T | ValueError:
    try:
        return check(argument, string)
    except ValueError as error:
        return error


@examples(0.4)
@given(words)
@example("99999999999999:00:00")
@example("2026-01-01/P1D")
def test_any_string_is_a_duration_or_an_error_naming_the_argument(string: str) -> None:
    result = result_of(check_duration, "settle_time", string)

    if isinstance(result, ValueError):
        assert str(result).startswith("settle_time is ")
    else:
        assert type(result) is timedelta
        assert result >= timedelta(0)


@examples(0.4)
@given(words)
@example("9999-12-31T23:59:59-12:00")
@example("2026-01-01/P1D")
def test_any_string_is_a_datetime_or_an_error_naming_the_argument(string: str) -> None:
    result = result_of(check_time, "start_time", string)

    if isinstance(result, ValueError):
        assert str(result).startswith("start_time is ")
    else:
        assert (type(result), result.tzinfo, result.microsecond) == (datetime, UTC, 0)


@examples(0.4)
@given(
    length=st.timedeltas(timedelta(0), timedelta(days=10_000)).map(
        lambda length: timedelta(seconds=round(length.total_seconds()))
    )
)
def test_a_timedelta_survives_a_template(length: timedelta) -> None:
    assert check_duration("window", str(length)) == length
    assert check_duration("window", str(length.total_seconds())) == length


@examples(0.4)
@given(moment=st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_a_datetime_survives_a_template(moment: datetime) -> None:
    expected = moment.astimezone(UTC)
    assume(moment.utcoffset() == timedelta(minutes=round((moment.utcoffset() or timedelta(0)) / timedelta(minutes=1))))

    for string in (str(moment), moment.isoformat()):
        assert abs(check_time("start_time", string) - expected) < timedelta(seconds=1)
