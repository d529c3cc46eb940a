"""The destinations of each source, listed once for all descriptions, and again when the list is too old."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from airflow_provider_segment.protocol.api.objects import Destination
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
from airflow_provider_segment.protocol.workspace.reading import read_destinations

LASTS = 600.0
"""Seconds for which an object that a list does not show counts as missing; concurrent creates are detected later."""

Clocks = tuple[float, float]


@dataclass(slots=True)
class Listings:
    """The lists of destinations, by source."""

    _lists: dict[str, tuple[Clocks, list[Destination]]] = field(default_factory=dict, repr=False)

    def read(self, options: CallOptions, source_id: str, *, max_age: float = LASTS) -> Flow[list[Destination]]:
        """Return the destinations of a source; list them first if there is no list yet or the list is too old.

        :param source_id: id of the source.
        :param max_age: maximum age of the list, in seconds; with a negative number, it is always listed again.
        """
        now = options.clocks()
        if source_id in self._lists:
            then, listed = self._lists[source_id]
            # One of the clocks may stop while a machine is suspended.
            if 0 <= max(later - earlier for earlier, later in zip(then, now, strict=True)) <= max_age:
                return listed
        listed = yield from read_destinations(options, source_id=source_id)
        self._lists[source_id] = (now, listed)
        return listed

    def __contains__(self, source_id: str) -> bool:
        """Return whether a source has been listed."""
        return source_id in self._lists

    def __iter__(self) -> Iterator[tuple[str, list[Destination]]]:
        """Yield each source id with its destinations."""
        return ((source_id, listed) for source_id, (_, listed) in self._lists.items())
