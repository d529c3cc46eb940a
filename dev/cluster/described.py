"""The destinations that the cluster's DAGs describe; the checks compare Segment's objects with them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

VARIABLE = "SEGMENT_CLUSTER_DESTINATIONS"
"""Name of the variable with the number of destinations."""

SOURCE = "sandbox-web"
TYPE = "sandbox-analytics"
KEY_CONNECTION = "cluster_key"
"""The connection with the key in the destinations' settings."""

SUBSCRIPTIONS: list[dict[str, Any]] = [
    {"name": "Every track", "action": "sandbox-track", "trigger": 'type = "track"'},
    {"name": "Every identify", "action": "sandbox-identify", "trigger": 'type = "identify"'},
]
FLEET_SIZE = 10
"""Destinations in one task of the fleet operator."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names of the destinations, by the way in which they are provisioned.

    :param mapped: each by its own mapped task.
    :param fleets: each list by one task of the fleet operator.
    """

    mapped: list[str]
    fleets: list[list[str]]

    @property
    def all(self) -> list[str]:
        """All names."""
        return [*self.mapped, *(name for fleet in self.fleets for name in fleet)]


def described_names(count: int | None = None) -> Names:
    """Return the names of the destinations: half of them by mapping, half by the fleet operator.

    :param count: number of destinations; by default from the environment.
    """
    total = int(os.environ.get(VARIABLE, "10")) if count is None else count
    names = [f"Cluster {number:04d}" for number in range(total)]
    mapped, rest = names[: total // 2], names[total // 2 :]
    # At least two fleets, so that they run at the same time.
    size = min(FLEET_SIZE, max(1, len(rest) // 2))
    return Names(mapped=mapped, fleets=[rest[start : start + size] for start in range(0, len(rest), size)])
