"""Pages of a list, and the three ways official clients ask for them."""

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
_INPUT = (
    Field(name="count", kind="integer", required=True, minimum=1, maximum=MAX_COUNT),
    Field(name="cursor", kind="string", not_empty=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which part of a list is asked for."""

    offset: int = 0
    count: int = DEFAULT_COUNT


def asked_page(parameters: Mapping[str, str]) -> Page:
    """Read the pagination out of a query.

    Understood are ``pagination[count]=3&pagination[cursor]=…``, ``pagination.count=3&pagination.cursor=…`` and
    ``pagination={"count": 3, "cursor": "…"}``; without any, it is the first page of 200.

    :param parameters: of the query, percent-decoded.
    :raises InvalidFieldsError: for anything else.
    """
    given = _given(parameters)
    if given is None:
        return Page()
    record = validate_object(given, _INPUT, prefix=f"{_NAME}.", name=_NAME, allow_unknown=False)
    offset = decisions.offset_of(record["cursor"]) if "cursor" in record else 0
    if offset is None:
        raise invalid_field(f"{_NAME}.cursor", "is not a cursor")
    return Page(offset=offset, count=record["count"])


def page_of(items: Sequence[Item], page: Page, write: Callable[[Item], Any]) -> tuple[list[Any], dict[str, Any]]:
    """Cut a page out of a list.

    :param write: turns an item into JSON; called for those on the page only.
    :return: the items, and the answer's ``pagination``.
    """
    total = len(items)
    end = page.offset + page.count
    pagination: dict[str, Any] = {"current": decisions.cursor_for(page.offset), "totalEntries": total}
    if end < total:
        pagination["next"] = decisions.cursor_for(end)
    if page.offset > 0:
        pagination["previous"] = decisions.cursor_for(max(0, min(page.offset, total) - page.count))
    return [write(item) for item in islice(items, page.offset, end)], pagination


def _given(parameters: Mapping[str, str]) -> object:
    """Give the pagination object as it was sent; None when there is none."""
    spread: dict[str, object] = {}
    forms = set()
    for name, value in parameters.items():
        found = _KEY.fullmatch(name)
        if found is not None:
            forms.add(found.lastgroup)
            key = str(found["bracket"] if found["bracket"] is not None else found["dot"])
            spread[key] = _number_or_text(value) if key == "count" else value
    if len(forms) + (_NAME in parameters) > 1:
        raise invalid_field(_NAME, "is there in more than one form")
    if _NAME not in parameters:
        return spread or None
    try:
        return parse_json(parameters[_NAME].encode(errors="replace"))
    except ValueError:
        raise invalid_field(_NAME, "must be an object") from None


def _number_or_text(value: str) -> int | str:
    return int(value) if re.fullmatch(r"[0-9]{1,9}", value, re.ASCII) else value
