"""The requests that cover a window at a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_segment.protocol.api.granularity import Interval
from airflow_provider_segment.protocol.delivery.coverage import RETRY_PERIOD, Coverage, coverage_at, is_final
from tests.protocol.delivery.observing import NOW, ago, check_window

MIDNIGHT = datetime(2026, 2, 15, tzinfo=UTC)
HALF = timedelta(minutes=30)


def one(start: datetime, end: datetime, granularity: str) -> tuple[Interval, ...]:
    return (Interval(start, end, granularity),)


ONE_REQUEST: dict[str, tuple[dict[str, Any], tuple[Interval, ...]]] = {
    "an hour": (
        {"start_time": ago(hours=9), "end_time": ago(hours=8)},
        one(ago(hours=9), ago(hours=8), "HOUR"),
    ),
    "hours, running": (
        {"start_time": ago(hours=9), "end_time": ago(hours=-3)},
        one(ago(hours=9), NOW, "HOUR"),
    ),
    "hours, given by length": (
        {"window": "PT30H", "end_time": ago(hours=2)},
        one(ago(hours=32), ago(hours=2), "HOUR"),
    ),
    "hours, days ago": (
        {"start_time": ago(days=6), "end_time": ago(days=5.5)},
        one(ago(days=6), ago(days=5.5), "HOUR"),
    ),
    "a day": (
        {"start_time": MIDNIGHT - timedelta(days=1), "end_time": MIDNIGHT},
        one(MIDNIGHT - timedelta(days=1), MIDNIGHT, "DAY"),
    ),
    "days ago": (
        {"start_time": MIDNIGHT - timedelta(days=13), "end_time": MIDNIGHT - timedelta(days=11)},
        one(MIDNIGHT - timedelta(days=13), MIDNIGHT - timedelta(days=11), "DAY"),
    ),
    "not aligned to hours, short": (
        {"start_time": ago(hours=9) + HALF, "end_time": ago(hours=7) + HALF},
        one(ago(hours=9) + HALF, ago(hours=7) + HALF, "MINUTE"),
    ),
    "sliding": ({"window": 1800}, one(ago(minutes=30), NOW, "MINUTE")),
    "sliding, at the limit": ({"window": "PT4H"}, one(ago(hours=4, seconds=-1), NOW, "MINUTE")),
    "sliding, named": ({"window": "P6D", "granularity": "HOUR"}, one(ago(days=6), NOW, "HOUR")),
    "sliding, named, inside the window": (
        {"window": "P1D", "granularity": "DAY"},
        one(MIDNIGHT, NOW, "DAY"),
    ),
    "sliding, at the limit of days": (
        {"window": "P14D", "granularity": "DAY"},
        one(MIDNIGHT - timedelta(days=13), NOW, "DAY"),
    ),
    "named, inside the window": (
        {"start_time": ago(days=3) + HALF, "end_time": ago(hours=1) + HALF, "granularity": "HOUR"},
        one(ago(days=3, hours=-1), ago(hours=1), "HOUR"),
    ),
    "growing": ({"start_time": ago(hours=3)}, one(ago(hours=3), NOW, "MINUTE")),
    "grown, from a whole hour": ({"start_time": ago(hours=5)}, one(ago(hours=5), NOW, "HOUR")),
    "grown, from midnight": (
        {"start_time": MIDNIGHT - timedelta(days=8)},
        one(MIDNIGHT - timedelta(days=8), NOW, "DAY"),
    ),
    "just begun": ({"start_time": ago(seconds=1)}, one(ago(seconds=1), NOW, "MINUTE")),
}


@pytest.mark.parametrize(("given", "pieces"), ONE_REQUEST.values(), ids=ONE_REQUEST)
def test_one_request_covers_a_short_window(given: dict[str, Any], pieces: tuple[Interval, ...]) -> None:
    assert coverage_at(check_window(**given), NOW) == Coverage(pieces[0], pieces)


@pytest.mark.parametrize(
    ("given", "requests"),
    [
        ({"start_time": ago(hours=9) + HALF, "end_time": ago(hours=1) + HALF}, 3),
        ({"start_time": ago(hours=5) + HALF}, 2),
        ({"start_time": ago(hours=9), "granularity": "MINUTE"}, 3),
        ({"window": "PT6H"}, 2),
        ({"window": "PT48H"}, 13),
    ],
    ids=["closed", "growing", "named", "sliding", "longest"],
)
def test_other_windows_are_added_up_from_pieces(given: dict[str, Any], requests: int) -> None:
    coverage = coverage_at(check_window(**given), NOW)

    assert coverage is not None
    assert coverage.interval.granularity == "MINUTE"
    assert len(coverage.pieces) == requests


@pytest.mark.parametrize(
    "given",
    [
        {"start_time": NOW},
        {"start_time": ago(hours=-1)},
        {"start_time": ago(minutes=30), "granularity": "HOUR"},
    ],
    ids=["now", "later", "no whole hour yet"],
)
def test_nothing_is_requested_before_the_window_starts(given: dict[str, Any]) -> None:
    assert coverage_at(check_window(**given), NOW) is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"start_time": MIDNIGHT - timedelta(days=15)}, ("start_time", "MINUTE", "48 hours", "set granularity")),
        ({"start_time": ago(hours=48.5)}, ("start_time", "MINUTE", "48 hours", "set granularity to HOUR or DAY")),
        (
            {"start_time": ago(days=8), "end_time": ago(days=7)},
            ("granularity HOUR reaches only 7 days back", "HOUR or DAY"),
        ),
        (
            {"start_time": MIDNIGHT - timedelta(days=20), "end_time": MIDNIGHT - timedelta(days=19)},
            ("start_time", "DAY", "14 days", "there is no coarser granularity"),
        ),
        ({"start_time": ago(hours=50), "granularity": "MINUTE"}, ("MINUTE", "48 hours", "try a coarser granularity")),
        # Keeping its start inside the limit would leave nothing of it.
        (
            {"start_time": ago(hours=47, minutes=59, seconds=30), "end_time": ago(hours=47, minutes=59)},
            ("MINUTE", "48 hours"),
        ),
    ],
    ids=["far too long", "grown too long", "hours too old", "days too old", "named", "at the limit"],
)
def test_a_window_that_is_not_covered_is_an_error(given: dict[str, Any], words: tuple[str, ...]) -> None:
    window = check_window(**given)

    with pytest.raises(ValueError, match="does not cover") as caught:
        coverage_at(window, NOW)
    for word in words:
        assert word in str(caught.value)


def test_a_piece_is_final_when_nothing_is_retried_in_it_any_more() -> None:
    assert timedelta(hours=4, minutes=15) == RETRY_PERIOD
    assert is_final(Interval(ago(hours=8), NOW - RETRY_PERIOD, "MINUTE"), NOW)
    assert not is_final(Interval(ago(hours=8), NOW - RETRY_PERIOD + timedelta(seconds=1), "MINUTE"), NOW)
