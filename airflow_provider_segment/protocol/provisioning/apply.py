"""Applying a description: read, plan, log the plan, execute it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from msgspec import structs

from airflow_provider_segment.protocol.api.destinations import get_destination, update_destination
from airflow_provider_segment.protocol.api.filters import get_filter
from airflow_provider_segment.protocol.api.objects import Destination, Filter, Subscription
from airflow_provider_segment.protocol.api.subscriptions import get_subscription, subscriptions_listing
from airflow_provider_segment.protocol.errors import SegmentNotFoundError
from airflow_provider_segment.protocol.flow.pagination import collect
from airflow_provider_segment.protocol.flow.staleness import replan_when_stale
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log
from airflow_provider_segment.protocol.flow.writes import notice_writes
from airflow_provider_segment.protocol.phrases import object_label
from airflow_provider_segment.protocol.provisioning import destination as destinations
from airflow_provider_segment.protocol.provisioning.apply_filters import execute_filters, read_filters
from airflow_provider_segment.protocol.provisioning.apply_subscriptions import execute_subscriptions
from airflow_provider_segment.protocol.provisioning.catalog_checks import (
    TypeRecord,
    check_new_destination,
    fields_of,
    options_of,
    read_type,
)
from airflow_provider_segment.protocol.provisioning.creating import poll_until
from airflow_provider_segment.protocol.provisioning.filter_checks import run_filter_checks
from airflow_provider_segment.protocol.provisioning.filter_plan import FilterPlan, plan_filters
from airflow_provider_segment.protocol.provisioning.filter_spec import FilterSpec
from airflow_provider_segment.protocol.provisioning.identity import DestinationIdentity
from airflow_provider_segment.protocol.provisioning.literal_secrets import warn_about_literal_passwords
from airflow_provider_segment.protocol.provisioning.lookup import (
    first_few,
    mask_and_warn,
    one_or_none,
    with_created,
)
from airflow_provider_segment.protocol.provisioning.matching import match_subscriptions
from airflow_provider_segment.protocol.provisioning.plan import Plan, make_plan
from airflow_provider_segment.protocol.provisioning.plan_table import plan_table
from airflow_provider_segment.protocol.provisioning.progress import (
    DESTINATION,
    FILTER,
    SUBSCRIPTION,
    ApplyProgress,
    Executed,
    places,
)
from airflow_provider_segment.protocol.provisioning.references import (
    ResolvedIds,
    read_siblings,
    resolve_described_actions,
    resolve_source,
    resolve_type,
)
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec
from airflow_provider_segment.protocol.provisioning.summary import ApplySummary, summarize


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyRequest:
    """The descriptions to apply, and the options for applying them.

    :param spec: the description of the destination.
    :param subscriptions: the descriptions of its subscriptions; ``None`` leaves them alone.
    :param destination_id: id of the destination; by default it is found by its identity. With an id, ``spec.name`` is
        a field like the others: a different name renames the destination.
    :param previous_name: earlier name of the destination; if only a destination with this name exists, it is renamed.
    :param if_missing: ``create`` or ``fail``.
    :param prune_subscriptions: remove subscriptions that are not described.
    :param max_prune: maximum number of subscriptions to remove.
    :param prune_all: whether an empty list of subscriptions or filters may remove all of them.
    :param filters: the descriptions of its filters; ``None`` leaves them alone.
    :param prune_filters: remove filters that are not described.
    :param max_prune_filters: maximum number of filters to remove.
    :param rotate_secrets: count secrets that can't be compared as changed.
    :param wait_for_pending: before creating, poll for ``reconcile_timeout`` seconds, since an earlier try may have left
        a request in flight.
    """

    spec: DestinationSpec
    subscriptions: Sequence[SubscriptionSpec] | None = None
    destination_id: str | None = None
    previous_name: str | None = None
    if_missing: str = "create"
    prune_subscriptions: bool = False
    max_prune: int = 10
    prune_all: bool = False
    filters: Sequence[FilterSpec] | None = None
    prune_filters: bool = False
    max_prune_filters: int = 10
    rotate_secrets: bool = False
    wait_for_pending: bool = False


def apply_destination(
    options: CallOptions,
    *,
    request: ApplyRequest,
    write: bool,
    ids: ResolvedIds | None = None,
    progress: ApplyProgress | None = None,
) -> Flow[tuple[Plan, ApplySummary]]:
    """Read the current state, make and log a plan and, with ``write``, execute it.

    :param request: what to apply.
    :param write: whether to execute the plan.
    :param ids: the known ids of its source, type and actions; new ones are added.
    :param progress: the progress of the same apply before it was interrupted; filled with what is done.
    :return: the plan, and a summary of what was done or would be done.
    :raises ValueError: something that can't be changed differs; or the source, the type or an action is unknown or
        ambiguous.
    :raises SegmentNotFoundError: the destination with this id, or the source, does not exist.
    :raises SegmentSeveralMatchesError: several objects have the same identity.
    :raises SegmentPruneLimitError: more would be removed than allowed.
    """
    options = options.redacting([request.spec.settings, *(one.settings for one in request.subscriptions or ())])
    known, done = ids or ResolvedIds(), progress or ApplyProgress()
    return (
        yield from replan_when_stale(
            options,
            lambda fresh, pending: _plan_and_execute(
                fresh, replace(request, wait_for_pending=pending), known, done, write=write
            ),
            wait_for_pending=request.wait_for_pending,
        )
    )


def _plan_and_execute(
    options: CallOptions, request: ApplyRequest, ids: ResolvedIds, progress: ApplyProgress, *, write: bool
) -> Flow[tuple[Plan, ApplySummary]]:
    plan = yield from plan_apply(options, request=request, ids=ids, progress=progress)
    if not write:
        return plan, summarize(plan, written=False)
    progress.begin(plan)
    executed = Executed(may_leave_out=progress.may_leave_out)
    try:
        execution = execute_plan(options, plan=plan, executed=executed)
        last = yield from notice_writes(execution, progress.note_write)
    finally:  # also if the flow is closed because the task defers
        progress.add(executed, plan)
    return plan, progress.summary(last, plan)


def plan_apply(
    options: CallOptions,
    *,
    request: ApplyRequest,
    ids: ResolvedIds | None = None,
    progress: ApplyProgress | None = None,
) -> Flow[Plan]:
    """Read the current state, make a plan and log it.

    :param request: what to apply.
    :param ids: the known ids of its source, type and actions; new ones are added.
    :param progress: the progress of the same apply before it was interrupted.
    :raises ValueError: something that can't be changed differs; or the source, the type or an action is unknown or
        ambiguous.
    :raises SegmentNotFoundError: the destination with this id, or the source, does not exist.
    :raises SegmentSeveralMatchesError: several objects have the same identity.
    :raises SegmentPruneLimitError: more would be removed than allowed.
    :raises SegmentFilterCheckError: a described filter's result for a sample event differs from the expected one.
    """
    known, created = ids or ResolvedIds(), {} if progress is None else progress.created
    actual, others, siblings = yield from _read_destination(options, request, known, created.get(DESTINATION, ()))
    spec = known.destination(request.spec)
    destination_type = yield from _read_type(options, spec.identity, actual, siblings)
    request = yield from _with_actions(options, replace(request, spec=spec), known, actual, destination_type)
    plan = make_plan(
        request.spec,
        request.subscriptions,
        actual=actual,
        actual_subscriptions=(yield from _read_subscriptions(options, request, actual, created.get(SUBSCRIPTION, ()))),
        others=others,
        prune_subscriptions=request.prune_subscriptions,
        max_prune=request.max_prune,
        prune_all=request.prune_all,
        rotate_secrets=request.rotate_secrets,
        rotated=() if progress is None else progress.written,
        destination_type=destination_type,
    )
    filters = yield from _plan_filters(options, request, actual, created.get(FILTER, ()))
    plan = replace(
        plan,
        filters=filters,
        places=places(plan.subscriptions, request.subscriptions),
        filter_places=places(filters, request.filters),
    )
    if progress is not None:
        plan = progress.without_remaining(plan)
    yield from _log_plan(plan)
    if progress is None or progress.first is None:  # otherwise it was logged before the task waited
        yield from _warn_about_literal_passwords(request, destination_type)
    yield from run_filter_checks(options, request.filters or ())
    return plan


def execute_plan(
    options: CallOptions, *, plan: Plan, confirm: bool = True, executed: Executed | None = None
) -> Flow[ApplySummary]:
    """Execute a plan; it is safe to stop after any call and to apply again.

    :param plan: the changes to make.
    :param confirm: list the source's destinations again, to check that a created destination is the only one.
    :param executed: filled with what was done.
    :return: a summary of what was done.
    :raises SegmentError: Segment rejected a change; the message names the object. Earlier changes stay, and a new apply
        continues from there.
    """
    if plan.is_empty:
        yield Log("nothing to write: Segment already matches the description")
        return summarize(plan, written=True)
    done = executed or Executed()
    destination_id, done.ignored = yield from _apply_destination_plan(options, plan, done, confirm=confirm)
    done.destination_id, done.remaining[destination_id] = destination_id, list(done.ignored)
    source_id = plan.destination.spec.source_id
    filters = partial(
        execute_filters, options, plan.filters, destination_id=destination_id, source_id=source_id, ids=done.filter_ids
    )
    yield from filters(last=False)
    yield from execute_subscriptions(options, plan, destination_id, done)
    if plan.destination.diff.changes.get("enabled") or _is_enabled_last(plan):
        yield from update_destination(options, id=destination_id, enabled=True)
    yield from filters(last=True)
    return summarize(
        plan,
        written=True,
        destination_id=destination_id,
        ids=done.ids,
        filter_ids=done.filter_ids,
        ignored=done.ignored,
    )


def _read_destination(
    options: CallOptions, request: ApplyRequest, ids: ResolvedIds, created: Sequence[str]
) -> Flow[tuple[Destination | None, list[str], list[Destination]]]:
    """Return the destination, the labels of destinations of the same type, and all destinations of its source.

    The destination is ``None`` if it does not exist; if it exists, there are no labels. With a ``destination_id``, no
    destinations are listed either.
    """
    if request.destination_id is not None:
        return (yield from _read_by_id(options, request.destination_id, request.spec.identity, ids)), [], []
    identity, listed = yield from poll_until(
        lambda: read_siblings(options, request.spec.identity, ids),
        lambda read: _find(read, request) is not None,
        seconds=options.pending_timeout if request.wait_for_pending and request.if_missing == "create" else 0,
        awaited=str(request.spec.identity),
    )
    listed = yield from with_created(listed, created, lambda one: get_destination(options, id=one))
    actual = _find((identity, listed), request)
    if actual is not None:
        return actual, [], listed
    others = [
        object_label(other.get("name"), other["id"])
        for other in listed
        if other["metadata"]["id"] == identity.metadata_id
    ]
    if request.if_missing == "fail":
        siblings = f"destinations of this type: {first_few(others)}" if others else "the source has none of this type"
        raise SegmentNotFoundError(f"there is no {identity}, and if_missing is 'fail'; {siblings}", status=404)
    return None, others, listed


def _read_by_id(
    options: CallOptions, destination_id: str, identity: DestinationIdentity, ids: ResolvedIds
) -> Flow[Destination]:
    actual = yield from get_destination(options, id=destination_id)
    yield from resolve_source(options, ids, source=identity.source, source_id=identity.source_id)
    yield from resolve_type(options, identity, ids, [actual])
    return actual


def _read_type(
    options: CallOptions, identity: DestinationIdentity, actual: Destination | None, siblings: Sequence[Destination]
) -> Flow[TypeRecord | None]:
    """Return the destination's type; for a new destination, also check that it can be created."""
    if actual is not None:
        return actual["metadata"]
    destination_type = yield from read_type(options, identity, siblings)
    check_new_destination(identity, destination_type, siblings)
    return destination_type


