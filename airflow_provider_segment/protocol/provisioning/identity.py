"""The identity of an object, and the arguments that select an existing one.

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

    :param source_id: id of its source.
    :param metadata_id: catalog id of its type.
    :param name: display name.
    """

    source_id: str
    metadata_id: str
    name: str

    def __str__(self) -> str:
        return f"destination {self.name!r} of type {self.metadata_id} on source {self.source_id}"


class SubscriptionIdentity(Struct, frozen=True, kw_only=True):
    """The identity of a subscription.

    :param destination_id: id of its destination.
    :param action_id: id of its action.
    :param name: display name.
    :param model_id: id of its Reverse ETL model; ``None`` for any.
    """

    destination_id: str
    action_id: str
    name: str
    model_id: str | None = None

    def __str__(self) -> str:
        return f"subscription {self.name!r} to action {self.action_id} of destination {self.destination_id}"


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
    """Return the id or the identity that checked arguments select a destination by.

    :param arguments: arguments by name.
    """
    if "destination_id" in arguments:
        return str(arguments["destination_id"])
    return DestinationIdentity(
        source_id=arguments["source_id"], metadata_id=arguments["metadata_id"], name=arguments["name"]
    )


def subscription_target(arguments: Mapping[str, Any]) -> str | SubscriptionIdentity:
    """Return the id or the identity that checked arguments select a subscription by.

    :param arguments: arguments by name.
    """
    if "subscription_id" in arguments:
        return str(arguments["subscription_id"])
    return SubscriptionIdentity(
        destination_id=arguments["destination_id"], action_id=arguments["action_id"], name=arguments["name"]
    )


def filter_target(arguments: Mapping[str, Any]) -> str | FilterIdentity:
    """Return the id or the identity that checked arguments select a filter by.

    :param arguments: arguments by name.
    """
    if "filter_id" in arguments:
        return str(arguments["filter_id"])
    return FilterIdentity(destination_id=arguments["destination_id"], name=arguments["title"])


def check_selection(id_argument: str, id_value: Any, parts: Mapping[str, Any]) -> None:
    """Check that an object is selected by its id or by its whole identity; works before templates are rendered.

    :param id_argument: name of the argument that takes the id.
    :param id_value: its value.
    :param parts: the arguments that make up the identity.
    :raises ValueError: both are set, neither is, or the identity is incomplete.
    """
    present = [argument for argument, value in parts.items() if value is not None]
    allowed = f"give either {id_argument}, or {' and '.join(parts)}{' together' if len(parts) > 1 else ''}"
    if id_value is not None and present:
        raise ValueError(
            f"{id_argument} was given together with {', '.join(present)} (perhaps by default_args); {allowed}"
        )
    if id_value is None and len(present) < len(parts):
        missing = ", ".join(argument for argument in parts if argument not in present)
        raise ValueError(f"{allowed}; missing: {missing}")
