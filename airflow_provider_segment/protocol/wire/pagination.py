"""Requests for pages, and the cursor of the next page.

https://docs.segmentapis.com/tag/Pagination. The official clients disagree on how the parameters are encoded; brackets
are what Segment's TypeScript client and the reference use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, NotRequired, TypedDict, TypeVar, get_type_hints

import msgspec

from airflow_provider_segment.protocol.wire.envelope import check_values, count_values, data_reader
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


def page_reader(item_type: type[T], *, key: str, free_key: str | None = None) -> Callable[[bytes], Page[T]]:
    """Return a decoder of pages.

    :param item_type: type of an entry.
    :param key: key of the entries in ``data``.
    :param free_key: the only key of an entry whose value is a ``dict[str, Any]``. It is decoded separately, because
        counting its values is cheaper than counting those of the whole page.
    :return: a function from bytes to a page; it raises ``msgspec.MsgspecError`` for anything else.
    """
    decoded_type = item_type if free_key is None else _with_raw(item_type, free_key)  # type: ignore[arg-type]
    # Pagination is optional when listing subscriptions.
    pagination = ("pagination", Pagination | None, None)
    read_data = data_reader((key, list[decoded_type]), pagination, is_bounded=free_key is not None)  # type: ignore[valid-type]

    def read(body: bytes) -> Page[T]:
        data = read_data(body)
        items = getattr(data, key)
        if free_key is not None:
            _decode_raw(items, free_key)
        return Page(items=items, cursor=(data.pagination or {}).get("next") or None)

    return read


@cache
def _with_raw(item_type: type[Any], key: str) -> Any:
    """Return the same ``TypedDict`` with one key left undecoded."""
    make_typed_dict: Any = TypedDict
    # msgspec decodes Raw only in a key that is not required.
    return make_typed_dict(
        item_type.__name__, {**get_type_hints(item_type, include_extras=True), key: NotRequired[msgspec.Raw]}
    )


def _decode_raw(items: list[dict[str, Any]], key: str) -> None:
    if not all(key in item for item in items):
        raise msgspec.ValidationError(f"Object missing required field `{key}`")
    check_values(sum(count_values(bytes(item[key])) for item in items))
    try:
        for item in items:
            item[key] = _read_object(item[key])
    except (UnicodeDecodeError, RecursionError) as error:  # msgspec does not wrap these two errors
        raise msgspec.DecodeError(str(error)) from None


_read_object = msgspec.json.Decoder(dict[str, Any]).decode
