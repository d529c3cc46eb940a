"""Walking the pages of a listing, one request at a time."""

from __future__ import annotations

from typing import TypeVar

from airflow_provider_segment.protocol.errors import SegmentProtocolError
from airflow_provider_segment.protocol.flow.exchange import exchange
from airflow_provider_segment.protocol.flow.steps import Emit, Flow, Outcome, Terms, Walk
from airflow_provider_segment.protocol.wire.pagination import Listing

T = TypeVar("T")


def walk(listing: Listing[T], terms: Terms) -> Walk[T]:
    """Fetch page after page and emit each one's entries.

    :param listing: what to list.
    :param terms: budgets hold for each page.
    :raises SegmentProtocolError: a cursor came twice, so the walk would never end.
    """
    seen: set[str | None] = set()
    cursor: str | None = None
    while cursor not in seen:
        seen.add(cursor)
        page = yield from exchange(listing.page(cursor), terms)
        yield Emit(page.items)
        cursor = page.cursor
        if cursor is None:
            return
    raise SegmentProtocolError(f"{listing.operation.name}: the pages go in a circle ({terms.connection})")


def collect(listing: Listing[T], terms: Terms) -> Flow[list[T]]:
    """Fetch all pages.

    :param listing: what to list.
    :param terms: budgets hold for each page.
    :return: all entries.
    :raises SegmentProtocolError: a cursor came twice, so the walk would never end.
    """
    items: list[T] = []
    pages = walk(listing, terms)
    reply: Outcome | None = None
    while True:
        try:
            step = pages.send(reply)
        except StopIteration:
            return items
        if isinstance(step, Emit):
            items.extend(step.items)
            reply = None
        else:
            reply = yield step
