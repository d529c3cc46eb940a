"""Time that passes only when nothing else is left to do, and a log of what happened."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from random import Random

START = 1_750_000_000.0
"""Some moment of 2025: limits are told as dates."""


class ViolationError(AssertionError):
    """What was promised did not hold."""


class World:
    """A clock, what is to happen when, and the dice.

    :param seed: from which everything is drawn.
    """

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.now = START
        self.story: list[str] = []
        self._order = count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []

    def after(self, seconds: float, happen: Callable[[], None]) -> None:
        """Let something happen later; what is due at one time happens in the order it was asked for."""
        heapq.heappush(self._events, (self.now + seconds, next(self._order), happen))

    def run(self, until: Callable[[], bool]) -> None:
        """Let time pass until something holds, or nothing is left to happen."""
        while self._events and not until():
            self._next()

    def wait(self, seconds: float) -> None:
        """Let some time pass."""
        end = self.now + seconds
        while self._events and self._events[0][0] <= end:
            self._next()
        self.now = end

    def reconcile_timeout(self) -> None:
        """Let everything happen that is still on its way."""
        while self._events:
            self._next()

    def tell(self, text: str) -> None:
        """Add to the story."""
        self.story.append(f"{self.now - START:10.3f}  {text}")

    def _next(self) -> None:
        moment, _, happen = heapq.heappop(self._events)
        self.now = max(self.now, moment)
        happen()
