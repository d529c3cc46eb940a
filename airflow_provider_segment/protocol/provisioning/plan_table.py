"""A plan as a human-readable table that shows the names of settings but never their values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from airflow_provider_segment.protocol.printable import printable
from airflow_provider_segment.protocol.provisioning.diff import FieldDiff
from airflow_provider_segment.protocol.provisioning.diff_report import object_fields
from airflow_provider_segment.protocol.provisioning.filter_plan import FilterPlan
from airflow_provider_segment.protocol.provisioning.plan import DestinationPlan, Plan, Result, SubscriptionPlan

_TITLES = ("action", "object", "field", "before", "after")
_WORDS = dict(zip(Result, ("create", "change", "keep", "remove"), strict=True))
_HIDDEN = "(not shown)"
_MAX_WIDTH = 60
"""Maximum number of characters in a cell; longer strings are shortened."""


def plan_table(plan: Plan) -> str:
    """Return a plan as a table.

    :param plan: the plan to show.
    :return: several lines.
    """
    rows: list[Sequence[str]] = []
    for action, name, part in _objects(plan):
        is_new = action == "create"
        for number, change in enumerate(object_fields(part) or (FieldDiff(""),)):
            before, after = ("" if is_new else _HIDDEN, _HIDDEN) if change.hidden else (change.before, change.after)
            rows.append((*(("", "") if number else (action, name)), change.field, before, after))
    return _table(_TITLES, rows)


def _objects(plan: Plan) -> Iterator[tuple[str, str, DestinationPlan | SubscriptionPlan | FilterPlan]]:
    """Yield a tuple for each object in a plan: its action, its label, and its part of the plan."""
    yield _WORDS[plan.destination.result], f"destination {plan.destination.spec.name!r}", plan.destination
    names = [(part.name, part.action_id) for part in plan.subscriptions]
    for part in plan.subscriptions:
        label = f"subscription {part.name!r} ({part.action_id})"
        is_unique = names.count((part.name, part.action_id)) == 1
        yield _WORDS[part.result], label if is_unique else f"{label} {part.id or 'new'}", part
    titles = [part.title for part in plan.filters]
    for one in plan.filters:
        label = f"filter {one.title!r}"
        yield one.step.value, label if titles.count(one.title) == 1 else f"{label} {one.id or 'new'}", one


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