def _with_actions(
    options: CallOptions,
    request: ApplyRequest,
    ids: ResolvedIds,
    actual: Destination | None,
    destination_type: TypeRecord | None,
) -> Flow[ApplyRequest]:
    """Return the request with its actions resolved to ids."""
    if request.subscriptions is None:
        return request
    destination_id = None if actual is None else actual["id"]
    specs = yield from resolve_described_actions(
        options, request.subscriptions, ids, destination_type, destination_id=destination_id
    )
    return replace(request, subscriptions=specs)


def _find(read: tuple[DestinationIdentity, list[Destination]], request: ApplyRequest) -> Destination | None:
    """Return the destination with the described identity, or else the one with the previous name."""
    identity, listed = read
    match = one_or_none(destinations.matching(listed, identity), identity)
    if match is None and request.previous_name is not None:
        previous = structs.replace(identity, name=request.previous_name)
        match = one_or_none(destinations.matching(listed, previous), previous)
    return match


def _read_subscriptions(
    options: CallOptions, request: ApplyRequest, actual: Destination | None, created: Sequence[str]
) -> Flow[Sequence[Subscription]]:
    """List the subscriptions; with ``wait_for_pending``, poll until all described ones are listed or time is up."""
    if request.subscriptions is None or actual is None:
        return ()
    specs, destination_id = request.subscriptions, actual["id"]
    listing = subscriptions_listing(destination_id=destination_id)
    listed = yield from poll_until(
        lambda: collect(listing, options),
        lambda listed: _all_listed(specs, listed),
        seconds=options.pending_timeout if request.wait_for_pending else 0,
        awaited="subscriptions that an earlier try may have created",
    )
    get = partial(get_subscription, options, destination_id=destination_id)
    return (yield from with_created(listed, created, lambda one: get(id=one)))


