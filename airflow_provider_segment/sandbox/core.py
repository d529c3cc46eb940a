"""The sandbox without its HTTP layer: workspace, settings, clock, faults, rate limits and journal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from airflow_provider_segment.sandbox.clock import Clock, DelayedCalls
from airflow_provider_segment.sandbox.faults import FaultQueue
from airflow_provider_segment.sandbox.journal import Journal
from airflow_provider_segment.sandbox.rate_limits import RateLimits
from airflow_provider_segment.sandbox.settings import Settings
from airflow_provider_segment.sandbox.state.seed import Seed
from airflow_provider_segment.sandbox.state.workspace import Item, Workspace, visible_in_lists


class Sandbox:
    """One workspace with its token, clock, journal, rate limits and faults.

    :param token: the only token that is accepted.
    :param seed: initial content of the workspace, restored by a reset.
    :param settings: initial settings.
    :param clock: source of the time; ``clock_offset_seconds`` of the settings shifts it.
    """

    def __init__(self, *, token: str, seed: Seed, settings: Settings | None = None, clock: Clock | None = None) -> None:
        self.token = token
        self.clock = clock or Clock()
        self.journal = Journal()
        self.limits = RateLimits()
        self.faults = FaultQueue()
        self.delayed_calls = DelayedCalls()
        self.initial_settings = settings or Settings()
        self.settings = self.initial_settings
        self._initial_seed = seed
        self.reset()
        self.change_settings(self.initial_settings)

    def reset(self, seed: Seed | None = None) -> None:
        """Load a seed, and clear the journal, faults, delayed calls and rate limit counts; settings are kept.

        :param seed: new content of the workspace; by default the initial seed.
        """
        seed = seed or self._initial_seed
        self.workspace = Workspace(
            sources=seed.sources,
            catalog=seed.catalog,
            destinations=seed.destinations,
            subscriptions=seed.subscriptions,
            filters=seed.filters,
        )
        self.journal.clear()
        self.limits.clear()
        self.faults.clear()
        self.delayed_calls.cancel_all()
        self._update_all_delivery_rates()

    def change_settings(self, settings: Settings) -> None:
        """Apply new settings; a change to a rate limit or its window resets all rate limit counts."""
        if _limits(settings) != _limits(self.settings):
            self.limits.clear()
        self.settings = settings
        self.clock.offset = settings.clock_offset_seconds
        self._update_all_delivery_rates()

    def update_delivery_rate(self, destination_id: str) -> None:
        """Start or stop a destination's automatic deliveries.

        Call this after every change to the destination or its subscriptions.
        """
        self.workspace.update_delivery_rate(
            destination_id, per_minute=self.settings.deliveries_per_minute, now=self.clock.now()
        )

    def listed(self, objects: Iterable[Item]) -> Sequence[Item]:
        """Return the objects that are visible in lists."""
        return visible_in_lists(objects, lag=self.settings.list_lag_seconds, now=self.clock.now())

    def _update_all_delivery_rates(self) -> None:
        for destination in self.workspace.destinations():
            self.update_delivery_rate(destination.id)


def _limits(settings: Settings) -> tuple[object, ...]:
    return (
        settings.default_limit_per_minute,
        settings.subscription_write_limit_per_minute,
        settings.limit_window_seconds,
    )
