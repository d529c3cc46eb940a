"""Requests for pages, and the cursor of the next page.

https://docs.segmentapis.com/tag/Pagination. The official clients disagree on how the parameters are encoded; brackets
are what Segment's TypeScript client and the reference use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
        """Return the call that requests one page.

        :param cursor: cursor from the previous page; ``None`` for the first page.
        :param count: number of entries to ask for.
        """
        query = [("pagination[count]", str(count))]
        if cursor is not None:
            query.append(("pagination[cursor]", cursor))
        return Call(self.operation, self.operation.request(ids=self.ids, query=tuple(query)), self.read)


def page_reader(
    item_type: type[T], *, key: str, free_key: str | None = None, shared_key: str | None = None
) -> Callable[[bytes], Page[T]]:
    """Return a decoder of pages.

    The values under ``free_key`` and ``shared_key`` are decoded separately, because counting their values is cheaper
    than counting those of the whole page.

    :param item_type: type of an entry.
    :param key: key of the entries in ``data``.
    :param free_key: key of an entry whose value is a ``dict[str, Any]``. No other value may contain ``Any``, except
        those under ``shared_key``.
    :param shared_key: key of an entry whose value is an object with an ``id``. Entries with the same id share one
        value, which is decoded once.
    :return: a function from bytes to a page; it raises ``msgspec.MsgspecError`` for anything else.
    """
    parts: dict[str, _Parts] = {} if free_key is None else {free_key: _Parts()}
    if shared_key is not None:
        parts[shared_key] = _SharedParts(get_type_hints(item_type)[shared_key])
    decoded_type = _with_raw(item_type, tuple(parts)) if parts else item_type  # type: ignore[arg-type]
    # Pagination is optional when listing subscriptions.
    pagination = ("pagination", Pagination | None, None)
    read_data = data_reader((key, list[decoded_type]), pagination, is_bounded=bool(parts))  # type: ignore[valid-type]

    def read(body: bytes) -> Page[T]:
        data = read_data(body)
        items = getattr(data, key)
        _decode_parts(items, parts)
        return Page(items=items, cursor=(data.pagination or {}).get("next") or None)

    return read


class _Parts:
    """A decoder for the objects stored under one key in each entry of a page."""

    def prepare(self, raws: list[msgspec.Raw]) -> tuple[Iterable[msgspec.Raw], Callable[[], list[Any]]]:
        """Return the raw objects to decode, so that their values can be counted, and a function that decodes them."""
        return raws, lambda: [_read_object(raw) for raw in raws]


class _SharedParts(_Parts):
    """A decoder that decodes only the first of several objects with the same id, and reuses the result."""

    def __init__(self, part_type: Any) -> None:
        self._read = msgspec.json.Decoder(part_type).decode
        self._by_id: dict[str, Any] = {}

    def prepare(self, raws: list[msgspec.Raw]) -> tuple[Iterable[msgspec.Raw], Callable[[], list[Any]]]:
        ids = [_read_id(raw).id for raw in raws]
        new: dict[str, msgspec.Raw] = {}
        for id, raw in zip(ids, raws, strict=True):
            if id not in self._by_id:
                new.setdefault(id, raw)

        def decode() -> list[Any]:
            self._by_id |= {id: self._read(raw) for id, raw in new.items()}
            return [self._by_id[id] for id in ids]

        return new.values(), decode


@cache
def _with_raw(item_type: type[Any], keys: tuple[str, ...]) -> Any:
    """Return a copy of a ``TypedDict`` in which the values of the given keys are left undecoded."""
    make_typed_dict: Any = TypedDict
    # msgspec decodes Raw only in a key that is not required.
    raw = dict.fromkeys(keys, NotRequired[msgspec.Raw])
    return make_typed_dict(item_type.__name__, {**get_type_hints(item_type, include_extras=True), **raw})


def _decode_parts(items: list[dict[str, Any]], parts: dict[str, _Parts]) -> None:
    for key in parts:
        if not all(key in item for item in items):
            raise msgspec.ValidationError(f"Object missing required field `{key}`")
    try:
        prepared = {key: part.prepare([item[key] for item in items]) for key, part in parts.items()}
        check_values(sum(count_values(bytes(raw)) for new, _ in prepared.values() for raw in new))
        for key, (_, decode) in prepared.items():
            for item, value in zip(items, decode(), strict=True):
                item[key] = value
    except (UnicodeDecodeError, RecursionError) as error:  # msgspec does not wrap these two errors
        raise msgspec.DecodeError(str(error)) from None


class _WithId(msgspec.Struct):
    id: str


_read_object = msgspec.json.Decoder(dict[str, Any]).decode
_read_id = msgspec.json.Decoder(_WithId).decode
