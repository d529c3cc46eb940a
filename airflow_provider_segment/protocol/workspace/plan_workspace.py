"""Planning many destinations with few requests: each list is read only once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

from airflow_provider_segment.protocol.api.filters import filters_listing, get_filter
from airflow_provider_segment.protocol.api.objects import DestinationMetadata, Filter, Subscription
from airflow_provider_segment.protocol.api.subscriptions import get_subscription
from airflow_provider_segment.protocol.errors import SegmentError
from airflow_provider_segment.protocol.flow.pagination import collect
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log, MaskSecrets
from airflow_provider_segment.protocol.phrases import object_label
from airflow_provider_segment.protocol.provisioning.creating import poll_until
from airflow_provider_segment.protocol.provisioning.filter_checks import run_filter_checks
from airflow_provider_segment.protocol.provisioning.filter_plan import FilterStep
from airflow_provider_segment.protocol.provisioning.lookup import with_created
from airflow_provider_segment.protocol.provisioning.plan import Plan, Result
from airflow_provider_segment.protocol.provisioning.progress import FILTER, SUBSCRIPTION, ApplyProgress
from airflow_provider_segment.protocol.provisioning.slugs import short_reference
from airflow_provider_segment.protocol.workspace.description import DestinationDescription
from airflow_provider_segment.protocol.workspace.instances import Instances
from airflow_provider_segment.protocol.workspace.locate_targets import Known, claim_target, is_fatal, locate
from airflow_provider_segment.protocol.workspace.missing_secrets import missing_secrets
from airflow_provider_segment.protocol.workspace.plan import (
    PlannedDestination,
    Undescribed,
    WorkspacePlan,
    check_removals,
)
from airflow_provider_segment.protocol.workspace.plan_destination import (
    Target,
    plan_destination,
    plan_warnings,
)
from airflow_provider_segment.protocol.workspace.reading import (
    action_slugs,
    read_sources,
    read_subscriptions,
    source_slugs,
)

_PROGRESS = 50
"""Number of destinations read between two lines of progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """The options for planning.

    :param workspace_id: id of the workspace that the token must belong to; ``None`` for any.
    :param max_prune: how many destinations, subscriptions and filters may be removed together.
    :param rotate_secrets: count every secret as changed.
    """

    workspace_id: str | None = None
    max_prune: int = 10
    rotate_secrets: bool = False


def plan_workspace(
    options: CallOptions, *, descriptions: Sequence[DestinationDescription], how: PlanOptions
) -> Flow[WorkspacePlan]:
    """Read the current state and plan all descriptions, without writing anything.

    :param descriptions: the descriptions, with their secrets supplied.
    :param how: the options.
    :return: the plan; a description that can't be planned has an ``error`` in it.
    :raises ValueError: the token belongs to another workspace.
    :raises SegmentPruneLimitError: more would be removed than allowed.
    """
    known = Known((yield from read_sources(options, workspace_id=how.workspace_id)))
    items: list[PlannedDestination] = []
    described: set[str] = set()
    located: list[Target | Exception] = []
    instances = Instances()
    for description in descriptions:
        target = claim_target(description, (yield from locate(options, description, known)), described)
        if not isinstance(target, Exception):
            target = yield from instances.admit(options, description, target, known)
        located.append(target)
    for number, (description, found) in enumerate(zip(descriptions, located, strict=True)):
        if number and number % _PROGRESS == 0:
            yield Log(f"read {number} of {len(descriptions)} destinations")
        items.append((yield from _plan_one(options, description, found, known, described, how)))
    check_removals(items, max_prune=how.max_prune)
    undescribed = tuple(_undescribed(known, described))
    return WorkspacePlan(items=tuple(items), undescribed=undescribed, listings=known.listings)


def _plan_one(
    options: CallOptions,
    description: DestinationDescription,
    found: Target | Exception,
    known: Known,
    described: set[str],
    how: PlanOptions,
) -> Flow[PlannedDestination]:
    if isinstance(found, Exception):
        return PlannedDestination(description=description, error=found)
    listed = yield from known.listings.read(options, found.source_id, max_age=math.inf)
    others = [
        object_label(one.get("name"), one["id"])
        for one in listed
        if one["metadata"]["id"] == found.metadata_id and one["id"] not in described
    ]
    item = PlannedDestination(
        description=description,
        source_id=found.source_id,
        metadata_id=found.metadata_id,
        type=known.types[found.metadata_id],
    )
    planned = yield from plan_target(options, item, replace(found, others=others), how)
    return (yield from _check_filter_samples(options, planned))


