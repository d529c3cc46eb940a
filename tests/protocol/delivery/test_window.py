"""Windows: what users may pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from airflow_provider_segment.protocol.api.granularity import check_granularity
from airflow_provider_segment.protocol.delivery.window import (
    Window,
    check_granularity_or_auto,
)
from airflow_provider_segment.protocol.times import format_utc
from tests.protocol.delivery.observing import check_window

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
NOON = NEW_YEAR + timedelta(hours=12)


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
    "sliding, longest": ({"window": timedelta(hours=48)}, Window(length=timedelta(hours=48))),
    "sliding, longest hours": (
        {"window": "P7D", "granularity": "HOUR"},
        Window(length=timedelta(days=7), granularity="HOUR"),
    ),
    "sliding, longest days": (
        {"window": "P14D", "granularity": "DAY"},
        Window(length=timedelta(days=14), granularity="DAY"),
    ),
    "aligned to days": (
        {"start_time": NEW_YEAR, "end_time": NEW_YEAR + timedelta(days=14)},
        Window(start=NEW_YEAR, end=NEW_YEAR + timedelta(days=14)),
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
        ("end_time is 0001-01-01", "a window of 1 day"),
    ),
    "empty": ({"window": 0}, ("window is 0:00:00", "at least one second")),
    "sliding too long": (
        {"window": timedelta(hours=48, seconds=1)},
        ("window is 2 days, 0:00:01", "a window that ends now is counted by minute", "at most 48 hours"),
    ),
    "not aligned to hours and too long": (
        {"start_time": NEW_YEAR, "end_time": NEW_YEAR + timedelta(hours=48, minutes=30)},
        ("end_time is 2026-01-03T00:30:00Z", "window not aligned to whole hours", "covers at most 48 hours"),
    ),
    "aligned to hours and too long": (
        {"window": timedelta(days=7, hours=1), "end_time": NOON},
        ("window is 7 days, 1:00:00", "a window aligned to whole hours is counted by hour", "at most 7 days"),
    ),
    "aligned to days and too long": (
        {"start_time": NEW_YEAR, "end_time": NEW_YEAR + timedelta(days=15)},
        ("end_time is 2026-01-16T00:00:00Z, 15 days after start_time", "metrics cover at most 14 days"),
    ),
    "too long for days": ({"window": "P15D", "granularity": "DAY"}, ("window is 15 days", "cover at most 14 days")),
    "too long for hours": ({"window": "P8D", "granularity": "HOUR"}, ("window is 8 days", "HOUR", "7 days")),
    "too long for minutes": ({"window": "PT49H", "granularity": "MINUTE"}, ("window is 2 days", "MINUTE", "48 hours")),
    "anchored too long for minutes": (
        {"start_time": NEW_YEAR, "end_time": NEW_YEAR + timedelta(days=3), "granularity": "MINUTE"},
        ("end_time", "MINUTE", "48 hours"),
    ),
    "anchored too long for hours": (
        {"start_time": NEW_YEAR, "end_time": NEW_YEAR + timedelta(days=8), "granularity": "HOUR"},
        ("end_time", "HOUR", "7 days"),
    ),
    "no whole hour": (
        {"start_time": NOON - HALF_HOUR, "end_time": NOON + HALF_HOUR, "granularity": "HOUR"},
        ("end_time is 2026-01-01T12:30:00Z", "granularity HOUR counts only whole hours", "the window contains none"),
    ),
    "no whole day": ({"window": "PT23H", "granularity": "DAY"}, ("window is 23:00:00", "DAY counts only whole days")),
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
