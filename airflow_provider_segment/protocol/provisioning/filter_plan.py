"""The plan for a destination's filters: which ones to create, change, keep or remove, and in which order.

An event that is blocked both before and after the apply must not be let through in between, wherever the apply stops.
So the steps that block more events come first, and those that block fewer come last. This guarantee holds if at most
one enabled filter changes in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from airflow_provider_segment.protocol.api.objects import Filter
from airflow_provider_segment.protocol.errors import SegmentPruneLimitError
from airflow_provider_segment.protocol.phrases import counted
from airflow_provider_segment.protocol.provisioning.ambiguity import check_changes_are_unambiguous
from airflow_provider_segment.protocol.provisioning.catalog_checks import check_new_name
from airflow_provider_segment.protocol.provisioning.diff import Diff
from airflow_provider_segment.protocol.provisioning.filter_diff import diff_filter
from airflow_provider_segment.protocol.provisioning.filter_matching import alike, filter_label, match_filters
from airflow_provider_segment.protocol.provisioning.filter_spec import FilterSpec


class FilterStep(StrEnum):
    """The kinds of steps for filters, in the order of execution."""

    CREATE = "create"
    ENABLE = "enable"
    CHANGE = "change"
    KEEP = "keep"
    DISABLE = "disable"
    REMOVE = "remove"

    @property
    def result(self) -> str:
        """The step's result in the summary, such as ``created``."""
        return _RESULTS.get(self, "changed")

    @property
    def blocks_less(self) -> bool:
        """Whether the step lets more events through, and therefore comes last."""
        return self in (FilterStep.DISABLE, FilterStep.REMOVE)


_RESULTS = {FilterStep.CREATE: "created", FilterStep.KEEP: "kept", FilterStep.REMOVE: "removed"}


@dataclass(frozen=True, slots=True)
class FilterPlan:
    """The part of a plan that concerns one filter.

    :param step: what to do.
    :param title: its title.
    :param id: its id; ``None`` if it is created.
    :param spec: its description; ``None`` if it is removed.
    :param diff: how it differs from its description.
    """

    step: FilterStep
    title: str
    id: str | None = None
    spec: FilterSpec | None = None
    diff: Diff = field(default_factory=Diff)


def plan_filters(
    specs: Sequence[FilterSpec] | None,
    actual: Sequence[Filter],
    *,
    prune: bool = False,
    max_prune: int = 10,
    prune_all: bool = False,
) -> tuple[FilterPlan, ...]:
    """Plan how to bring the filters of a destination to the described state.

    :param specs: their descriptions; ``None`` leaves them alone.
    :param actual: the filters in Segment.
    :param prune: remove filters that are not described.
    :param max_prune: maximum number of filters to remove.
    :param prune_all: whether an empty list may remove all of them.
    :return: the steps in the order of execution.
    :raises SegmentNotFoundError: there is no filter with a described id.
    :raises SegmentSeveralMatchesError: several filters match a description.
    :raises SegmentPruneLimitError: more would be removed than ``max_prune``.
    """
    if specs is None:
        return ()
    matches = match_filters(specs, actual)
    described = [_plan_one(spec, match) for spec, match in zip(specs, matches, strict=True)]
    check_changes_are_unambiguous(described, matches, actual, alike=alike, label=filter_label)
    matched = {match["id"] for match in matches if match is not None}
    surplus = [one for one in actual if one["id"] not in matched] if prune else []
    if surplus and not specs and not prune_all:
        raise SegmentPruneLimitError(
            f"the list of filters is empty, so all {len(surplus)} would be removed; pass prune_all=True if that is what"
            " you want"
        )
    if len(surplus) > max_prune:
        raise SegmentPruneLimitError(
            f"{counted(len(surplus), 'filter is', 'filters are')} not described and would be removed"
            f" ({', '.join(one['id'] for one in surplus)}), but max_prune_filters is {max_prune}"
        )
    removals = [FilterPlan(FilterStep.REMOVE, one["title"], one["id"]) for one in surplus]
    order = list(FilterStep)
    return tuple(sorted([*described, *removals], key=lambda plan: order.index(plan.step)))


def _plan_one(spec: FilterSpec, match: Filter | None) -> FilterPlan:
    if match is None:
        check_new_name("filter", spec.title)
        return FilterPlan(FilterStep.CREATE, spec.title, spec=spec)
    diff = diff_filter(spec, match)
    if "title" in diff.changes:
        check_new_name("filter", spec.title)
    step = FilterStep.CHANGE if diff.fields else FilterStep.KEEP
    if "enabled" in diff.changes:
        step = FilterStep.ENABLE if diff.changes["enabled"] else FilterStep.DISABLE
    return FilterPlan(step, spec.title, match["id"], spec, diff)