def _check_filter_samples(options: CallOptions, item: PlannedDestination) -> Flow[PlannedDestination]:
    """Return the item, or its error if a preview of the described filters differs from their samples."""
    if item.plan is None:
        return item
    try:
        yield from run_filter_checks(options, [part.spec for part in item.plan.filters if part.spec is not None])
    except SegmentError as error:
        if is_fatal(error):
            raise
        return replace(item, plan=None, error=error)
    return item


def plan_target(
    options: CallOptions,
    item: PlannedDestination,
    target: Target,
    how: PlanOptions,
    *,
    pending: float = 0,
    progress: ApplyProgress | None = None,
) -> Flow[PlannedDestination]:
    """Read a destination's subscriptions and filters, and plan its changes.

    :param item: its description and type.
    :param target: what it refers to, without its subscriptions and filters.
    :param how: how to plan.
    :param pending: how many seconds to poll before something is created in an existing destination, since requests of
        an earlier try may be in flight.
    :param progress: the progress of its apply before it was interrupted.
    :return: the item with a plan, or with an error.
    """
    description = item.description
    if description.removed:
        return replace(item, deleted=target.actual)
    options = redacting_settings(options, description)
    try:
        plan = yield from poll_until(
            partial(_read_and_plan, options, item, target, how, progress or ApplyProgress()),
            lambda plan: not _creates_parts(plan),
            seconds=0 if target.actual is None else pending,
            awaited=f"objects that an earlier try may have created in {description.label}",
        )
    except (ValueError, SegmentError) as error:
        if is_fatal(error):
            raise
        return replace(item, error=error)
    diffs = (plan.destination.diff, *(part.diff for part in plan.subscriptions))
    if secrets := tuple(secret for diff in diffs for secret in diff.secrets):
        yield MaskSecrets(secrets)
    unwritable = missing_secrets(description, plan)
    warnings = [*plan_warnings(plan, item.type)]
    if unwritable is not None:
        warnings.append(f"the plan can't be applied: {unwritable}")
    return replace(item, plan=plan, warnings=tuple(warnings), unwritable=unwritable)


def _read_and_plan(
    options: CallOptions, item: PlannedDestination, target: Target, how: PlanOptions, progress: ApplyProgress
) -> Flow[Plan]:
    description, actual, created = item.description, target.actual, progress.created
    subscriptions: list[Subscription] = []
    filters: list[Filter] = []
    if actual is not None and description.subscriptions is not None:
        get = partial(get_subscription, options, destination_id=actual["id"])
        listed = yield from read_subscriptions(options, actual)
        subscriptions = yield from with_created(listed, created.get(SUBSCRIPTION, ()), lambda one: get(id=one))
    if actual is not None and description.filters:
        get_one = partial(get_filter, options, destination_id=actual["id"])
        existing = yield from collect(filters_listing(destination_id=actual["id"]), options)
        filters = yield from with_created(existing, created.get(FILTER, ()), lambda one: get_one(id=one))
    actions = action_slugs(item.type, subscriptions) if item.type is not None else []
    target = replace(
        target,
        destination_type=cast("DestinationMetadata | None", item.type),
        subscriptions=subscriptions,
        filters=filters,
        actions=actions,
    )
    plan = plan_destination(description, target, rotate_secrets=how.rotate_secrets, rotated=progress.written)
    return progress.without_remaining(plan)


def _creates_parts(plan: Plan) -> bool:
    parts = any(part.result is Result.CREATED for part in plan.subscriptions)
    return parts or any(part.step is FilterStep.CREATE for part in plan.filters)


def redacting_settings(options: CallOptions, description: DestinationDescription) -> CallOptions:
    """Return options that also redact a description's settings in messages.

    :param description: the description, with its secrets supplied.
    """
    return options.redacting([description.settings, *(one.settings for one in description.subscriptions or ())])


def _undescribed(known: Known, described: set[str]) -> Iterator[Undescribed]:
    slugs = source_slugs(known.sources)
    references = {one.id: short_reference(one, slugs) for one in slugs}
    for source_id, destinations in known.listings:
        for one in destinations:
            if one["id"] not in described:
                yield Undescribed(
                    id=one["id"],
                    name=one.get("name") or "",
                    source=references[source_id],
                    type=one["metadata"].get("slug") or one["metadata"]["id"],
                )
