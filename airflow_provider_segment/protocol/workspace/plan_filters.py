"""Planning the described filters of a destination: a pure function of the descriptions and the existing filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow_provider_segment.protocol.api.objects import Filter
from airflow_provider_segment.protocol.filter_arguments import relevant_actions
from airflow_provider_segment.protocol.provisioning.filter_matching import match_filters
from airflow_provider_segment.protocol.provisioning.filter_plan import FilterPlan, FilterStep, plan_filters
from airflow_provider_segment.protocol.provisioning.filter_spec import FilterSpec
from airflow_provider_segment.protocol.provisioning.progress import places
from airflow_provider_segment.protocol.workspace.description import FilterDescription


def plan_described_filters(
    described: Sequence[FilterDescription] | None, actual: Sequence[Filter]
) -> tuple[tuple[FilterPlan, ...], tuple[int | None, ...]]:
    """Plan how to bring filters to the described state; remove only those described as removed.

    :param described: the descriptions; ``None`` leaves them alone.
    :param actual: the filters in Segment.
    :return: the steps in the order of execution, and the place of each in the description; ``None`` for a removal.
    :raises SegmentError: filters are ambiguous, or one with a described id does not exist.
    """
    if described is None:
        return (), ()
    existing = {one["id"]: one for one in actual}
    present = [one for one in described if not one.removed or one.id is None or one.id in existing]
    specs = [_spec(one, existing) for one in present]
    removals: list[Filter] = []
    if any(one.removed for one in present):
        matches = match_filters(specs, actual)
        removals = [match for one, match in zip(present, matches, strict=True) if one.removed and match is not None]
    removed = {one["id"] for one in removals}
    wanted = [spec for one, spec in zip(present, specs, strict=True) if not one.removed]
    steps = (
        *plan_filters(wanted, [one for one in actual if one["id"] not in removed]),
        *(FilterPlan(FilterStep.REMOVE, one["title"], one["id"]) for one in removals),
    )
    return steps, places(steps, wanted)


def _spec(one: FilterDescription, existing: Mapping[str, Filter]) -> FilterSpec:
    actual = existing.get(one.id) if one.id is not None else None
    left_alone: Mapping[str, Any] = actual or {"title": one.id or "", "if": "", "actions": []}
    return FilterSpec(
        title=left_alone["title"] if one.title is None else one.title,
        condition=left_alone["if"] if one.condition is None else one.condition,
        actions=relevant_actions(left_alone["actions"]) if one.actions is None else one.actions,
        enabled=one.enabled,
        description=one.description,
        checks=() if one.removed else one.checks,
        id=one.id,
        previous_title=one.previous_title,
    )
