"""Pagination of lists, in the three notations that Segment's own clients use."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from airflow_provider_segment.sandbox import decisions
from airflow_provider_segment.sandbox.codec import parse_json
from airflow_provider_segment.sandbox.errors import invalid_field
from airflow_provider_segment.sandbox.validation import Field, validate_object

DEFAULT_COUNT = 200
MAX_COUNT = 1000

Item = TypeVar("Item")

_NAME = "pagination"
_KEY = re.compile(r"pagination(?:\[(?P<bracket>.*)\]|\.(?P<dot>.*))", re.DOTALL)
PAGE_FIELDS = (
    Field(name="count", kind="integer", required=True, minimum=1, maximum=MAX_COUNT),
    Field(name="cursor", kind="string", not_empty=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The part of a list that a request selects."""

    offset: int = 0
    count: int = DEFAULT_COUNT


def parse_page(parameters: Mapping[str, str]) -> Page:
    """Parse the pagination parameters of a query.

    The notations are ``pagination[count]=3&pagination[cursor]=…``, ``pagination.count=3&pagination.cursor=…`` and
    ``pagination={"count": 3, "cursor": "…"}``. Without parameters, the first page of 200 is selected.

    :param parameters: the query parameters, percent-decoded.
    :raises InvalidFieldsError: if they are invalid.
    """
    sent = _pagination_object(parameters)
    if sent is None:
        return Page()
    record = validate_object(sent, PAGE_FIELDS, prefix=f"{_NAME}.", name=_NAME, allow_unknown=False)
    offset = decisions.decode_cursor(record["cursor"]) if "cursor" in record else 0
    if offset is None:
        raise invalid_field(f"{_NAME}.cursor", "is not a cursor")
    return Page(offset=offset, count=record["count"])


def paginate(items: Sequence[Item], page: Page, to_json: Callable[[Item], Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return a page of a list.

    :param to_json: converts an item; called only for items on the page.
    :return: the items as JSON, and the response's ``pagination``.
    """
    total = len(items)
    end = page.offset + page.count
    pagination: dict[str, Any] = {"current": decisions.encode_cursor(page.offset), "totalEntries": total}
    if end < total:
        pagination["next"] = decisions.encode_cursor(end)
    if page.offset > 0:
        pagination["previous"] = decisions.encode_cursor(max(0, min(page.offset, total) - page.count))
    return [to_json(item) for item in islice(items, page.offset, end)], pagination


def _pagination_object(parameters: Mapping[str, str]) -> object:
    """Return the pagination parameters as one decoded object; None if there are none."""
    record: dict[str, object] = {}
    notations = set()
    for name, value in parameters.items():
        match = _KEY.fullmatch(name)
        if match is not None:
            notations.add(match.lastgroup)
            key = str(match["bracket"] if match["bracket"] is not None else match["dot"])
            record[key] = _integer_or_string(value) if key == "count" else value
    if len(notations) + (_NAME in parameters) > 1:
        raise invalid_field(_NAME, "mixes several notations")
    if _NAME not in parameters:
        return record or None
    try:
        return parse_json(parameters[_NAME].encode(errors="replace"))
    except ValueError:
        raise invalid_field(_NAME, "must be an object") from None


def _integer_or_string(value: str) -> int | str:
    return int(value) if re.fullmatch(r"[0-9]{1,9}", value, re.ASCII) else value
