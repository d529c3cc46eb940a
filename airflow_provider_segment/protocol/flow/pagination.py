"""Pagination: fetching a listing page by page."""

from __future__ import annotations

import logging
from typing import TypeVar

from airflow_provider_segment.protocol.errors import SegmentConnectionError, SegmentProtocolError
from airflow_provider_segment.protocol.flow.exchange import exchange
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Items, Log, PagedFlow, Reply
from airflow_provider_segment.protocol.wire.operation import Call
from airflow_provider_segment.protocol.wire.pagination import PAGE_COUNT, Listing, Page

T = TypeVar("T")

MAX_PAGES = 5000
"""Maximum number of pages of a listing: a million entries, more than any workspace has."""
MAX_CURSOR = 4096
"""Maximum length of a cursor, in characters; bounded because all cursors are kept."""


def paginate(listing: Listing[T], options: CallOptions) -> PagedFlow[T]:
    """Fetch a listing and yield the entries of each page; an entry that appears on two pages is yielded once.

    :param listing: the listing to fetch.
    :param options: its budgets apply to each page.
    :raises SegmentProtocolError: a cursor was repeated or is too long, or there are more than
        :data:`MAX_PAGES`.
    """
    cursors: set[str | None] = set()
    ids: set[str] = set()
    cursor: str | None = None
    count = PAGE_COUNT
    while cursor not in cursors and len(cursors) < MAX_PAGES:
        if cursor is not None and len(cursor) > MAX_CURSOR:
            break
        cursors.add(cursor)
        page, count = yield from _fetch(listing, cursor, count, options)
        yield Items([item for item in page.items if _is_new(item, ids)])
        cursor = page.cursor
        if cursor is None:
            return
    raise SegmentProtocolError(f"{listing.operation.name}: {_problem(cursor, cursors)} ({options.connection})")


def _problem(cursor: str | None, cursors: set[str | None]) -> str:
    if cursor in cursors:
        return "pagination loop: a cursor was repeated"
    if cursor is not None and len(cursor) > MAX_CURSOR:
        return f"a cursor of {len(cursor)} characters"
    return f"more than {MAX_PAGES} pages"


def _fetch(listing: Listing[T], cursor: str | None, count: int, options: CallOptions) -> Flow[tuple[Page[T], int]]:
    """Fetch a page; request half as many entries if it is too large or takes too long."""

    def half() -> Call[Page[T]]:
        nonlocal count
        count = max(1, count // 2)
        return listing.page(cursor, count=count)

    while True:
        try:
            return (yield from exchange(listing.page(cursor, count=count), options, after_timeout=half)), count
        except SegmentConnectionError as error:
            if error.transient or not error.sent or count == 1:
                raise  # a response that is too long is the only final error after a complete response
            count //= 2
            yield Log(f"{error}; requesting {count} entries per page", logging.WARNING)


def _is_new(item: object, ids: set[str]) -> bool:
    """Record an entry's id and return whether it is new; entries may move between pages while others are created."""
    item_id = item.get("id") if isinstance(item, dict) else None
    if item_id is None or item_id not in ids:
        ids.update(() if item_id is None else (item_id,))
        return True
    return False


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
