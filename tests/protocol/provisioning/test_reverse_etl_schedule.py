"""Reverse ETL schedules: what is valid, and what is equal."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_segment.protocol.provisioning.reverse_etl_schedule import (
    check_reverse_etl_schedule,
    same_schedule,
)


def periodic(interval: Any) -> dict[str, Any]:
    return {"strategy": "PERIODIC", "config": {"interval": interval}}


def days(days: list[Any], hours: list[int]) -> dict[str, Any]:
    return {"strategy": "SPECIFIC_DAYS", "config": {"days": days, "hours": hours, "timezone": "UTC"}}


@pytest.mark.parametrize(
    ("spec", "actual", "same"),
    [
        (periodic("1h"), periodic("1h0m0s"), True),
        (periodic("90m"), periodic("1h30m"), True),
        (periodic("1h"), periodic("2h"), False),
        (days([1, 2], [3, 4]), days([2, 1], [4, 3]), True),
        (days(["Monday"], [3]), days(["MONDAY"], [3]), True),
        (days([1], [3]), days([2], [3]), False),
        ({"strategy": "MANUAL"}, {"strategy": "manual", "config": None}, True),
        ({"strategy": "MANUAL"}, periodic("1h"), False),
        (periodic("1h"), None, False),
    ],
)
def test_schedules_of_the_same_meaning_are_equal(
    spec: dict[str, Any], actual: dict[str, Any] | None, same: bool
) -> None:
    assert same_schedule(spec, actual) is same


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ({"strategy": "PERIODIC"}, "'interval' is missing; the strategy PERIODIC requires it"),
        (periodic("1 hour"), "'interval'. is '1 hour'; it must be a duration longer than 10m and shorter than 168h"),
        (periodic("5m"), "is '5m'"),
        (periodic("10m"), "is '10m'"),
        (periodic("168h"), "is '168h'"),
        (periodic(60), "is 60"),
        (
            {"strategy": "CRON", "config": {"spec": "* * * *", "timezone": "UTC"}},
            "must be a cron expression with five",
        ),
        ({"strategy": "CRON", "config": {"spec": "* * * * *"}}, "'timezone' is missing"),
        (days([7], [1]), r"'days'. is \[7\]; it must be a non-empty list of integers from 0 to 6"),
        (days([1], []), r"'hours'. is \[\]"),
        (
            {"strategy": "DBT_CLOUD", "config": {"jobId": "1"}},
            "'accountId' is missing; the strategy DBT_CLOUD",
        ),
    ],
)
def test_invalid_schedules_raise(schedule: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_reverse_etl_schedule("schedule", schedule)


def test_valid_schedules_are_returned() -> None:
    for schedule in (periodic("15m"), days([0, 6], [0, 23]), {"strategy": "MANUAL"}):
        assert check_reverse_etl_schedule("schedule", schedule) == schedule
