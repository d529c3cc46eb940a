"""What a user describes: a destination, and its subscriptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_segment.protocol.arguments import (
    check_flag,
    check_id,
    check_name,
    check_schedule,
    check_settings,
    parse_json,
)
from airflow_provider_segment.protocol.provisioning.identity import DestinationIdentity, SubscriptionIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationSpec:
    """What a destination is to be.

    :param source_id: its source, for life.
    :param metadata_id: the catalog id of its type, for life.
    :param name: display name; with the two above its identity.
    :param settings: by the keys of the catalog entry's options.
    :param enabled: whether it receives data.
    """

    source_id: str
    metadata_id: str
    name: str
    settings: dict[str, Any] = field(repr=False)
    enabled: bool = True

    @property
    def identity(self) -> DestinationIdentity:
        """By what it is found again."""
        return DestinationIdentity(source_id=self.source_id, metadata_id=self.metadata_id, name=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionSpec:
    """What a subscription is to be.

    :param name: display name; with the action its identity within a destination.
    :param action_id: what it does, for life.
    :param trigger: an FQL statement.
    :param enabled: whether it does anything.
    :param settings: by the field keys of the action; ``None`` leaves them alone.
    :param model_id: the Reverse ETL model its data comes from.
    :param reverse_etl_schedule: when that syncs.
    """

    name: str
    action_id: str
    trigger: str
    enabled: bool = True
    settings: dict[str, Any] | None = field(default=None, repr=False)
    model_id: str | None = None
    reverse_etl_schedule: dict[str, Any] | None = None

    def identity(self, destination_id: str) -> SubscriptionIdentity:
        """By what it is found again.

        :param destination_id: its destination.
        """
        return SubscriptionIdentity(destination_id=destination_id, action_id=self.action_id, name=self.name)


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "name": check_name,
    "action_id": check_id,
    "trigger": check_name,
    "enabled": check_flag,
    "settings": check_settings,
    "model_id": check_id,
    "reverse_etl_schedule": check_schedule,
}
_REQUIRED = ("name", "action_id", "trigger")


def check_subscriptions(argument: str, value: Any) -> tuple[SubscriptionSpec, ...]:
    """Check a list of subscriptions.

    :param argument: the argument's name.
    :param value: dicts with the keys of ``SubscriptionSpec``, or the text of such a JSON array; keys after
        ``trigger`` may be left out or ``None``, and ``model_id`` ``""``, as Segment returns it, is none.
    :raises ValueError: naming the entry, the key, what was given and what is allowed.
    """
    if isinstance(value, str):
        value = parse_json(argument, value, allowed="a list of dicts or a JSON array as a string")
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError(f"{argument} is a {type(value).__name__}; it must be a list of dicts")
    spec = tuple(_check_one(f"{argument}[{number}]", entry) for number, entry in enumerate(value))
    seen: set[tuple[str, str]] = set()
    for number, entry in enumerate(spec):
        if (entry.name, entry.action_id) in seen:
            raise ValueError(
                f"{argument}[{number}] repeats name {entry.name!r} and action_id {entry.action_id!r}; together they"
                " must be unique"
            )
        seen.add((entry.name, entry.action_id))
    return spec


def _check_one(where: str, entry: Any) -> SubscriptionSpec:
    if not isinstance(entry, Mapping):
        raise ValueError(f"{where} is a {type(entry).__name__}; it must be a dict")
    if unknown := sorted(str(key) for key in entry if key not in _CHECKS):
        raise ValueError(f"{where} has the key {unknown[0]!r}; it may have {', '.join(_CHECKS)}")
    if missing := [key for key in _REQUIRED if entry.get(key) is None]:
        raise ValueError(f"{where} has no {missing[0]}; {', '.join(_REQUIRED)} are needed")
    given = {key: value for key, value in entry.items() if value is not None and (key, value) != ("model_id", "")}
    return SubscriptionSpec(**{key: _CHECKS[key](f"{where}[{key!r}]", value) for key, value in given.items()})
