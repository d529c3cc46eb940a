"""Describing the filters of a destination in the form of a spec file, as a pure function of Segment's records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from airflow_provider_segment.protocol.api.objects import Filter
from airflow_provider_segment.protocol.filter_arguments import check_actions, relevant_actions
from airflow_provider_segment.protocol.provisioning.filter_diff import comparable_actions


def describe_filters(filters: Sequence[Filter]) -> list[dict[str, Any]]:
    """Return the entries of a spec file; a filter gets an ``id`` only if it can't be described or matched without one.

    :param filters: the filters of a destination.
    """
    traits = [_traits(one) for one in filters]
    return [_describe(one, with_id=traits.count(_traits(one)) > 1) for one in filters]


def _describe(one: Filter, *, with_id: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if one["title"].strip():
        fields["title"] = one["title"]
    if one["if"].strip():
        fields["condition"] = one["if"]
    if _is_valid(actions := relevant_actions(one["actions"])):
        fields["actions"] = actions
    if with_id or len(fields) < 3:
        fields = {"id": one["id"], **fields}
    fields["enabled"] = one["enabled"]
    description = one.get("description") or ""
    if description.strip():
        fields["description"] = description
    return fields


def _traits(one: Filter) -> str:
    """Return the key by which a filter is matched: its title, condition and actions."""
    return json.dumps([one["title"], one["if"], comparable_actions(relevant_actions(one["actions"]))], sort_keys=True)


def _is_valid(actions: list[dict[str, Any]]) -> bool:
    try:
        return check_actions("actions", actions) == actions
    except ValueError:
        return False
