"""The search for canaries, which counts the places it searched."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.canaries.canaries import CANARIES
from tests.secrets.evidence import encodings

_NEEDLES = {name: [encoded.encode() for encoded in encodings(canary)] for name, canary in CANARIES.items()}


@dataclass
class Search:
    """A search: the places searched, and the canaries found.

    ``places`` counts by kind; ``size`` is in bytes; ``found`` has the name and place of each canary found.
    """

    places: Counter[str] = field(default_factory=Counter)
    size: int = 0
    found: set[tuple[str, str]] = field(default_factory=set)

    def search(self, kind: str, place: str, content: bytes) -> None:
        """Search one place.

        :param kind: the kind of place, for the count.
        :param place: name of the place.
        :param content: its content.
        """
        self.places[kind] += 1
        self.size += len(content)
        for name, needles in _NEEDLES.items():
            if any(needle in content for needle in needles):
                self.found.add((name, f"{kind}: {place}"))

    def summary(self) -> str:
        """Return in one line what was searched."""
        counts = ", ".join(f"{count} of {kind}" for kind, count in self.places.items())
        total = f"{self.places.total()} places, {self.size / 1e6:.1f} MB"
        return f"searched {total}, for {len(CANARIES)} canaries: {counts}"
