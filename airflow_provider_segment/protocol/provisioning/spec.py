"""Specs: the desired state of one destination or subscription, as arguments describe it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

from msgspec import Struct

from airflow_provider_segment.protocol.arguments import (
    check_distinct_ids,
    check_flag,
    check_id,
    check_keys,
    check_name,
    check_reference,
    check_settings,
    labelled_dicts,
)
from airflow_provider_segment.protocol.key_path import KeyPath
from airflow_provider_segment.protocol.provisioning.identity import DestinationIdentity, SubscriptionIdentity
from airflow_provider_segment.protocol.provisioning.reverse_etl_schedule import check_reverse_etl_schedule
from airflow_provider_segment.protocol.selection import ID_ARGUMENTS


class Spec(Struct, frozen=True, kw_only=True):
    """The base class of specs, which are built from arguments; ``repr()`` omits their settings."""

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any]) -> Self:
        """Build the description from checked arguments.

        :param arguments: arguments by name; those that are not fields of the description are ignored.
        """
        return cls(**{name: arguments[name] for name in cls.__struct_fields__ if name in arguments})

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({', '.join(shown)})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, value) for name, value in super().__rich_repr__() if name != "settings"]


class DestinationSpec(Spec, frozen=True, kw_only=True):
    """The desired state of a destination, without its subscriptions and filters.

    :param name: display name; with source and type, it identifies the destination.
    :param settings: keyed by the option names of the catalog entry.
    :param source_id: id of its source, which can't be changed later; empty until ``source`` is resolved.
    :param metadata_id: catalog id of its type, which can't be changed later; empty until ``destination_type`` is
        resolved.
    :param source: slug or id of its source.
    :param destination_type: slug or catalog id of its type.
    :param enabled: whether it receives data; ``None`` leaves an existing one alone and creates a new one enabled.
    :param templated: paths in ``settings`` whose values were rendered from templates.
    """

    name: str
    settings: dict[str, Any]
    source_id: str = ""
    metadata_id: str = ""
    source: str | None = None
    destination_type: str | None = None
    enabled: bool | None = None
    templated: frozenset[KeyPath] = frozenset()

    @property
    def identity(self) -> DestinationIdentity:
        """The identity used to find the destination in Segment."""
        return DestinationIdentity(
            source_id=self.source_id,
            metadata_id=self.metadata_id,
            source=self.source,
            destination_type=self.destination_type,
            name=self.name,
        )


class SubscriptionSpec(Spec, frozen=True, kw_only=True):
    """The desired state of a subscription.

    :param name: display name; with the action, it identifies the subscription within its destination.
    :param trigger: an FQL statement.
    :param action_id: id of its action, which can't be changed later; empty until ``action`` is resolved.
    :param action: slug or id of its action.
    :param enabled: whether it processes events; ``None`` leaves an existing one alone and creates a new one enabled.
    :param settings: keyed by the field names of the action; ``None`` leaves them alone.
    :param model_id: the Reverse ETL model its data comes from.
    :param reverse_etl_schedule: when that model syncs.
    :param id: Segment's id, to select one of several with the same name, or to rename it.
    :param previous_name: its earlier name, to rename it.
    :param templated: paths in ``settings`` whose values were rendered from templates.
    """

    name: str
    trigger: str
    action_id: str = ""
    action: str | None = None
    enabled: bool | None = None
    settings: dict[str, Any] | None = None
    model_id: str | None = None
    reverse_etl_schedule: dict[str, Any] | None = None
    id: str | None = None
    previous_name: str | None = None
    templated: frozenset[KeyPath] = frozenset()

    def identity(self, destination_id: str) -> SubscriptionIdentity:
        """Return the identity used to find the subscription in Segment.

        :param destination_id: its destination.
        """
        return SubscriptionIdentity(
            destination_id=destination_id,
            action_id=self.action_id,
            action=self.action,
            name=self.name,
            model_id=self.model_id,
        )


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "name": check_name,
    "action": check_reference,
    "action_id": check_id,
    "trigger": check_name,
    "enabled": check_flag,
    "settings": check_settings,
    "model_id": check_id,
    "reverse_etl_schedule": check_reverse_etl_schedule,
    "id": check_id,
    "previous_name": check_name,
}
_REQUIRED = ("name", "action", "trigger")


def check_subscriptions(argument: str, value: Any) -> tuple[SubscriptionSpec, ...]:
    """Check a list of subscriptions and return their descriptions.

    :param argument: the argument's name.
    :param value: dicts with the keys of ``SubscriptionSpec``, or the same as a JSON array in a string. Keys other than
        name, action and trigger may be omitted or ``None``. A ``model_id`` of ``""``, which Segment returns, means no
        model.
    :raises ValueError: an entry is invalid; the message names it, the key, its value and what is allowed.
    """
    specs = tuple(_check_entry(label, entry) for label, entry in labelled_dicts(argument, value))
    check_distinct_ids(argument, [spec.id for spec in specs], kind="subscription")
    return specs


def _check_entry(label: str, entry: Mapping[str, Any]) -> SubscriptionSpec:
    check_keys(label, entry, allowed=_CHECKS)
    if entry.get("action") is not None and entry.get("action_id") is not None:
        raise ValueError(
            f"{label}: action and action_id can't be combined; set only action, which takes a slug or an id"
        )
    if missing := [
        key for key in _REQUIRED if entry.get(key) is None and entry.get(ID_ARGUMENTS.get(key, key)) is None
    ]:
        raise ValueError(f"{label}: {missing[0]!r} is missing; name, action (or action_id) and trigger are required")
    present = {key: value for key, value in entry.items() if value is not None and (key, value) != ("model_id", "")}
    return SubscriptionSpec(**{key: _CHECKS[key](f"{label}[{key!r}]", value) for key, value in present.items()})


def without_none(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings without the keys whose value is ``None``, at any depth; in a new object, ``None`` means absent.

    A ``None`` in a list stays: removing it would shift the other entries, and a later comparison would report a
    difference. The API's schema allows any JSON in settings, so an existing list may contain nulls, and it must be
    possible to recreate that list elsewhere.

    :param settings: the described settings.
    """
    return {key: _without_none(value) for key, value in settings.items() if value is not None}


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return without_none(value)
    return [_without_none(item) for item in value] if isinstance(value, list | tuple) else value