def _all_listed(specs: Sequence[SubscriptionSpec], listed: Sequence[Subscription]) -> bool:
    try:
        return None not in match_subscriptions(specs, listed)
    except SegmentNotFoundError:
        return False


def _plan_filters(
    options: CallOptions, request: ApplyRequest, actual: Destination | None, created: Sequence[str]
) -> Flow[tuple[FilterPlan, ...]]:
    if request.filters is None:
        return ()
    existing: Sequence[Filter] = ()
    if actual is not None:
        existing = yield from read_filters(
            options,
            destination_id=actual["id"],
            specs=request.filters,
            wait_for_pending=request.wait_for_pending,
        )
        get = partial(get_filter, options, destination_id=actual["id"])
        existing = yield from with_created(existing, created, lambda one: get(id=one))
    return plan_filters(
        request.filters,
        existing,
        prune=request.prune_filters,
        max_prune=request.max_prune_filters,
        prune_all=request.prune_all,
    )


def _is_enabled_last(plan: Plan) -> bool:
    """Return whether a new destination is created disabled, so that no event passes before its filters exist.

    This applies only if it is described as enabled: otherwise a retry could not tell that it must be enabled.
    """
    part = plan.destination
    return part.actual is None and part.spec.enabled is True and bool(plan.filters)


