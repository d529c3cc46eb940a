"""The workspace, which holds all objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from airflow_provider_segment.sandbox.state.catalog import CatalogEntry
from airflow_provider_segment.sandbox.state.children import Children
from airflow_provider_segment.sandbox.state.deliveries import DeliveryLog
from airflow_provider_segment.sandbox.state.objects import Destination, Filter, Source, Subscription

WORKSPACE_ID = "sandbox-workspace"
WORKSPACE_SLUG = "sandbox"
WORKSPACE_NAME = "Sandbox"


class Created(Protocol):
    """An object with a creation time."""

    @property
    def created_at(self) -> float:
        """Creation time, in seconds since 1970 on the sandbox's clock."""


Item = TypeVar("Item", bound=Created)


class Workspace:
    """The workspace that the token gives access to.

    :param sources: all sources; they never change.
    :param catalog: all destination types; they never change.
    :param destinations: initial destinations.
    :param subscriptions: initial subscriptions of all destinations.
    :param filters: initial filters of all destinations.
    """

    def __init__(
        self,
        *,
        sources: Sequence[Source],
        catalog: Sequence[CatalogEntry],
        destinations: Sequence[Destination],
        subscriptions: Sequence[Subscription],
        filters: Sequence[Filter],
    ) -> None:
        self.sources: Mapping[str, Source] = {source.id: source for source in sources}
        self.catalog: Mapping[str, CatalogEntry] = {entry.id: entry for entry in catalog}
        self.subscriptions = Children(subscriptions)
        self.filters = Children(filters)
        self._children: tuple[Children[Any], ...] = (self.subscriptions, self.filters)
        self._destinations = {destination.id: destination for destination in destinations}
        self._deliveries = {destination.id: DeliveryLog() for destination in destinations}

    def destinations(self) -> Iterable[Destination]:
        """Return all destinations, oldest first."""
        return self._destinations.values()

    def destination(self, destination_id: str) -> Destination | None:
        """Return a destination, or None if it does not exist."""
        return self._destinations.get(destination_id)

    def put_destination(self, destination: Destination) -> None:
        """Add a destination, or replace the one with the same id."""
        self._destinations[destination.id] = destination
        self._deliveries.setdefault(destination.id, DeliveryLog())

    def remove_destination(self, destination_id: str) -> None:
        """Remove a destination and everything that belongs to it."""
        del self._destinations[destination_id]
        for children in self._children:
            children.remove_all_of(destination_id)
        del self._deliveries[destination_id]

    def deliveries(self, destination_id: str) -> DeliveryLog:
        """Return the deliveries of a destination."""
        return self._deliveries[destination_id]

    def update_delivery_rate(self, destination_id: str, *, per_minute: float, now: float) -> None:
        """Start or stop a destination's automatic deliveries.

        They run while the destination and at least one of its subscriptions are enabled.

        :param per_minute: events per minute while they run.
        :param now: seconds since 1970.
        """
        running = self._destinations[destination_id].enabled and any(
            subscription.enabled for subscription in self.subscriptions.of(destination_id)
        )
        self._deliveries[destination_id].set_rate(per_minute if running else 0.0, now=now)


def visible_in_lists(objects: Iterable[Item], *, lag: float, now: float) -> Sequence[Item]:
    """Return the objects that lists show: those created at least ``lag`` seconds ago."""
    if lag <= 0:
        return list(objects)
    return [item for item in objects if item.created_at + lag <= now]
