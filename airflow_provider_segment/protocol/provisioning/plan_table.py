"""A plan as a table for people, with the names of settings but never their values."""

from __future__ import annotations

from collections.abc import Sequence

from airflow_provider_segment.protocol.printable import printable
from airflow_provider_segment.protocol.provisioning.plan import Plan, plan_rows

_TITLES = ("action", "object", "field", "before", "after")
_MAX_WIDTH = 60
"""Maximum number of characters in a cell; longer strings are shortened."""


def plan_table(plan: Plan) -> str:
    """Return a plan as a table.

    :param plan: the plan to show.
    :return: several lines.
    """
    rows: list[Sequence[str]] = []
    for name, action, change in plan_rows(plan):
        first = (action, name) if name else ("", "")
        rows.append((*first, *((change.field, change.before, change.after) if change else ("", "", ""))))
    return _table(_TITLES, rows)


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = [titles, *([_cell(text) for text in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rule = ["-" * width for width in widths]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in (cells[0], rule, *cells[1:])
    )


def _cell(text: str) -> str:
    line = printable(" ".join(text[: 2 * _MAX_WIDTH].split()))
    return line if len(line) <= _MAX_WIDTH and len(text) <= 2 * _MAX_WIDTH else f"{line[: _MAX_WIDTH - 1]}…"
