"""The search for canaries, which counts where it looked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.canaries.canaries import CANARIES
from tests.secrets.evidence import encodings

_NEEDLES = {name: [spelling.encode() for spelling in encodings(canary)] for name, canary in CANARIES.items()}


@dataclass
class Search:
    """What was searched, and what was found.

    ``places`` counts by kind; ``size`` is in bytes; ``found`` has a canary's name and where it is.
    """

    places: Counter[str] = field(default_factory=Counter)
    size: int = 0
    found: set[tuple[str, str]] = field(default_factory=set)

    def look(self, kind: str, place: str, content: bytes) -> None:
        """Search one place.

        :param kind: for the count.
        :param place: names it among those of its kind.
        :param content: all of it.
        """
        self.places[kind] += 1
        self.size += len(content)
        for name, needles in _NEEDLES.items():
            if any(needle in content for needle in needles):
                self.found.add((name, f"{kind}: {place}"))

    def summary(self) -> str:
        """Say in one line where it looked."""
        counts = ", ".join(f"{count} of {kind}" for kind, count in self.places.items())
        total = f"{self.places.total()} places, {self.size / 1e6:.1f} MB"
        return f"searched {total}, for {len(CANARIES)} canaries: {counts}"
