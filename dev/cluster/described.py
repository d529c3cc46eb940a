"""The destinations that the cluster's DAGs describe; the checks compare Segment's objects with them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

VARIABLE = "SEGMENT_CLUSTER_DESTINATIONS"
"""Name of the variable with the number of destinations."""

SOURCE_SIZE = 20
"""Destinations of one source, which can have at most 25 of one type."""
TYPE = "sandbox-analytics"
KEY_CONNECTION = "cluster_key"
"""The connection with the key in the destinations' settings."""

SUBSCRIPTIONS: list[dict[str, Any]] = [
    {"name": "Every track", "action": "sandbox-track", "trigger": 'type = "track"'},
    {"name": "Every identify", "action": "sandbox-identify", "trigger": 'type = "identify"'},
]
FLEET_SIZE = 10
"""Destinations in one task of ``SegmentApplyWorkspaceOperator``."""


Identity = dict[str, str]
"""The name of a destination, and its source."""


@dataclass(frozen=True, kw_only=True)
class Described:
    """The destinations, by the way in which they are provisioned.

    :param mapped: each by its own mapped task.
    :param fleets: each list by one task of ``SegmentApplyWorkspaceOperator``.
    """

    mapped: list[Identity]
    fleets: list[list[Identity]]

    @property
    def all(self) -> list[Identity]:
        """All destinations."""
        return [*self.mapped, *(one for fleet in self.fleets for one in fleet)]

    @property
    def sources(self) -> list[str]:
        """The ids of their sources."""
        return sorted({one["source"] for one in self.all})


def described_destinations(count: int | None = None) -> Described:
    """Return the destinations: half of them by mapping, half by ``SegmentApplyWorkspaceOperator``.

    :param count: their number; by default from the environment.
    """
    total = int(os.environ.get(VARIABLE, "10")) if count is None else count
    destinations = [
        {"name": f"Cluster {number:04d}", "source": f"cluster-source-{number // SOURCE_SIZE}"}
        for number in range(total)
    ]
    mapped, rest = destinations[: total // 2], destinations[total // 2 :]
    # At least two fleets, so that they run at the same time.
    size = min(FLEET_SIZE, max(1, len(rest) // 2))
    return Described(mapped=mapped, fleets=[rest[start : start + size] for start in range(0, len(rest), size)])
