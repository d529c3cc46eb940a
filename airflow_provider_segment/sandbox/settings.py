"""Settings of a running sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from airflow_provider_segment.sandbox.codec import camel_case, snake_case
from airflow_provider_segment.sandbox.validation import Field, validate_object

_MAX_SECONDS = 1e9  # about 30 years; a larger offset could exceed the range of dates


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The sandbox's settings.

    :param default_limit_per_minute: requests per window for all operations without their own limit; None = no limit.
    :param subscription_write_limit_per_minute: requests per window for each of the three operations that write
        subscriptions; None = no limit.
    :param limit_window_seconds: length of the window of both limits.
    :param deliveries_per_minute: events that an enabled destination with an enabled subscription delivers
        automatically.
    :param clock_offset_seconds: how far the sandbox's clock is ahead of the machine's.
    :param metrics_lag_seconds: how long an event takes to appear in the metrics.
    :param metrics_align: ``exact`` counts events by their own time, ``bucket`` by whole minutes, hours or days.
    :param list_lag_seconds: how long a new object takes to appear in lists; reading it by its id works immediately.
    :param settings_update: whether an update merges ``settings`` by key or replaces them.
    :param duplicate_names: whether two destinations of one type on one source may have the same name; Segment's
        documentation requires distinct names.
    :param unnamed: how responses show a destination without a name: ``absent`` without the key ``name``, ``empty`` with
        an empty string.
    :param duplicate_name_status: status of the response that rejects a duplicate name; Segment does not publish it.
    """

    default_limit_per_minute: int | None = None
    subscription_write_limit_per_minute: int | None = 5
    limit_window_seconds: float = 60.0
    deliveries_per_minute: float = 60.0
    clock_offset_seconds: float = 0.0
    metrics_lag_seconds: float = 0.0
    metrics_align: Literal["exact", "bucket"] = "exact"
    list_lag_seconds: float = 0.0
    settings_update: Literal["merge", "replace"] = "merge"
    duplicate_names: Literal["allow", "reject"] = "reject"
    duplicate_name_status: int = 422
    unnamed: Literal["absent", "empty"] = "absent"


_FIELDS = (
    Field(name="defaultLimitPerMinute", kind="integer", nullable=True, minimum=0),
    Field(name="subscriptionWriteLimitPerMinute", kind="integer", nullable=True, minimum=0),
    Field(name="limitWindowSeconds", kind="number", minimum=0.001, maximum=_MAX_SECONDS),
    Field(name="deliveriesPerMinute", kind="number", minimum=0, maximum=1e6),
    Field(name="clockOffsetSeconds", kind="number", minimum=-_MAX_SECONDS, maximum=_MAX_SECONDS),
    Field(name="metricsLagSeconds", kind="number", minimum=0, maximum=_MAX_SECONDS),
    Field(name="metricsAlign", kind="string", choices=("exact", "bucket")),
    Field(name="listLagSeconds", kind="number", minimum=0, maximum=_MAX_SECONDS),
    Field(name="settingsUpdate", kind="string", choices=("merge", "replace")),
    Field(name="duplicateNames", kind="string", choices=("allow", "reject")),
    Field(name="duplicateNameStatus", kind="integer", minimum=400, maximum=499),
    Field(name="unnamed", kind="string", choices=("absent", "empty")),
)


def updated_settings(settings: Settings, changes: object) -> Settings:
    """Return ``settings`` with ``changes`` applied.

    :param changes: a JSON object with names in camelCase.
    :raises InvalidFieldsError: fields are unknown or invalid; the error names each.
    """
    record = validate_object(changes, _FIELDS, allow_unknown=False)
    values: Mapping[str, Any] = {snake_case(name): value for name, value in record.items()}
    return replace(settings, **values)


def settings_json(settings: Settings) -> dict[str, object]:
    """Return settings as JSON, with names in camelCase."""
    return {camel_case(name): value for name, value in asdict(settings).items()}
