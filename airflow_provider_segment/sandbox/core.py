"""The sandbox as one thing: everything it remembers and everything that can be set."""

from __future__ import annotations

from collections.abc import Sequence

from airflow_provider_segment.sandbox.clock import Clock, DelayedCalls
from airflow_provider_segment.sandbox.faults import FaultQueue
from airflow_provider_segment.sandbox.journal import Journal
from airflow_provider_segment.sandbox.rate_limits import RateLimits
from airflow_provider_segment.sandbox.settings import Settings
from airflow_provider_segment.sandbox.state.objects import Destination, Subscription
from airflow_provider_segment.sandbox.state.seed import Seed
from airflow_provider_segment.sandbox.state.workspace import Workspace, listed


class Sandbox:
    """One workspace with its token, clock, journal, limits and faults.

    :param token: the only token that is accepted.
    :param seed: what the workspace starts with, and returns to on a reset.
    :param settings: the switches at the start; ``clock_offset_seconds`` of them moves ``clock``.
    :param clock: where the time comes from.
    """

    def __init__(self, *, token: str, seed: Seed, settings: Settings | None = None, clock: Clock | None = None) -> None:
        self.token = token
        self.clock = clock or Clock()
        self.journal = Journal()
        self.limits = RateLimits()
        self.faults = FaultQueue()
        self.delayed_calls = DelayedCalls()
        self.first_settings = settings or Settings()
        self.settings = self.first_settings
        self._first_seed = seed
        self.reset()
        self.change_settings(self.first_settings)

    def reset(self, seed: Seed | None = None) -> None:
        """Forget all state, the journal, the faults and what counts towards limits; settings stay.

        :param seed: what to begin with; by default what the sandbox was started with.
        """
        begin = seed or self._first_seed
        self.workspace = Workspace(sources=begin.sources, catalog=begin.catalog, destinations=begin.destinations)
        self.journal.clear()
        self.limits.clear()
        self.faults.clear()
        self.delayed_calls.cancel_all()
        self._pace_all()

    def change_settings(self, settings: Settings) -> None:
        """Put new settings into force."""
        self.settings = settings
        self.clock.offset = settings.clock_offset_seconds
        self._pace_all()

    def pace_deliveries(self, destination_id: str) -> None:
        """Let a destination deliver by itself, or stop it; to be called after every change to it."""
        self.workspace.pace_deliveries(
            destination_id, per_minute=self.settings.deliveries_per_minute, now=self.clock.now()
        )

    def listed_destinations(self) -> Sequence[Destination]:
        """Give the destinations that lists show."""
        return listed(self.workspace.destinations(), lag=self.settings.list_lag_seconds, now=self.clock.now())

    def listed_subscriptions(self, destination_id: str) -> Sequence[Subscription]:
        """Give the subscriptions of a destination that lists show."""
        subscriptions = self.workspace.subscriptions(destination_id)
        return listed(subscriptions, lag=self.settings.list_lag_seconds, now=self.clock.now())

    def _pace_all(self) -> None:
        for destination in self.workspace.destinations():
            self.pace_deliveries(destination.id)
