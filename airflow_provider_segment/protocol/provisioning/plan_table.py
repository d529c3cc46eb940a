"""A plan as a table that people can read; settings are named, their values never shown."""

from __future__ import annotations

from airflow_provider_segment.protocol.provisioning.plan import Plan, field_changes


def plan_table(plan: Plan) -> str:
    """Draw a plan.

    :param plan: to be shown.
    :return: several lines.
    """
    from tabulate import tabulate

    rows = []
    shown = ""
    for name, word, change in field_changes(plan):
        first = (word, name) if name != shown else ("", "")
        shown = name
        rows.append((*first, *((change.field, change.before, change.after) if change else ("", "", ""))))
    table: str = tabulate(rows, headers=("", "object", "field", "now", "then"), disable_numparse=True, maxcolwidths=60)
    return table
