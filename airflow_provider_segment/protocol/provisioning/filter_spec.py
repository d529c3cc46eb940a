"""Specs of filters: the desired state of a filter, as arguments describe it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from airflow_provider_segment.protocol.arguments import (
    check_distinct_ids,
    check_flag,
    check_id,
    check_keys,
    check_name,
    check_settings,
    labelled_dicts,
)
from airflow_provider_segment.protocol.filter_arguments import check_actions, check_description
from airflow_provider_segment.protocol.provisioning.identity import FilterIdentity
from airflow_provider_segment.protocol.provisioning.spec import Spec


class FilterCheck(Struct, frozen=True, kw_only=True):
    """A sample event with the expected result of a filter.

    :param payload: the event.
    :param result: what the filter must turn it into; ``None`` if it must drop the event.
    """

    payload: dict[str, Any]
    result: dict[str, Any] | None


class FilterSpec(Spec, frozen=True, kw_only=True):
    """The desired state of a filter.

    :param title: display name; identifies the filter within its destination.
    :param condition: FQL statement that selects events, or ``all``.
    :param actions: what happens to these events, with the API's keys.
    :param enabled: whether it filters events; ``None`` leaves an existing one as it is and enables a new one.
    :param description: what it is for; ``None`` leaves it alone, and an empty one removes it.
    :param id: Segment's id, to select one of several with the same title, or to rename it.
    :param previous_title: its earlier title, to rename it.
    :param checks: sample events and what the filter must turn them into.
    """

    title: str
    condition: str
    actions: list[dict[str, Any]]
    enabled: bool | None = None
    description: str | None = None
    id: str | None = None
    previous_title: str | None = None
    checks: tuple[FilterCheck, ...] = ()

    def identity(self, destination_id: str) -> FilterIdentity:
        """Return the identity used to find the filter in Segment.

        :param destination_id: its destination.
        """
        return FilterIdentity(destination_id=destination_id, name=self.title)


def check_filters(argument: str, value: Any) -> tuple[FilterSpec, ...]:
    """Check a list of filters and return their descriptions.

    :param argument: the argument's name.
    :param value: dicts with the keys of ``FilterSpec``, or the same as a JSON array in a string; keys other than
        ``title``, ``condition`` and ``actions`` may be omitted or ``None``.
    :raises ValueError: an entry is invalid; the message names it, the key, its value and what is allowed.
    """
    specs = tuple(_check_entry(label, entry) for label, entry in labelled_dicts(argument, value))
    check_distinct_ids(argument, [spec.id for spec in specs], kind="filter")
    return specs


def _check_entry(label: str, entry: Mapping[str, Any]) -> FilterSpec:
    check_keys(label, entry, allowed=_CHECKS)
    _require_keys(label, entry, ("title", "condition", "actions"))
    present = {key: value for key, value in entry.items() if value is not None}
    return FilterSpec(**{key: _CHECKS[key](f"{label}[{key!r}]", value) for key, value in present.items()})


def check_samples(argument: str, value: Any) -> tuple[FilterCheck, ...]:
    """Check and return a list of sample events, each with the result expected from the filter.

    :param argument: the argument's name.
    :param value: dicts with ``payload`` and ``result``, or the same as a JSON array in a string.
    :raises ValueError: an entry is invalid; the message names it, the key, its value and what is allowed.
    """
    checks = []
    for label, entry in labelled_dicts(argument, value):
        check_keys(label, entry, allowed=("payload", "result"))
        _require_keys(label, entry, ("payload",))
        if "result" not in entry:
            raise ValueError(f"{label}: 'result' is missing; pass the expected event, or None for a dropped event")
        result = entry["result"]
        checks.append(
            FilterCheck(
                payload=check_settings(f"{label}['payload']", entry["payload"]),
                result=None if result is None else check_settings(f"{label}['result']", result),
            )
        )
    return tuple(checks)


def _require_keys(label: str, entry: Mapping[str, Any], required: Sequence[str]) -> None:
    if missing := [key for key in required if entry.get(key) is None]:
        raise ValueError(f"{label}: {missing[0]!r} is missing; required keys: {', '.join(required)}")


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "title": check_name,
    "condition": check_name,
    "actions": check_actions,
    "enabled": check_flag,
    "description": check_description,
    "id": check_id,
    "previous_title": check_name,
    "checks": check_samples,
}
