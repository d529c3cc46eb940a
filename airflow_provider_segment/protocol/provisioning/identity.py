"""The identities of objects, and the selection of an object by either its identity or its id.

The API has no idempotency key and does not promise that a name is unique, so this package defines identity: a
destination is identified by its source, its catalog id and its name; a subscription by its destination, its action, its
name and, with Reverse ETL, its model; a filter by its destination and its title.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class DestinationIdentity(Struct, frozen=True, kw_only=True):
    """The identity of a destination.

    Slugs of its source and type are resolved by ``provisioning/references.py``.

    :param name: display name.
    :param source_id: id of its source; empty until ``source`` is resolved.
    :param metadata_id: catalog id of its type; empty until ``destination_type`` is resolved.
    :param source: slug or id of its source.
    :param destination_type: slug or catalog id of its type.
    """

    name: str
    source_id: str = ""
    metadata_id: str = ""
    source: str | None = None
    destination_type: str | None = None

    def __str__(self) -> str:
        kind, source = self.destination_type or self.metadata_id, self.source or self.source_id
        return f"destination {self.name!r} of type {kind} on source {source}"


class SubscriptionIdentity(Struct, frozen=True, kw_only=True):
    """The identity of a subscription.

    :param destination_id: id of its destination.
    :param name: display name.
    :param action_id: id of its action; empty until ``action`` is resolved.
    :param model_id: id of its Reverse ETL model; ``None`` for any.
    :param action: slug or id of its action.
    """

    destination_id: str
    name: str
    action_id: str = ""
    model_id: str | None = None
    action: str | None = None

    def __str__(self) -> str:
        action = self.action or self.action_id
        return f"subscription {self.name!r} to action {action} of destination {self.destination_id}"


class FilterIdentity(Struct, frozen=True, kw_only=True):
    """The identity of a filter.

    :param destination_id: id of its destination.
    :param name: its title.
    """

    destination_id: str
    name: str

    def __str__(self) -> str:
        return f"filter {self.name!r} of destination {self.destination_id}"


Identity = DestinationIdentity | SubscriptionIdentity | FilterIdentity


def destination_target(arguments: Mapping[str, Any]) -> str | DestinationIdentity:
    """Return the argument ``destination_id`` or, if it is not set, the identity that the other arguments define.

    :param arguments: arguments by name.
    """
    if "destination_id" in arguments:
        return str(arguments["destination_id"])
    names = ("source", "source_id", "destination_type", "metadata_id", "name")
    return DestinationIdentity(**_present(arguments, names))


def subscription_target(arguments: Mapping[str, Any]) -> str | SubscriptionIdentity:
    """Return the argument ``subscription_id`` or, if it is not set, the identity that the other arguments define.

    :param arguments: arguments by name.
    """
    if "subscription_id" in arguments:
        return str(arguments["subscription_id"])
    return SubscriptionIdentity(**_present(arguments, ("destination_id", "action", "action_id", "name")))


def filter_target(arguments: Mapping[str, Any]) -> str | FilterIdentity:
    """Return the argument ``filter_id`` or, if it is not set, the identity that the other arguments define.

    :param arguments: arguments by name.
    """
    if "filter_id" in arguments:
        return str(arguments["filter_id"])
    return FilterIdentity(destination_id=arguments["destination_id"], name=arguments["title"])


def _present(arguments: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: arguments[name] for name in names if name in arguments}
