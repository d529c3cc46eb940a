"""The parts of a wait besides its verdict: arguments as JSON, schedule, progress log and result."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_segment.protocol import errors
from airflow_provider_segment.protocol.delivery.criteria import check_criteria
from airflow_provider_segment.protocol.delivery.progress_logger import MAX_SILENCE, ProgressLogger
from airflow_provider_segment.protocol.delivery.results import parse_event, result_of_error, result_of_verdict
from airflow_provider_segment.protocol.delivery.schedule import (
    TICK,
    ceil_to_tick,
    poll_delay,
    seconds_until_next_poll,
    useful_interval,
)
from airflow_provider_segment.protocol.errors import (
    SegmentConnectionError,
    SegmentError,
    SegmentNotFoundError,
    SegmentProtocolError,
    SegmentRateLimitError,
    SegmentServerError,
)
from tests.protocol.delivery.observing import NOW, START, criteria, metrics, verdict


@pytest.mark.parametrize(
    "wait_criteria",
    [
        criteria(),
        criteria(["successes >= 10", "success_rate > 0.123456789012"], fail_when="time_to_success_p95 > 1e3"),
        criteria(window="P14D", granularity="DAY", min_attempted=7, settle_time=3),
        criteria(start_time=START, end_time=NOW),
    ],
)
def test_criteria_survive_json(wait_criteria: Any) -> None:
    assert check_criteria(**json.loads(json.dumps(wait_criteria.to_json()))) == wait_criteria


def test_the_poll_delay_is_the_interval_but_at_least_one_second() -> None:
    assert poll_delay(60) == 60
    assert poll_delay(0) == 1


@pytest.mark.parametrize(
    ("poke_interval", "granularity", "seconds"),
    [(5, "MINUTE", 60), (300, "MINUTE", 300), (5, "HOUR", 5), (5, "DAY", 5), (5, None, 5)],
)
def test_counts_per_minute_change_once_a_minute(poke_interval: float, granularity: str | None, seconds: float) -> None:
    assert useful_interval(poke_interval, granularity, per_minute=60) == seconds
    assert useful_interval(poke_interval, granularity, per_minute=0) == poke_interval


def test_after_failures_a_short_interval_backs_off_and_a_long_one_stays() -> None:
    assert [poll_delay(2, failures=n) for n in range(9)] == [2, 2, 2, 4, 8, 16, 32, 60, 60]
    assert poll_delay(60, failures=1000) == 60


@given(interval=st.floats(0, 86400), started=st.floats(0, 10**7), took=st.floats(0, 10**5))
def test_polls_run_at_a_fixed_rate(interval: float, started: float, took: float) -> None:
    wait = seconds_until_next_poll(interval, started=started, now=started + took)
    interval = poll_delay(interval)
    intervals = (started + took + wait) / interval
    assert intervals == pytest.approx(round(intervals), abs=1e-6)
    assert wait >= -1e-6
    assert interval / 2 - 1e-6 <= took + wait <= max(took, interval / 2) + interval + 1e-6


@given(moment=st.floats(0, 10**7))
def test_polls_start_on_ticks(moment: float) -> None:
    ticks = ceil_to_tick(moment) / TICK
    assert ticks == pytest.approx(round(ticks))
    assert -1e-6 <= ceil_to_tick(moment) - moment <= TICK + 1e-6


def test_a_rate_limit_sets_its_own_delay() -> None:
    limited = SegmentRateLimitError("slow down")
    assert poll_delay(5, failures=1, error=limited) == 5
    limited.retry_after = 90
    assert poll_delay(5, failures=1, error=limited) == 90
    assert poll_delay(5, failures=1, error=SegmentServerError("no")) == 5


def test_progress_is_logged_when_it_changes_and_every_few_minutes() -> None:
    progress = ProgressLogger("d")
    wait_criteria = criteria("successes >= 10")
    four, six = (verdict(wait_criteria, metrics(successes=n)) for n in (4, 6))
    logged = [
        list(progress.lines(found, NOW + after))
        for found, after in (
            (four, timedelta(0)),
            (four, timedelta(seconds=1)),
            (six, timedelta(seconds=2)),
            (six, MAX_SILENCE),
            (six, MAX_SILENCE + timedelta(seconds=2)),
        )
    ]
    window = "15 Feb 10:00 to 15 Feb 12:00 UTC, by minute; destination d"
    line = f"waiting: {{0}} of {{0}} delivered (100.0 %), 0 failed; successes is {{0}}, need 10; {window}".format
    bounds = "Counting events from 2026-02-15T10:00:00Z to 2026-02-15T12:00:00Z at granularity MINUTE"
    assert logged == [[bounds, line(4)], [], [line(6)], [], [line(6)]]


def test_metrics_without_a_condition_are_no_change() -> None:
    progress = ProgressLogger("d")
    wait_criteria = criteria("successes >= 10")
    first, second = (verdict(wait_criteria, metrics(successes=4, time_to_success_p95=time)) for time in (1, 2))
    assert [len(list(progress.lines(found, NOW))) for found in (first, second, first)] == [2, 0, 0]


@pytest.mark.parametrize("found", [metrics(successes=10), metrics(discarded=10)])
def test_a_verdict_survives_the_event(found: Any) -> None:
    reached = verdict(criteria(fail_when="failures > 0"), found)
    result = parse_event(json.loads(json.dumps(result_of_verdict(reached, "12 of 12").to_event())))
    assert (result.status, result.message, result.evidence) == (
        reached.status.value,
        "12 of 12",
        reached.evidence,
    )


@pytest.mark.parametrize("name", [name for name in vars(errors) if name.startswith("Segment")])
def test_an_error_survives_the_event(name: str) -> None:
    error = getattr(errors, name)("what happened")
    again = parse_event(json.loads(json.dumps(result_of_error(error).to_event()))).exception()
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def test_whether_an_error_is_transient_survives_the_event() -> None:
    error = SegmentConnectionError("the certificate is not trusted", sent=False, transient=False)
    again = parse_event(json.loads(json.dumps(result_of_error(error).to_event()))).exception()
    assert (type(again), vars(again)) == (SegmentConnectionError, {"sent": False, "transient": False})


def test_an_api_error_keeps_status_and_path_but_not_segments_error_objects() -> None:
    error = SegmentNotFoundError(
        "gone", status=404, errors=({"message": "from elsewhere"},), method="GET", path="/destinations/x"
    )
    event = result_of_error(error).to_event()
    again = parse_event(event).exception()
    assert isinstance(again, SegmentNotFoundError)
    assert (again.status, again.method, again.path, again.errors) == (404, "GET", "/destinations/x", ())
    assert "from elsewhere" not in json.dumps(event)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"status": "error", "error": "ValueError", "message": "x"}, ValueError),
        ({"status": "error", "error": "AirflowNotFoundException", "message": "x"}, SegmentError),
        ({"status": "error", "error": "Any", "message": "x"}, SegmentError),
        ({"status": "error"}, SegmentError),
        ({"status": "error", "error": "SegmentServerError", "details": {"surprise": 1}}, SegmentServerError),
    ],
)
def test_any_error_event_becomes_an_exception(event: dict[str, Any], kind: type[Exception]) -> None:
    assert type(parse_event(event).exception()) is kind


@pytest.mark.parametrize(
    "event",
    [
        None,
        {},
        [],
        "succeeded",
        {"status": None},
        {"status": "waiting"},
        {"status": "succeeded"},
        {"status": "succeeded", "evidence": "all well"},
    ],
)
def test_an_unknown_event_is_never_a_success(event: Any) -> None:
    with pytest.raises(SegmentProtocolError, match="the trigger"):
        parse_event(event)
