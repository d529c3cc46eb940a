"""Pagination: fetching a listing page by page."""

from __future__ import annotations

from typing import TypeVar

from airflow_provider_segment.protocol.errors import SegmentProtocolError
from airflow_provider_segment.protocol.flow.exchange import exchange
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Items, PagedFlow, Reply
from airflow_provider_segment.protocol.wire.pagination import Listing

T = TypeVar("T")

MAX_PAGES = 2000
"""Most pages of a listing: a million entries."""
MAX_CURSOR = 4096
"""Longest cursor, in characters: all of them are kept."""


def paginate(listing: Listing[T], options: CallOptions) -> PagedFlow[T]:
    """Fetch a listing and yield the entries of each page.

    :param listing: the listing to fetch.
    :param options: its budgets apply to each page.
    :raises SegmentProtocolError: a cursor was repeated, so the pages would never end, or there are more than
        :data:`MAX_PAGES`.
    """
    seen: set[str | None] = set()
    cursor: str | None = None
    while cursor not in seen:
        if len(seen) == MAX_PAGES:
            raise SegmentProtocolError(f"{listing.operation.name}: more than {MAX_PAGES} pages ({options.connection})")
        seen.add(cursor)
        page = yield from exchange(listing.page(cursor), options)
        yield Items(page.items)
        cursor = page.cursor
        if cursor is None:
            return
        if len(cursor) > MAX_CURSOR:
            raise SegmentProtocolError(
                f"{listing.operation.name}: a cursor of {len(cursor)} characters ({options.connection})"
            )
    raise SegmentProtocolError(
        f"{listing.operation.name}: pagination loop: a cursor was repeated ({options.connection})"
    )


def collect(listing: Listing[T], options: CallOptions) -> Flow[list[T]]:
    """Fetch all pages of a listing.

    :param listing: the listing to fetch.
    :param options: its budgets apply to each page.
    :return: all entries.
    :raises SegmentProtocolError: a cursor was repeated, so the pages would never end.
    """
    items: list[T] = []
    pages = paginate(listing, options)
    outcome: Reply | None = None
    while True:
        try:
            step = pages.send(outcome)
        except StopIteration:
            return items
        if isinstance(step, Items):
            items.extend(step.items)
            outcome = None
        else:
            outcome = yield step
