"""What an apply of many descriptions returns; ``SegmentPartialFailureError`` carries it too."""

from __future__ import annotations

from typing import TypedDict


class DestinationResult(TypedDict):
    """What an apply did, or would do, to one described destination.

    ``path`` is its file, and ``result`` is ``created``, ``changed``, ``kept``, ``removed``, ``failed`` or ``skipped``.
    """

    path: str
    name: str | None
    destination_id: str | None
    result: str
    error: str | None


class WorkspaceSummary(TypedDict):
    """What an apply of many descriptions did, or would do; holds no values of settings.

    ``results`` counts the destinations by result. ``unsupplied_secrets`` are aliases whose secrets were not compared.
    """

    differs: bool
    results: dict[str, int]
    destinations: list[DestinationResult]
    unsupplied_secrets: list[str]
