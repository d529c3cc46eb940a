"""Validation and comparison of Reverse ETL schedules.

https://docs.segmentapis.com/tag/Reverse-ETL
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from airflow_provider_segment.protocol.arguments import check_schedule

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_DURATION_PART = r"(\d+(?:\.\d+)?)(h|ms|us|ns|m|s)"
_SHORTEST, _LONGEST = 600.0, 168 * 3600.0

_REQUIRED_KEYS = {
    "PERIODIC": {"interval"},
    "SPECIFIC_DAYS": {"days", "hours", "timezone"},
    "CRON": {"spec", "timezone"},
    "DBT_CLOUD": {"jobId", "accountId"},
}


def check_reverse_etl_schedule(argument: str, value: Any) -> dict[str, Any]:
    """Check that the config of a Reverse ETL schedule fits its strategy, and return the schedule.

    :param argument: the argument's name.
    :param value: ``{"strategy": …, "config": …}``; the strategy may be in lower case.
    :raises ValueError: a value is invalid; the message names the key, its value and what is allowed.
    """
    schedule = check_schedule(argument, value)
    strategy, config = schedule["strategy"], schedule.get("config") or {}
    label = f"{argument}['config']"
    if missing := sorted(_REQUIRED_KEYS.get(strategy, set()) - config.keys()):
        raise ValueError(f"{label}: {missing[0]!r} is missing; the strategy {strategy} requires it")
    if strategy == "PERIODIC":
        _check_interval(f"{label}['interval']", config["interval"])
    elif strategy == "SPECIFIC_DAYS":
        _check_numbers(f"{label}['days']", config["days"], highest=6)
        _check_numbers(f"{label}['hours']", config["hours"], highest=23)
    elif strategy == "CRON" and len(str(config["spec"]).split()) != 5:
        raise ValueError(f"{label}['spec'] is {config['spec']!r}; it must be a cron expression with five fields")
    return schedule


def same_schedule(spec: Mapping[str, Any], actual: Mapping[str, Any] | None) -> bool:
    """Return whether two schedules are equivalent: ``1h`` equals ``1h0m0s``, and the order of days does not matter.

    :param spec: the described schedule.
    :param actual: the schedule in Segment.
    """
    return actual is not None and _normalised(spec) == _normalised(actual)


def parse_duration(text: str) -> float | None:
    """Parse a Go duration such as ``3h25m30s`` into seconds; return ``None`` if the string is not a duration.

    :param text: the string.
    """
    parts = re.findall(_DURATION_PART, text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _check_interval(label: str, value: Any) -> None:
    seconds = parse_duration(value) if isinstance(value, str) else None
    if seconds is None or not _SHORTEST < seconds < _LONGEST:
        raise ValueError(
            f"{label} is {value!r}; it must be a duration longer than 10m and shorter than 168h, such as '3h25m30s'"
        )


def _check_numbers(label: str, value: Any, *, highest: int) -> None:
    numbers = value if isinstance(value, list | tuple) else ()
    valid = [isinstance(one, int) and not isinstance(one, bool) and 0 <= one <= highest for one in numbers]
    if not valid or not all(valid):
        raise ValueError(f"{label} is {value!r}; it must be a non-empty list of integers from 0 to {highest}")


def _normalised(schedule: Mapping[str, Any]) -> Any:
    config = {key: _normalised_value(value) for key, value in (schedule.get("config") or {}).items()}
    return str(schedule.get("strategy")).upper(), {key: value for key, value in config.items() if value is not None}


def _normalised_value(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return sorted({str(one).lower() for one in value})
    if isinstance(value, str):
        seconds = parse_duration(value)
        return value if seconds is None else seconds
    return value
