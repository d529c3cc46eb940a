"""A virtual clock with scheduled events, and a log of what happened."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from random import Random

START = 1_750_000_000.0
"""A moment in 2025, since rate limits are reported as dates."""


class ViolationError(AssertionError):
    """A promise was broken."""


class World:
    """A clock, scheduled events, and random numbers.

    :param seed: of the random numbers.
    """

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.now = START
        self.story: list[str] = []
        self._order = count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []

    def after(self, seconds: float, happen: Callable[[], None]) -> None:
        """Schedule an event; events due at the same time run in the order they were scheduled."""
        heapq.heappush(self._events, (self.now + seconds, next(self._order), happen))

    def run(self, until: Callable[[], bool]) -> None:
        """Advance the clock until a condition holds, or no event is left."""
        while self._events and not until():
            self._next()

    def wait(self, seconds: float) -> None:
        """Advance the clock by some seconds."""
        end = self.now + seconds
        while self._events and self._events[0][0] <= end:
            self._next()
        self.now = end

    def drain(self) -> None:
        """Advance the clock until no event is left."""
        while self._events:
            self._next()

    def record(self, text: str) -> None:
        """Add a line to the story."""
        self.story.append(f"{self.now - START:10.3f}  {text}")

    def _next(self) -> None:
        moment, _, happen = heapq.heappop(self._events)
        self.now = max(self.now, moment)
        happen()
