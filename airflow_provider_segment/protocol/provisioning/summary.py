"""The result of an apply: what was done, or would be done. It holds no values of settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from airflow_provider_segment.protocol.provisioning.diff_report import (
    Difference,
    ObjectResult,
    differences,
    object_result,
)
from airflow_provider_segment.protocol.provisioning.plan import Plan, Result


class SubscriptionSummary(TypedDict):
    """What an apply did, or would do, to a subscription.

    ``id``: ``None`` if it does not exist.
    """

    name: str
    id: str | None
    action_id: str
    result: ObjectResult


class FilterSummary(TypedDict):
    """What an apply did, or would do, to a filter.

    ``id``: ``None`` if it does not exist.
    """

    title: str
    id: str | None
    result: ObjectResult


class ApplySummary(TypedDict):
    """What an apply did, or would do, without the values of settings.

    ``destination_id``: ``None`` if it does not exist; ``differs``: whether Segment differed from the description;
    ``created``: whether the destination was created; ``changed``: the fields of the destination that were changed;
    ``differences``: what differed, by object and field; ``ignored``: settings that Segment rejected or did not store,
    as ``settings['key']``, those of a subscription as ``subscriptions['name'].settings['key']``. If nothing was
    written, as with ``on_drift="report"``, ``created`` is false and ``changed`` empty, and each ``result`` says what an
    apply would do.
    """

    destination_id: str | None
    differs: bool
    created: bool
    changed: list[str]
    subscriptions: list[SubscriptionSummary]
    filters: list[FilterSummary]
    differences: list[Difference]
    ignored: list[str]


def summarize(
    plan: Plan,
    *,
    written: bool,
    destination_id: str | None = None,
    ids: Mapping[int, str] | None = None,
    filter_ids: Mapping[int, str] | None = None,
    ignored: Sequence[str] = (),
) -> ApplySummary:
    """Return the summary of an apply.

    :param plan: what it did, or would do.
    :param written: whether the plan was executed.
    :param destination_id: id of the destination, once known.
    :param ids: ids of the created subscriptions, by position in the plan.
    :param filter_ids: ids of the created filters, by position in the plan.
    :param ignored: labels of the settings that Segment rejected or ignored.
    """
    ids, filter_ids = ids or {}, filter_ids or {}
    found = differences(plan, written=written, ids=ids, filter_ids=filter_ids)
    for one in found:
        if one["object"] == "destination":
            one["id"] = one["id"] or destination_id
    return ApplySummary(
        destination_id=destination_id or plan.destination.id,
        differs=not plan.is_empty,
        created=written and plan.destination.result is Result.CREATED,
        changed=[name for name in plan.destination.diff.names if name not in ignored] if written else [],
        subscriptions=[
            SubscriptionSummary(
                name=part.name,
                id=part.id or ids.get(position),
                action_id=part.action_id,
                result=object_result(part, written=written),
            )
            for position, part in enumerate(plan.subscriptions)
        ],
        filters=[
            FilterSummary(
                title=part.title,
                id=part.id or filter_ids.get(position),
                result=object_result(part, written=written),
            )
            for position, part in enumerate(plan.filters)
        ],
        differences=found,
        ignored=list(ignored),
    )
