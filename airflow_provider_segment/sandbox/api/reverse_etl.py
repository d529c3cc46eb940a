"""Schedules of Reverse ETL subscriptions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

from airflow_provider_segment.sandbox import decisions
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import ApiError, invalid_field
from airflow_provider_segment.sandbox.state.objects import Subscription
from airflow_provider_segment.sandbox.validation import Field, is_kind, validate_object

Schedule = Mapping[str, Any]

SCHEDULE_FIELDS = (
    Field(
        name="strategy",
        kind="string",
        required=True,
        choices=("CRON", "DBT_CLOUD", "MANUAL", "PERIODIC", "SPECIFIC_DAYS"),
    ),
    Field(name="config", kind="object", nullable=True),
)
_TIMEZONE = Field(name="timezone", kind="string", required=True)
_CONFIG_FIELDS = {
    "PERIODIC": (Field(name="interval", kind="string", required=True),),
    "SPECIFIC_DAYS": (
        Field(name="days", kind="array", required=True),
        Field(name="hours", kind="array", required=True),
        _TIMEZONE,
    ),
    "CRON": (Field(name="spec", kind="string", required=True), _TIMEZONE),
    "DBT_CLOUD": (
        Field(name="jobId", kind="string", required=True),
        Field(name="accountId", kind="string", required=True),
    ),
}
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_MIN_INTERVAL, _MAX_INTERVAL = timedelta(minutes=10), timedelta(hours=168)


def validate_schedule(schedule: Schedule, *, path: str) -> Schedule:
    """Validate a schedule and return it.

    :param path: how messages name the schedule.
    :raises InvalidFieldsError: fields are invalid; the error names each.
    """
    validate_object(schedule, SCHEDULE_FIELDS, prefix=f"{path}.", name=path)
    strategy = schedule["strategy"]
    if strategy == "MANUAL":
        return schedule
    config_path = f"{path}.config"
    config = validate_object(
        schedule.get("config"), _CONFIG_FIELDS[strategy], prefix=f"{config_path}.", name=config_path
    )
    if _TIMEZONE in _CONFIG_FIELDS[strategy] and config["timezone"] not in available_timezones():
        raise invalid_field(f"{config_path}.timezone", "must be an IANA time zone")
    if strategy == "PERIODIC":
        _check_interval(config["interval"], f"{config_path}.interval")
    elif strategy == "SPECIFIC_DAYS":
        _check_numbers(config["days"], f"{config_path}.days", below=7)
        _check_numbers(config["hours"], f"{config_path}.hours", below=24)
    elif strategy == "CRON":
        _check_cron(config["spec"], f"{config_path}.spec")
    return schedule


def check_dbt_cloud_limit(sandbox: Sandbox, changed: Subscription) -> None:
    """Check that a change does not give a model too many dbt Cloud schedules.

    :param changed: the subscription after the change.
    :raises ApiError: 422, if the model has the maximum number already.
    """
    if not _runs_after_dbt_cloud(changed) or changed.model_id == decisions.NO_MODEL_ID:
        return
    others = sum(
        _runs_after_dbt_cloud(other) and other.model_id == changed.model_id and other.id != changed.id
        for other in sandbox.workspace.subscriptions.all()
    )
    if others >= decisions.MAX_DBT_CLOUD_SUBSCRIPTIONS:
        message = f"A model can have at most {decisions.MAX_DBT_CLOUD_SUBSCRIPTIONS} dbt Cloud schedules"
        raise ApiError(422, message, field="input.reverseETLSchedule.strategy")


def _runs_after_dbt_cloud(subscription: Subscription) -> bool:
    return subscription.schedule is not None and subscription.schedule["strategy"] == "DBT_CLOUD"


def _check_interval(interval: str, path: str) -> None:
    """Check that an interval is a Go duration, such as ``15m`` or ``3h25m30s``, and within the limits."""
    parts = re.findall(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|h|m|s)", interval)
    if not parts or "".join(number + unit for number, unit in parts) != interval:
        raise invalid_field(path, "must be a duration such as 3h25m30s")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if not _MIN_INTERVAL.total_seconds() < seconds < _MAX_INTERVAL.total_seconds():
        raise invalid_field(path, "must be longer than 10 minutes and shorter than 168 hours")


def _check_cron(spec: str, path: str) -> None:
    """Check that a cron expression has five fields and that its runs are more than 15 minutes apart."""
    fields = spec.split()
    if len(fields) != 5:
        raise invalid_field(path, "must have five fields")
    minutes = _cron_minutes(fields[0])
    if minutes is None:
        raise invalid_field(path, "must have a valid minute field")
    pairs = zip(minutes, [*minutes[1:], minutes[0] + 60], strict=True)
    if any(later - earlier <= decisions.MIN_CRON_GAP_MINUTES for earlier, later in pairs):
        raise invalid_field(path, "must leave more than 15 minutes between runs")


def _cron_minutes(text: str) -> list[int] | None:
    """Parse the minute field of a cron expression; return the minutes in order, or None if the field is invalid."""
    minutes: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"(?:\*|([0-9]{1,2})(?:-([0-9]{1,2}))?)(?:/([0-9]{1,2}))?", part)
        if match is None:
            return None
        first, last, step = match[1], match[2], int(match[3] or 1)
        start = int(first or 0)
        end = int(last) if last else 59 if first is None or match[3] else start
        if not start <= end <= 59 or step == 0:
            return None
        minutes.update(range(start, end + 1, step))
    return sorted(minutes)


def _check_numbers(numbers: list[Any], path: str, *, below: int) -> None:
    valid = all(is_kind(number, "integer") and 0 <= number < below for number in numbers)
    if not valid or not 1 <= len(numbers) <= below:
        raise invalid_field(path, f"must contain 1 to {below} integers from 0 to {below - 1}")
