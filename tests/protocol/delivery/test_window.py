"""Windows: what users may pass, and the interval requested at a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from airflow_provider_segment.protocol.api.granularity import Interval, check_granularity
from airflow_provider_segment.protocol.delivery.window import (
    Window,
    check_granularity_or_auto,
    check_window,
    interval_at,
)
from airflow_provider_segment.protocol.times import format_utc

NOW = datetime(2026, 2, 15, 12, 0, 0, tzinfo=UTC)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
NOON = NEW_YEAR + timedelta(hours=12)


def ago(**length: float) -> datetime:
    return NOW - timedelta(**length)


@pytest.mark.parametrize("value", ["MINUTE", "HOUR", "DAY"])
def test_known_granularities_are_accepted(value: str) -> None:
    assert check_granularity("granularity", value) == check_granularity_or_auto("granularity", value) == value
    assert check_granularity_or_auto("granularity", "auto") == "auto"


@pytest.mark.parametrize("value", ["minute", "WEEK", "AUTO", "", None, 1], ids=repr)
def test_an_unknown_granularity_is_rejected(value: Any) -> None:
    with pytest.raises(ValueError, match=r"granularity is .* 'auto', 'MINUTE', 'HOUR', 'DAY'") as caught:
        check_granularity_or_auto("granularity", value)
    assert repr(value) in str(caught.value)


WINDOWS: dict[str, tuple[dict[str, Any], Window]] = {
    "sliding": ({"window": "PT30M"}, Window(length=HALF_HOUR)),
    "sliding, longest": ({"window": timedelta(days=14)}, Window(length=timedelta(days=14))),
    "sliding, longest minutes": (
        {"window": "PT4H", "granularity": "MINUTE"},
        Window(length=timedelta(hours=4), granularity="MINUTE"),
    ),
    "anchored": ({"start_time": "2026-01-01"}, Window(start=NEW_YEAR)),
    "with an end": ({"start_time": NEW_YEAR, "end_time": "2026-01-01T12:00Z"}, Window(start=NEW_YEAR, end=NOON)),
    "length and end": ({"window": "PT12H", "end_time": NOON}, Window(start=NEW_YEAR, end=NOON)),
}


@pytest.mark.parametrize(("given", "window"), WINDOWS.values(), ids=WINDOWS)
def test_a_valid_window_is_parsed(given: dict[str, Any], window: Window) -> None:
    assert check_window(**given) == window


BAD_WINDOWS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "neither": ({}, ("exactly one of window and start_time", "neither")),
    "end alone": ({"end_time": NOON}, ("exactly one of window and start_time", "neither")),
    "both": ({"window": 60, "start_time": NEW_YEAR}, ("exactly one of window and start_time", "both")),
    "end before start": (
        {"start_time": NOON, "end_time": NEW_YEAR},
        ("end_time is 2026-01-01T00:00:00Z", "after start_time, 2026-01-01T12:00:00Z"),
    ),
    "end at start": (
        {"start_time": NOON, "end_time": NOON},
        (
            "end_time is 2026-01-01T12:00:00Z, the same as start_time",
            "CronDataIntervalTimetable",
            "window and end_time",
        ),
    ),
    "end too early for the length": (
        {"window": "P1D", "end_time": "0001-01-01T00:00:00Z"},
        ("end_time is 0001-01-01", "no date 1 day"),
    ),
    "empty": ({"window": 0}, ("window is 0:00:00", "at least one second")),
    "too long": ({"window": timedelta(days=14, seconds=1)}, ("window is 14 days, 0:00:01", "auto", "14 days")),
    "too long for days": ({"window": "P15D", "granularity": "DAY"}, ("window is 15 days", "DAY", "14 days")),
    "too long for hours": ({"window": "P8D", "granularity": "HOUR"}, ("window is 8 days", "HOUR", "7 days")),
    "too long for minutes": ({"window": "PT5H", "granularity": "MINUTE"}, ("window is 5:00", "MINUTE", "4 hours")),
    "anchored too long": ({"start_time": NEW_YEAR, "end_time": NEW_YEAR + timedelta(days=15)}, ("end_time", "14 days")),
    "anchored too long for minutes": (
        {"start_time": NEW_YEAR, "end_time": NOON, "granularity": "MINUTE"},
        ("end_time", "MINUTE", "4 hours"),
    ),
    "anchored too long for hours": (
        {"start_time": NEW_YEAR, "end_time": NEW_YEAR + timedelta(days=8), "granularity": "HOUR"},
        ("end_time", "HOUR", "7 days"),
    ),
    "granularity": ({"window": 60, "granularity": "minute"}, ("granularity is 'minute'", "'MINUTE'")),
    "window": ({"window": "None"}, ("window is 'None'", "timedelta")),
    "start": ({"start_time": "None"}, ("start_time is 'None'", "ISO 8601")),
    "end": ({"start_time": NEW_YEAR, "end_time": "None"}, ("end_time is 'None'", "ISO 8601")),
}


@pytest.mark.parametrize(("given", "words"), BAD_WINDOWS.values(), ids=BAD_WINDOWS)
def test_an_invalid_window_is_rejected(given: dict[str, Any], words: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"window|start_time|end_time|granularity") as caught:
        check_window(**given)

    for word in words:
        assert word in str(caught.value)


def test_utc_text_is_in_utc_and_whole_seconds() -> None:
    assert format_utc(datetime(2026, 1, 1, 2, 0, 0, 999_999, timezone(timedelta(hours=2)))) == "2026-01-01T00:00:00Z"


INTERVALS: dict[str, tuple[dict[str, Any], Interval | None]] = {
    "sliding": ({"window": 1800}, Interval(ago(minutes=30), NOW, "MINUTE")),
    "sliding, hours": ({"window": "PT5H"}, Interval(ago(hours=5), NOW, "HOUR")),
    "sliding, days": ({"window": "P8D"}, Interval(ago(days=8), NOW, "DAY")),
    "sliding, chosen granularity": ({"window": 1800, "granularity": "DAY"}, Interval(ago(minutes=30), NOW, "DAY")),
    "sliding, at the limits of minutes": ({"window": "PT4H"}, Interval(ago(hours=4, seconds=-1), NOW, "MINUTE")),
    "sliding, at the limits of hours": ({"window": "P7D"}, Interval(ago(days=7, seconds=-60), NOW, "HOUR")),
    "sliding, at the limits of days": ({"window": "P14D"}, Interval(ago(days=14, seconds=-60), NOW, "DAY")),
    "growing": ({"start_time": ago(hours=3)}, Interval(ago(hours=3), NOW, "MINUTE")),
    "grown": ({"start_time": ago(hours=5)}, Interval(ago(hours=5), NOW, "HOUR")),
    "ended": (
        {"start_time": ago(hours=9), "end_time": ago(hours=8)},
        Interval(ago(hours=9), ago(hours=8), "MINUTE"),
    ),
    "ended days ago": (
        {"start_time": ago(days=3), "end_time": ago(days=2.9)},
        Interval(ago(days=3), ago(days=2.9), "HOUR"),
    ),
    "not ended yet": (
        {"start_time": ago(hours=1), "end_time": ago(hours=-1)},
        Interval(ago(hours=1), NOW, "MINUTE"),
    ),
    "just begun": ({"start_time": ago(seconds=1)}, Interval(ago(seconds=1), NOW, "MINUTE")),
    "begins now": ({"start_time": NOW}, None),
    "begins later": ({"start_time": ago(hours=-1), "end_time": ago(hours=-2)}, None),
}


@pytest.mark.parametrize(("given", "interval"), INTERVALS.values(), ids=INTERVALS)
def test_the_interval_requested_at_a_moment(given: dict[str, Any], interval: Interval | None) -> None:
    assert interval_at(check_window(**given), NOW) == interval


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"start_time": ago(days=15)}, ("start_time", "DAY", "14 days", "there is no coarser one")),
        ({"start_time": ago(days=20), "end_time": ago(days=19)}, ("start_time", "DAY", "14 days")),
        ({"start_time": ago(hours=5), "granularity": "MINUTE"}, ("start_time", "MINUTE", "4 hours", "a coarser one")),
        (
            {"start_time": ago(hours=50), "end_time": ago(hours=49), "granularity": "MINUTE"},
            ("start_time", "MINUTE", "48 hours", "a coarser one"),
        ),
    ],
    ids=["grown too long", "too old", "too long for it", "too old for it"],
)
def test_a_window_that_no_granularity_covers_is_an_error(given: dict[str, Any], words: tuple[str, ...]) -> None:
    window = check_window(**given)

    with pytest.raises(ValueError, match="is not covered") as caught:
        interval_at(window, NOW)
    for word in words:
        assert word in str(caught.value)


def test_a_short_window_at_the_age_limit_gets_a_coarser_granularity() -> None:
    """Keeping its start inside the limit of MINUTE would leave nothing of it."""
    window = check_window(start_time=ago(hours=47, minutes=59, seconds=30), end_time=ago(hours=47, minutes=59))

    assert interval_at(window, NOW) == Interval(window.start or NOW, window.end or NOW, "HOUR")
