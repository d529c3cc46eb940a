"""The workspace, which holds all objects; only its methods change them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from airflow_provider_segment.sandbox.state.catalog import CatalogEntry
from airflow_provider_segment.sandbox.state.deliveries import DeliveryLog
from airflow_provider_segment.sandbox.state.objects import Destination, Source, Subscription

WORKSPACE_ID = "sandbox-workspace"
WORKSPACE_SLUG = "sandbox"
WORKSPACE_NAME = "Sandbox"

Item = TypeVar("Item", Destination, Subscription)


class Workspace:
    """The workspace that the token gives access to.

    :param sources: all sources; they never change.
    :param catalog: all destination types; they never change.
    :param destinations: initial destinations with their subscriptions.
    """

    def __init__(
        self,
        *,
        sources: Sequence[Source],
        catalog: Sequence[CatalogEntry],
        destinations: Sequence[tuple[Destination, Sequence[Subscription]]],
    ) -> None:
        self.sources: Mapping[str, Source] = {source.id: source for source in sources}
        self.catalog: Mapping[str, CatalogEntry] = {entry.id: entry for entry in catalog}
        self._destinations = {destination.id: destination for destination, _ in destinations}
        self._subscriptions = {
            destination.id: {subscription.id: subscription for subscription in subscriptions}
            for destination, subscriptions in destinations
        }
        self._deliveries = {destination.id: DeliveryLog() for destination, _ in destinations}

    def destinations(self) -> Iterable[Destination]:
        """Return all destinations, oldest first."""
        return self._destinations.values()

    def destination(self, destination_id: str) -> Destination | None:
        """Return a destination, or None."""
        return self._destinations.get(destination_id)

    def put_destination(self, destination: Destination) -> None:
        """Add a destination, or replace the one with the same id."""
        self._destinations[destination.id] = destination
        self._subscriptions.setdefault(destination.id, {})
        self._deliveries.setdefault(destination.id, DeliveryLog())

    def remove_destination(self, destination_id: str) -> None:
        """Remove a destination with its subscriptions and deliveries."""
        del self._destinations[destination_id]
        del self._subscriptions[destination_id]
        del self._deliveries[destination_id]

    def subscriptions(self, destination_id: str) -> Iterable[Subscription]:
        """Return the subscriptions of a destination, oldest first."""
        return self._subscriptions[destination_id].values()

    def all_subscriptions(self) -> Iterable[Subscription]:
        """Return the subscriptions of all destinations."""
        return (subscription for group in self._subscriptions.values() for subscription in group.values())

    def subscription(self, destination_id: str, subscription_id: str) -> Subscription | None:
        """Return a subscription, or None."""
        return self._subscriptions[destination_id].get(subscription_id)

    def put_subscription(self, subscription: Subscription) -> None:
        """Add a subscription, or replace the one with the same id."""
        self._subscriptions[subscription.destination_id][subscription.id] = subscription

    def remove_subscription(self, subscription: Subscription) -> None:
        """Remove a subscription."""
        del self._subscriptions[subscription.destination_id][subscription.id]

    def deliveries(self, destination_id: str) -> DeliveryLog:
        """Return the deliveries of a destination."""
        return self._deliveries[destination_id]

    def update_delivery_rate(self, destination_id: str, *, per_minute: float, now: float) -> None:
        """Start or stop a destination's automatic deliveries, which run while it and a subscription are enabled.

        :param per_minute: events per minute while they run.
        :param now: seconds since 1970.
        """
        running = self._destinations[destination_id].enabled and any(
            subscription.enabled for subscription in self.subscriptions(destination_id)
        )
        self._deliveries[destination_id].set_rate(per_minute if running else 0.0, now=now)


def visible_in_lists(objects: Iterable[Item], *, lag: float, now: float) -> Sequence[Item]:
    """Return the objects that lists show: those created at least ``lag`` seconds ago."""
    if lag <= 0:
        return list(objects)
    return [item for item in objects if item.created_at + lag <= now]
