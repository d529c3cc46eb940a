"""The journal: requests and their results, without bodies or headers.

It contains all requests to the API, and the control requests that change something.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from airflow_provider_segment.sandbox.clock import format_iso_time

MAX_ENTRIES = 50_000
"""Number of requests kept; older ones are dropped."""


@dataclass(slots=True, kw_only=True)
class Entry:
    """A request in the journal.

    :param method: HTTP method as sent.
    :param path: the path as sent, still percent-encoded, without the query.
    :param query: the query as sent, still percent-encoded; empty without one.
    :param time: when the request was received, in seconds since 1970.
    :param status: status of the response; None if there was none, or none yet.
    :param fault: kind of the fault that was injected, or None.
    :param control: whether it is a control request.
    """

    method: str
    path: str
    query: str
    time: float
    status: int | None = None
    fault: str | None = None
    control: bool = False


class Journal:
    """The latest requests, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=MAX_ENTRIES)
        self.total = 0
        """Number of API requests since the last reset, dropped ones included."""

    def add(self, *, method: str, path: str, query: str, time: float) -> Entry:
        """Add a request and return its entry, to be completed when the response is known."""
        entry = Entry(method=method, path=path, query=query, time=time)
        self._entries.append(entry)
        self.total += 1
        return entry

    def add_control(self, *, method: str, path: str, query: str, time: float, status: int) -> None:
        """Add a control request that was processed."""
        self._entries.append(Entry(method=method, path=path, query=query, time=time, status=status, control=True))

    def clear(self) -> None:
        """Remove all entries."""
        self._entries.clear()
        self.total = 0

    def entries(self, *, last: int | None = None, control: bool = False) -> list[Entry]:
        """Return the entries, oldest first.

        :param last: return only this many of the latest ones; None for all.
        :param control: include control requests.
        """
        entries = [entry for entry in self._entries if control or not entry.control]
        return entries if last is None else entries[max(0, len(entries) - last) :]


def entry_json(entry: Entry) -> dict[str, object]:
    """Return an entry as JSON."""
    return {
        "method": entry.method,
        "path": entry.path,
        "query": entry.query,
        "time": format_iso_time(entry.time),
        "status": entry.status,
        "fault": entry.fault,
    }
