"""The objects of a workspace and their ids."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

DISTANT_PAST = float("-inf")
"""Creation time of seeded objects: so early that no list omits them as too new."""

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source; it never changes after seeding.

    :param id: its id.
    :param encoded: the complete record as JSON.
    """

    id: str
    encoded: msgspec.Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A destination. Its settings hold secrets in plain text; responses mask them.

    :param created_at: seconds since 1970 on the sandbox's clock.
    """

    id: str
    name: str
    enabled: bool
    source_id: str
    metadata_id: str
    settings: Mapping[str, Any]
    created_at: float = DISTANT_PAST


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A subscription, which the Segment app calls a mapping.

    :param model_id: Reverse ETL model; empty if there is none.
    :param schedule: ``reverseETLSchedule``; None if there is none.
    :param created_at: seconds since 1970 on the sandbox's clock.
    """

    id: str
    name: str
    action_id: str
    action_slug: str
    destination_id: str
    enabled: bool
    trigger: str
    settings: Mapping[str, Any]
    model_id: str
    schedule: Mapping[str, Any] | None = None
    created_at: float = DISTANT_PAST


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A destination filter.

    :param condition: FQL statement that selects events; the API calls it ``if``.
    :param actions: what happens to them, with the API's keys.
    :param description: the description; None if there is none.
    :param created_at: seconds since 1970 on the sandbox's clock.
    :param updated_at: seconds since 1970 on the sandbox's clock.
    """

    id: str
    source_id: str
    destination_id: str
    title: str
    condition: str
    actions: Sequence[Mapping[str, Any]]
    enabled: bool
    description: str | None = None
    created_at: float = DISTANT_PAST
    updated_at: float = DISTANT_PAST


def new_destination_id() -> str:
    """Return a random id in Segment's format for destinations: 24 hexadecimal digits."""
    return secrets.token_hex(12)


def new_child_id() -> str:
    """Return a random id in Segment's format for subscriptions and filters: 22 base-58 characters."""
    return "".join(secrets.choice(_BASE58) for _ in range(22))


def new_config_id() -> str:
    """Return a random id for the ``configId`` of a destination's ``dynamicAuthSettings``."""
    return new_child_id()