def _log_plan(plan: Plan) -> Flow[None]:
    identity = plan.destination.spec.identity
    yield Log("plan:", lines=tuple(plan_table(plan).split("\n")))
    yield from mask_and_warn(identity, plan.destination.diff)
    for part in plan.subscriptions:
        yield from mask_and_warn(f"subscription {part.name!r}", part.diff)
    for warning in plan.warnings:
        yield Log(warning, logging.WARNING)
    if plan.others:
        yield Log(
            f"source {identity.source_id} has other destinations of type {identity.metadata_id}:"
            f" {first_few(plan.others)}; if one of them is this destination under an earlier name, pass its"
            " destination_id to rename it, or events will be sent twice",
            logging.WARNING,
        )


def _warn_about_literal_passwords(request: ApplyRequest, destination_type: TypeRecord | None) -> Iterator[Log]:
    """Warn about literal passwords in the settings of the destination and of its subscriptions."""
    spec = request.spec
    yield from warn_about_literal_passwords(
        spec.identity, spec.settings, options_of(destination_type), templated=spec.templated
    )
    for one in request.subscriptions or ():
        fields = fields_of(destination_type, one.action_id)
        label = f"subscription {one.name!r}"
        yield from warn_about_literal_passwords(label, one.settings or {}, fields, templated=one.templated)


def _apply_destination_plan(
    options: CallOptions, plan: Plan, executed: Executed, *, confirm: bool
) -> Flow[tuple[str, list[str]]]:
    """Create or change the destination, but leave enabling it to the caller if that must come last."""
    part = plan.destination
    if part.actual is None:
        spec = structs.replace(part.spec, enabled=False) if _is_enabled_last(plan) else part.spec
        note = partial(setattr, executed, "destination_id")
        created = yield from destinations.create_from_spec(options, spec, confirm=confirm, on_created=note)
        yield Log(f"created {part.spec.identity}: {created['id']}")
        return created["id"], (yield from destinations.ignored_on_create(part.spec, created))
    changes = {name: value for name, value in part.diff.changes.items() if (name, value) != ("enabled", True)}
    return part.actual["id"], (yield from destinations.write_destination(options, part.actual, changes))
