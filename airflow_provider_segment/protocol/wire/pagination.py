"""Requests for pages, and the cursor of the next page.

https://docs.segmentapis.com/tag/Pagination. The official clients disagree on how the parameters are encoded; brackets
are what Segment's TypeScript client and the reference use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NotRequired, TypedDict, TypeVar

from airflow_provider_segment.protocol.wire.envelope import data_reader
from airflow_provider_segment.protocol.wire.operation import Call, Operation

T = TypeVar("T")

PAGE_COUNT = 200
"""Page size; Segment allows 1000, but a destination may hold 150 KB of catalog text, and a response at most 64 MiB."""


class Pagination(TypedDict):
    """The pagination part of a response; ``next`` is absent or null on the last page."""

    next: NotRequired[str | None]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a listing.

    :param items: the entries.
    :param cursor: cursor of the next page, ``None`` on the last; a short page need not be the last.
    """

    items: list[T]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """An operation whose response is paginated.

    :param operation: the operation to call.
    :param ids: ids in the path.
    :param read: decodes the body of a page into its entries and the next cursor.
    """

    operation: Operation
    ids: dict[str, str]
    read: Callable[[bytes], Page[T]]

    def page(self, cursor: str | None, *, count: int = PAGE_COUNT) -> Call[Page[T]]:
        """Return the call for one page.

        :param cursor: cursor from the previous page; ``None`` for the first page.
        :param count: number of entries to ask for.
        """
        query = [("pagination[count]", str(count))]
        if cursor is not None:
            query.append(("pagination[cursor]", cursor))
        return Call(self.operation, self.operation.request(ids=self.ids, query=tuple(query)), self.read)


def page_reader(item_type: type[T], *, key: str) -> Callable[[bytes], Page[T]]:
    """Return a decoder of pages.

    :param item_type: type of an entry.
    :param key: key of the entries in ``data``.
    :return: a function from bytes to a page; it raises ``msgspec.MsgspecError`` for anything else.
    """
    # Pagination is optional when listing subscriptions.
    read_data = data_reader((key, list[item_type]), ("pagination", Pagination | None, None))  # type: ignore[valid-type]

    def read(body: bytes) -> Page[T]:
        data = read_data(body)
        return Page(items=getattr(data, key), cursor=(data.pagination or {}).get("next") or None)

    return read
