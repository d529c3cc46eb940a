"""Pages: how one is asked for, and what says that there is another.

https://docs.segmentapis.com/tag/Pagination. The official clients do not agree on the wire form; brackets are what
Segment's TypeScript client and the reference pages send.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NotRequired, TypedDict, TypeVar

from airflow_provider_segment.protocol.wire.envelope import data_reader
from airflow_provider_segment.protocol.wire.operation import Call, Operation

T = TypeVar("T")

PAGE_COUNT = 500
"""Entries asked for at once, of at most 1000. With 20 KB of catalog text each that is 10 MB in memory; fewer would make
the cost of the requests outweigh that of reading them, and many pages in quick succession are said to cause limits."""


class Pagination(TypedDict):
    """The part of an answer that tells of its neighbours; ``next`` is absent or null on the last page."""

    next: NotRequired[str | None]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page.

    :param items: its entries.
    :param cursor: of the next page, or ``None`` on the last; a short page says nothing.
    """

    items: list[T]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """An operation whose answer comes in pages.

    :param operation: what it asks.
    :param ids: for the path.
    :param read: turns the body of a page into its entries and the next cursor.
    """

    operation: Operation
    ids: dict[str, str]
    read: Callable[[bytes], Page[T]]

    def page(self, cursor: str | None) -> Call[Page[T]]:
        """The call for one page.

        :param cursor: as a page gave it, or ``None`` for the first.
        """
        query = [("pagination[count]", str(PAGE_COUNT))]
        if cursor is not None:
            query.append(("pagination[cursor]", cursor))
        return Call(self.operation, self.operation.request(ids=self.ids, query=tuple(query)), self.read)


def page_reader(item_type: type[T], *, key: str) -> Callable[[bytes], Page[T]]:
    """Make a reader of one page.

    :param item_type: of an entry.
    :param key: where ``data`` holds the entries.
    :return: a function that raises ``msgspec.MsgspecError`` where the bytes are something else.
    """
    # Pagination is optional in the answer of the subscriptions' listing.
    read_data = data_reader((key, list[item_type]), ("pagination", Pagination | None, None))  # type: ignore[valid-type]

    def read(body: bytes) -> Page[T]:
        data = read_data(body)
        return Page(items=getattr(data, key), cursor=(data.pagination or {}).get("next") or None)

    return read
