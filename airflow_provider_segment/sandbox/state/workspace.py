"""The workspace: every object, and the only place that changes any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from airflow_provider_segment.sandbox.state.catalog import CatalogEntry
from airflow_provider_segment.sandbox.state.deliveries import DeliveryLog
from airflow_provider_segment.sandbox.state.objects import Destination, Source, Subscription

ID = "sandbox-workspace"
SLUG = "sandbox"
NAME = "Sandbox"

Dated = TypeVar("Dated", Destination, Subscription)


class Workspace:
    """Everything one token can see.

    :param sources: never changed.
    :param catalog: the destination types, never changed.
    :param destinations: with their subscriptions, as they are at the start.
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
        """Give all destinations, oldest first."""
        return self._destinations.values()

    def destination(self, destination_id: str) -> Destination | None:
        """Find a destination."""
        return self._destinations.get(destination_id)

    def put_destination(self, destination: Destination) -> None:
        """Add a destination, or put it in the place of the one with its id."""
        self._destinations[destination.id] = destination
        self._subscriptions.setdefault(destination.id, {})
        self._deliveries.setdefault(destination.id, DeliveryLog())

    def remove_destination(self, destination_id: str) -> None:
        """Remove a destination with its subscriptions and deliveries."""
        del self._destinations[destination_id]
        del self._subscriptions[destination_id]
        del self._deliveries[destination_id]

    def subscriptions(self, destination_id: str) -> Iterable[Subscription]:
        """Give the subscriptions of a destination, oldest first."""
        return self._subscriptions[destination_id].values()

    def all_subscriptions(self) -> Iterable[Subscription]:
        """Give the subscriptions of all destinations."""
        return (subscription for group in self._subscriptions.values() for subscription in group.values())

    def subscription(self, destination_id: str, subscription_id: str) -> Subscription | None:
        """Find a subscription."""
        return self._subscriptions[destination_id].get(subscription_id)

    def put_subscription(self, subscription: Subscription) -> None:
        """Add a subscription, or put it in the place of the one with its id."""
        self._subscriptions[subscription.destination_id][subscription.id] = subscription

    def remove_subscription(self, subscription: Subscription) -> None:
        """Remove a subscription."""
        del self._subscriptions[subscription.destination_id][subscription.id]

    def deliveries(self, destination_id: str) -> DeliveryLog:
        """Give what a destination delivered."""
        return self._deliveries[destination_id]

    def update_delivery_rate(self, destination_id: str, *, per_minute: float, now: float) -> None:
        """Let a destination deliver by itself, or stop it, as its switches say; call it after every change."""
        running = self._destinations[destination_id].enabled and any(
            subscription.enabled for subscription in self.subscriptions(destination_id)
        )
        self._deliveries[destination_id].run(per_minute if running else 0.0, now=now)


def visible_in_lists(objects: Iterable[Dated], *, lag: float, now: float) -> Sequence[Dated]:
    """Give what a list shows: objects younger than ``lag`` seconds are not there yet."""
    if lag <= 0:
        return list(objects)
    return [item for item in objects if item.created_at + lag <= now]
