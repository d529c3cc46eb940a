"""The journal: which requests came in, and what became of them. It holds no bodies and no headers."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from airflow_provider_segment.sandbox.clock import format_iso_time

LONGEST = 50_000
"""How many requests are remembered; older ones are forgotten."""


@dataclass(slots=True, kw_only=True)
class Entry:
    """One request.

    :param method: as sent.
    :param path: as sent, still percent-encoded, without the query.
    :param query: as sent, still percent-encoded; empty when there was none.
    :param time: when it came in, seconds since 1970.
    :param status: status of the answer; None when none was sent, or not yet.
    :param fault: kind of the fault it met.
    """

    method: str
    path: str
    query: str
    time: float
    status: int | None = None
    fault: str | None = None


class Journal:
    """The latest requests, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=LONGEST)
        self.total = 0
        """How many requests came in since the last reset, the forgotten ones too."""

    def open(self, *, method: str, path: str, query: str, time: float) -> Entry:
        """Note a request as it comes in; its end is noted in the entry returned."""
        entry = Entry(method=method, path=path, query=query, time=time)
        self._entries.append(entry)
        self.total += 1
        return entry

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self.total = 0

    def entries(self, *, last: int | None = None) -> list[Entry]:
        """Give the requests, oldest first; only the ``last`` ones when asked."""
        entries = list(self._entries)
        return entries if last is None else entries[max(0, len(entries) - last) :]


def entry_json(entry: Entry) -> dict[str, object]:
    """Write one request as JSON."""
    return {
        "method": entry.method,
        "path": entry.path,
        "query": entry.query,
        "time": format_iso_time(entry.time),
        "status": entry.status,
        "fault": entry.fault,
    }
