"""Windows: properties that hold for every window at every moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from hypothesis import assume, example, given
from hypothesis import strategies as st

from airflow_provider_segment.protocol.delivery.window import (
    Window,
    check_window,
    interval_at,
)
from airflow_provider_segment.protocol.times import check_duration, check_time
from tests.protocol.property_settings import examples

T = TypeVar("T")

SECOND = timedelta(seconds=1)
MARGIN = timedelta(seconds=60)
# As Segment documents them: longest range, oldest start.
LIMITS = {
    "MINUTE": (timedelta(hours=4), timedelta(hours=48)),
    "HOUR": (timedelta(days=7), timedelta(days=7)),
    "DAY": (timedelta(days=14), timedelta(days=14)),
}
FROM_FINE_TO_COARSE = list(LIMITS)
NOW = datetime(2026, 2, 15, 12, 0, 0, 250_000, tzinfo=UTC)

moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
granularities = st.sampled_from(["auto", *LIMITS])
# Everywhere, and densely around the limits.
lengths = st.one_of(
    st.timedeltas(timedelta(0), timedelta(days=16)),
    st.builds(
        lambda limit, offset: limit + offset,
        st.sampled_from([timedelta(hours=4), timedelta(hours=48), timedelta(days=7), timedelta(days=14)]),
        st.timedeltas(timedelta(minutes=-3), timedelta(minutes=3)),
    ),
)
short = st.timedeltas(SECOND, timedelta(minutes=3))


@st.composite
def anchored(draw: st.DrawFn, now: datetime) -> Window:
    start = now - draw(lengths) + draw(st.sampled_from([timedelta(0), timedelta(days=1)]))
    end = draw(st.one_of(st.none(), lengths.map(lambda length: start + length), short.map(lambda part: start + part)))
    return checked(start_time=start, end_time=end, granularity=draw(granularities))


@st.composite
def windows(draw: st.DrawFn, now: datetime) -> Window:
    if draw(st.booleans()):
        return draw(anchored(now))
    return checked(window=draw(st.one_of(lengths, short)), granularity=draw(granularities))


def checked(**arguments: Any) -> Window:
    """Return the window; other tests cover rejected ones."""
    try:
        return check_window(**arguments)
    except ValueError:
        assume(False)
        raise


def intended_interval(window: Window, now: datetime) -> tuple[datetime, datetime]:
    """Return the interval that the user means at this moment."""
    end = now if window.end is None else min(now, window.end)
    start = window.start if window.length is None else now - window.length
    assert start is not None
    return start, end


def fits_well(granularity: str, start: datetime, end: datetime, now: datetime) -> bool:
    """Return whether the interval is inside the limits with the margin to spare."""
    longest, oldest = LIMITS[granularity]
    return end - start <= longest - SECOND and now - start <= oldest - MARGIN - SECOND


@examples(2)
@given(data=st.data(), now=moments)
def test_the_interval_requested_at_a_moment(data: st.DataObject, now: datetime) -> None:
    window = data.draw(windows(now))
    start, end = intended_interval(window, now)
    candidates = FROM_FINE_TO_COARSE if window.granularity == "auto" else [window.granularity]
    fitting = [granularity for granularity in candidates if fits_well(granularity, start, end, now)]

    try:
        interval = interval_at(window, now)
    except ValueError:
        assert not fitting
        return
    if interval is None:
        assert end - start < SECOND
        return

    longest, oldest = LIMITS[interval.granularity]
    assert interval.granularity in candidates
    assert interval.start < interval.end <= now
    for moment in (interval.start, interval.end):
        assert (moment.tzinfo, moment.microsecond) == (UTC, 0)
    # Inside the limits, because the server's clock may be ahead and the request takes a moment.
    assert interval.end - interval.start < longest
    assert now - interval.start <= oldest - MARGIN + SECOND
    assert start - SECOND < interval.start <= start + MARGIN
    assert end - SECOND < interval.end <= end
    if fitting:
        assert candidates.index(interval.granularity) <= candidates.index(fitting[0])


@examples()
@given(data=st.data(), now=moments, delays=st.lists(lengths, min_size=2, max_size=8))
def test_the_granularity_of_an_anchored_window_only_gets_coarser(
    data: st.DataObject, now: datetime, delays: list[timedelta]
) -> None:
    window = data.draw(anchored(now))
    order = ["nothing yet", *FROM_FINE_TO_COARSE, "not covered"]
    seen = []
    for delay in sorted(delays):
        try:
            interval = interval_at(window, now + delay)
        except ValueError:
            seen.append("not covered")
        else:
            seen.append("nothing yet" if interval is None else interval.granularity)

    assert seen == sorted(seen, key=order.index)


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
        assert abs(check_time("start_time", string) - expected) < SECOND
