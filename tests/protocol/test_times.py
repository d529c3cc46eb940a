"""Times and durations as users and templates write them."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pendulum
import pytest

from airflow_provider_segment.protocol.times import check_duration, check_time

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


TIMES: dict[str, tuple[Any, datetime]] = {
    "datetime": (NEW_YEAR, NEW_YEAR),
    "naive": (datetime(2026, 1, 1), NEW_YEAR),  # noqa: DTZ001
    "other zone": (datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), NEW_YEAR),
    "fraction": (NEW_YEAR.replace(microsecond=999_999), NEW_YEAR),
    "pendulum": (pendulum.datetime(2026, 1, 1), NEW_YEAR),
    "pendulum, other zone": (pendulum.datetime(2026, 7, 1, 2, tz="Europe/Berlin"), datetime(2026, 7, 1, tzinfo=UTC)),
    "pendulum, naive": (pendulum.naive(2026, 1, 1), NEW_YEAR),
    "template of a datetime": ("2026-01-01 00:00:00+00:00", NEW_YEAR),
    "template with a fraction": ("2026-01-01 00:00:00.123456+00:00", NEW_YEAR),
    "template ts": ("2026-01-01T00:00:00+00:00", NEW_YEAR),
    "template ts_nodash": ("20260101T000000", NEW_YEAR),
    "template ds": ("2026-01-01", NEW_YEAR),
    "zulu": (" 2026-01-01T00:00:00Z\n", NEW_YEAR),
    "text without a zone": ("2026-01-01T00:00:00", NEW_YEAR),
    "text in another zone": ("2026-01-01T02:00:00+02:00", NEW_YEAR),
}


@pytest.mark.parametrize(("value", "moment"), TIMES.values(), ids=TIMES)
def test_a_time_is_parsed(value: Any, moment: datetime) -> None:
    checked = check_time("start_time", value)

    assert checked == moment
    assert (type(checked), checked.tzinfo, checked.microsecond) == (datetime, UTC, 0)


BAD_TIMES: list[Any] = [
    None,
    "None",
    "",
    "now",
    "yesterday",
    "12:00",
    "2026-13-01",
    "2026-02-30",
    "2026-01-01T25:00:00Z",
    "PT30M",
    "2026-01-01/2026-01-02",
    "2026-01-01/P1D",
    "{{ data_interval_start }}",
    "9999-12-31T23:59:59-12:00",
    "0001-01-01T00:00:00+14:00",
    1767225600,
    17.5,
    True,
    date(2026, 1, 1),
    timedelta(hours=1),
    [NEW_YEAR],
]


@pytest.mark.parametrize("value", BAD_TIMES, ids=repr)
def test_an_invalid_time_is_rejected(value: Any) -> None:
    with pytest.raises(ValueError, match="start_time is ") as caught:
        check_time("start_time", value)

    assert repr(value) in str(caught.value)
    assert "datetime or an ISO 8601 string" in str(caught.value)


DURATIONS: dict[str, tuple[Any, timedelta]] = {
    "timedelta": (HALF_HOUR, HALF_HOUR),
    "pendulum": (pendulum.duration(minutes=30), HALF_HOUR),
    "seconds": (1800, HALF_HOUR),
    "seconds as a fraction": (1800.0, HALF_HOUR),
    "nothing": (0, timedelta(0)),
    "ISO 8601": ("PT30M", HALF_HOUR),
    "ISO 8601, days": ("P1DT2H", timedelta(hours=26)),
    "ISO 8601, weeks": ("P1W", timedelta(days=7)),
    "template of a timedelta": ("0:30:00", HALF_HOUR),
    "template of a long timedelta": ("1 day, 2:00:00", timedelta(hours=26)),
    "template of a longer timedelta": ("10 days, 0:00:30", timedelta(days=10, seconds=30)),
    "template of a number": ("1800", HALF_HOUR),
    "template of a fraction": (" 1800.0\n", HALF_HOUR),
}


@pytest.mark.parametrize(("value", "length"), DURATIONS.values(), ids=DURATIONS)
def test_a_duration_is_parsed(value: Any, length: timedelta) -> None:
    checked = check_duration("settle_time", value)

    assert checked == length
    assert type(checked) is timedelta


BAD_DURATIONS: list[Any] = [
    None,
    "None",
    "",
    "soon",
    "30 minutes",
    "0:30",
    "0:60:00",
    "-PT5M",
    "-1",
    "-1 day, 23:59:00",
    -1,
    timedelta(seconds=-1),
    math.nan,
    math.inf,
    "nan",
    "inf",
    True,
    [],
    10**400,
    "99999999999999:00:00",
    "9999999999 days, 0:00:00",
    "2026-01-01",
    "2026-01-01/P1D",
]


@pytest.mark.parametrize("value", BAD_DURATIONS, ids=lambda value: repr(value)[:40])
def test_an_invalid_duration_is_rejected(value: Any) -> None:
    with pytest.raises(ValueError, match="settle_time is "):
        check_duration("settle_time", value)
