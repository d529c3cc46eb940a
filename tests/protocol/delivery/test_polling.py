"""One poll of the sensor, and the check before the first one."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from airflow_provider_segment.protocol.delivery.criteria import check_criteria
from airflow_provider_segment.protocol.delivery.polling import poll, verify_destination
from airflow_provider_segment.protocol.delivery.verdict import Status
from airflow_provider_segment.protocol.errors import (
    SegmentDestinationDisabledError,
    SegmentError,
    SegmentNotFoundError,
    SegmentServerError,
)
from tests.protocol.driver import ScriptedDriver
from tests.protocol.samples import (
    DESTINATION,
    LOST,
    METRICS_SUMMARY,
    ONE_TRY,
    TERMS,
    done,
    refusal,
    with_more_fields,
)

NOW = datetime(2026, 2, 15, 12, 0, 0, 123_456, tzinfo=UTC)
METRICS = done({"deliveryMetricsSummary": METRICS_SUMMARY})  # 90 successes, 10 failures
CRITERIA = check_criteria(
    destination_id="dst1", source_id="src1", success_when="success_rate >= 0.9", min_attempted=5, window="PT30M"
)


def anchored(**changes: Any) -> Any:
    return check_criteria(destination_id="dst1", source_id="src1", success_when="successes > 0", **changes)


def test_a_poll_sends_one_request_and_returns_a_verdict() -> None:
    driver = ScriptedDriver([METRICS])

    verdict = driver.run(poll(TERMS, criteria=CRITERIA, now=NOW))

    assert verdict.status is Status.SUCCEEDED
    assert [request.target for request in driver.requests] == [
        "/destinations/dst1/delivery-metrics?sourceId=src1&startTime=2026-02-15T11%3A30%3A00Z"
        "&endTime=2026-02-15T12%3A00%3A00Z&granularity=MINUTE"
    ]


def test_the_time_of_a_poll_may_be_in_any_timezone() -> None:
    from zoneinfo import ZoneInfo

    requests = []
    for now in (NOW, NOW.astimezone(ZoneInfo("Asia/Kathmandu"))):
        driver = ScriptedDriver([METRICS])
        driver.run(poll(TERMS, criteria=CRITERIA, now=now))
        requests.append(driver.requests)

    assert requests[0] == requests[1]


def test_evidence_has_the_requested_interval() -> None:
    verdict = ScriptedDriver([METRICS]).run(
        poll(TERMS, criteria=anchored(start_time=NOW - timedelta(hours=5)), now=NOW)
    )

    assert verdict.evidence is not None
    assert verdict.evidence["start_time"] == "2026-02-15T07:00:00Z"
    assert verdict.evidence["end_time"] == "2026-02-15T12:00:00Z"
    assert verdict.evidence["granularity"] == "HOUR"
    assert verdict.evidence["metrics"]["successes"] == 90


def test_nothing_is_requested_before_the_start() -> None:
    driver = ScriptedDriver()

    verdict = driver.run(poll(TERMS, criteria=anchored(start_time=NOW + timedelta(hours=1)), now=NOW))

    assert (verdict.status, verdict.evidence) == (Status.WAITING, None)
    assert driver.requests == []


def test_a_poll_of_a_window_that_no_granularity_covers_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"start_time: .* does not cover"):
        ScriptedDriver().run(poll(TERMS, criteria=anchored(start_time=NOW - timedelta(days=15)), now=NOW))


@pytest.mark.parametrize(
    ("outcome", "kind"), [(refusal(404), SegmentNotFoundError), (refusal(500), SegmentServerError)], ids=["404", "500"]
)
def test_errors_of_a_poll_are_raised_unchanged(outcome: Any, kind: type[SegmentError]) -> None:
    with pytest.raises(kind):
        ScriptedDriver([outcome]).run(poll(ONE_TRY, criteria=CRITERIA, now=NOW))


def test_a_poll_stays_within_its_retry_budget() -> None:
    driver = ScriptedDriver(then=LOST)

    with pytest.raises(SegmentError):
        driver.run(poll(replace(TERMS, retry_budget=10), criteria=CRITERIA, now=NOW))

    assert driver.now <= 10


def record(**changes: Any) -> dict[str, Any]:
    return with_more_fields({**DESTINATION, **changes})


def with_cloud_mode(instances: Any) -> dict[str, Any]:
    return record(metadata={"id": "cat1", "supportedFeatures": {"cloudModeInstances": instances}})


PROBLEMS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "none": (record(), ()),
    "disabled": (record(enabled=False), ("is disabled",)),
    "no cloud mode": (with_cloud_mode("NONE"), ("without cloud mode",)),
    "no cloud mode, as a digit": (with_cloud_mode("0"), ("without cloud mode",)),
    "no cloud mode, a number": (with_cloud_mode(0), ("without cloud mode",)),
    "one instance": (with_cloud_mode("1"), ()),
    "single": (with_cloud_mode("SINGLE"), ()),
    "many": (with_cloud_mode("MULTIPLE"), ()),
    "an unknown value": (with_cloud_mode("SOME"), ()),
    "missing": (record(metadata={"id": "cat1"}), ()),
    "null features": (record(metadata={"id": "cat1", "supportedFeatures": None}), ()),
    "both": ({**with_cloud_mode("NONE"), "enabled": False}, ("is disabled", "without cloud mode")),
}


@pytest.mark.parametrize(("destination", "problems"), PROBLEMS.values(), ids=PROBLEMS)
def test_destinations_that_cannot_receive_deliveries_are_warned_about(
    destination: dict[str, Any], problems: tuple[str, ...]
) -> None:
    driver = ScriptedDriver([done({"destination": destination})])

    verified = driver.run(verify_destination(TERMS, query=CRITERIA.query))

    assert bool(verified.problem) is bool(problems)
    assert all(problem.removeprefix("is ") in verified.problem for problem in problems)
    assert len(driver.logs) == len(problems)
    for log, problem in zip(driver.logs, problems, strict=True):
        assert log.level == logging.WARNING
        assert problem in log.message
        assert "dst1" in log.message


@pytest.mark.parametrize(("name", "known"), [("Ads", "Ads"), (None, ""), (..., "")])
def test_the_name_of_the_destination_is_returned(name: Any, known: str) -> None:
    destination = {key: value for key, value in record(name=name).items() if value is not ...}
    driver = ScriptedDriver([done({"destination": destination})])

    assert driver.run(verify_destination(TERMS, query=CRITERIA.query)).name == known


def test_a_disabled_destination_is_an_error_if_asked_for() -> None:
    query = structs.replace(CRITERIA.query, if_disabled="fail")
    driver = ScriptedDriver([done({"destination": record(enabled=False)})])

    with pytest.raises(SegmentDestinationDisabledError, match=r"\(dst1\) is disabled, so it gets no deliveries"):
        driver.run(verify_destination(TERMS, query=query))


@pytest.mark.parametrize(
    ("arguments", "conditions"),
    [
        ({"success_when": ["successes > 0", "success_rate > 0.5"], "fail_when": "discard_rate > 0.1"}, 2),
        ({"success_when": "successes > 0", "fail_when": "failures > 5"}, 0),
        ({"success_when": "success_rate > 0.5", "min_attempted": 2}, 0),
    ],
    ids=["rates", "counts", "min_attempted"],
)
def test_a_rate_that_a_single_event_can_decide_has_a_warning(arguments: dict[str, Any], conditions: int) -> None:
    warning = check_criteria(destination_id="dst1", source_id="src1", window=60, **arguments).warning

    assert (warning is not None) is bool(conditions)
    assert warning is None or "can decide success_rate > 0.5, discard_rate > 0.1" in warning


def test_another_source_is_an_error_that_names_both() -> None:
    driver = ScriptedDriver([done({"destination": record(sourceId="src2")})])

    with pytest.raises(ValueError, match="source_id is 'src1', but destination dst1 belongs to source 'src2'"):
        driver.run(verify_destination(TERMS, query=CRITERIA.query))


@pytest.mark.parametrize(
    "destination",
    [{}, {"id": "dst1", "enabled": True}, {"id": "dst1", "sourceId": None, "enabled": True}],
    ids=["empty", "no source", "null source"],
)
def test_an_unexpected_destination_is_a_segment_error(destination: dict[str, Any]) -> None:
    driver = ScriptedDriver(then=done({"destination": destination}))

    with pytest.raises(SegmentError):
        driver.run(verify_destination(ONE_TRY, query=CRITERIA.query))


def test_a_missing_destination_raises_at_once() -> None:
    with pytest.raises(SegmentNotFoundError):
        ScriptedDriver([refusal(404)]).run(verify_destination(TERMS, query=CRITERIA.query))
