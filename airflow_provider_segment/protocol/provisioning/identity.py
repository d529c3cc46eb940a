"""What makes two objects the same one, and how an existing one is pointed at.

The API has no idempotency key and no name that is unique by promise, so identity is agreed here: a destination is
its source, its catalog id and its name; a subscription is its destination, its action and its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from airflow_provider_segment.protocol.arguments import check_id, check_name


class DestinationIdentity(Struct, frozen=True, kw_only=True):
    """The identity of a destination.

    :param source_id: its source.
    :param metadata_id: the catalog id of its type.
    :param name: its display name.
    """

    source_id: str
    metadata_id: str
    name: str

    def __str__(self) -> str:
        return f"destination {self.name!r} of type {self.metadata_id} on source {self.source_id}"


class SubscriptionIdentity(Struct, frozen=True, kw_only=True):
    """The identity of a subscription.

    :param destination_id: its destination.
    :param action_id: what it does.
    :param name: its display name.
    """

    destination_id: str
    action_id: str
    name: str

    def __str__(self) -> str:
        return f"subscription {self.name!r} to action {self.action_id} of destination {self.destination_id}"


Identity = DestinationIdentity | SubscriptionIdentity


def parse_destination_target(
    *, destination_id: Any = None, source_id: Any = None, metadata_id: Any = None, name: Any = None
) -> str | DestinationIdentity:
    """Check the arguments that point at a destination: its id, or its whole identity.

    :return: whichever was given.
    :raises ValueError: both, neither, or half an identity was given.
    """
    parts = {"source_id": source_id, "metadata_id": metadata_id, "name": name}
    if is_given_by_id("destination_id", destination_id, parts):
        return check_id("destination_id", destination_id)
    return DestinationIdentity(
        source_id=check_id("source_id", source_id),
        metadata_id=check_id("metadata_id", metadata_id),
        name=check_name("name", name),
    )


def parse_subscription_target(
    *, destination_id: Any, subscription_id: Any = None, action_id: Any = None, name: Any = None
) -> str | SubscriptionIdentity:
    """Check the arguments that point at a subscription: its id, or its whole identity.

    :return: whichever was given.
    :raises ValueError: both, neither, or half an identity was given.
    """
    destination = check_id("destination_id", destination_id)
    if is_given_by_id("subscription_id", subscription_id, {"action_id": action_id, "name": name}):
        return check_id("subscription_id", subscription_id)
    return SubscriptionIdentity(
        destination_id=destination,
        action_id=check_id("action_id", action_id),
        name=check_name("name", name),
    )


def is_given_by_id(id_argument: str, id_value: Any, parts: Mapping[str, Any]) -> bool:
    """Say which way an object is pointed at; whether an argument was given is known before templates are rendered.

    :param id_argument: name of the argument that takes the id.
    :param id_value: its value.
    :param parts: the arguments that make the identity.
    :return: ``True`` for the id, ``False`` for the identity.
    :raises ValueError: both, neither, or half an identity was given.
    """
    given = [argument for argument, value in parts.items() if value is not None]
    allowed = f"give either {id_argument}, or {' and '.join(parts)} together"
    if id_value is not None and given:
        raise ValueError(
            f"{id_argument} was given together with {', '.join(given)} (perhaps by default_args); {allowed}"
        )
    if id_value is None and len(given) < len(parts):
        absent = ", ".join(argument for argument in parts if argument not in given)
        raise ValueError(f"{allowed}; missing: {absent}")
    return id_value is not None
