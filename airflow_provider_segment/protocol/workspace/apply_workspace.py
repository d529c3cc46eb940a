"""Execution of the plan of a workspace: one destination after another, collecting partial failures."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from airflow_provider_segment.protocol.api.destinations import delete_destination
from airflow_provider_segment.protocol.api.objects import Destination
from airflow_provider_segment.protocol.errors import (
    SegmentConflictError,
    SegmentError,
    SegmentInvalidRequestError,
    SegmentNotFoundError,
)
from airflow_provider_segment.protocol.flow.staleness import notice_standstills, replan_when_stale
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log
from airflow_provider_segment.protocol.provisioning.apply import execute_plan
from airflow_provider_segment.protocol.provisioning.creating import poll_until
from airflow_provider_segment.protocol.provisioning.summary import ApplySummary, summarize
from airflow_provider_segment.protocol.workspace.confirming import confirm_created
from airflow_provider_segment.protocol.workspace.forecast import forecast
from airflow_provider_segment.protocol.workspace.listings import LASTS, Clocks
from airflow_provider_segment.protocol.workspace.locating import is_fatal
from airflow_provider_segment.protocol.workspace.plan import (
    AppliedDestination,
    PlannedDestination,
    WorkspacePlan,
    check_removals,
)
from airflow_provider_segment.protocol.workspace.plan_workspace import (
    PlanOptions,
    plan_target,
    redacting_settings,
)
from airflow_provider_segment.protocol.workspace.planning import Target, find_destination
from airflow_provider_segment.protocol.workspace.reading import read_destination


@dataclass(slots=True)
class Pending:
    """The time from which requests of another try may be in flight.

    For ``reconcile_timeout`` seconds after it, nothing is created, and older lists are read again.

    :param since: the clocks when this try started, or resumed after a suspension; ``None`` if there is no other try.
    """

    since: Clocks | None = None

    def renew(self, options: CallOptions) -> None:
        """Record that the process was suspended until now.

        :param options: the clocks.
        """
        self.since = options.clocks()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyOptions:
    """How to apply.

    :param stop_on_error: write nothing if something could not be planned, and stop at the first failure; otherwise
        continue with the next destination.
    :param pending: the time from which requests of another try may be in flight.
    """

    stop_on_error: bool = False
    pending: Pending = field(default_factory=Pending)


def apply_workspace(
    options: CallOptions, *, plan: WorkspacePlan, how: PlanOptions, apply: ApplyOptions
) -> Flow[tuple[AppliedDestination, ...]]:
    """Execute a plan.

    Each existing destination that changes is read and planned again right before it is written. New destinations are
    looked up in the list of their source, and one more list of each source checks them after the last write. It is safe
    to stop after any call and to apply again.

    :param plan: what to do.
    :param how: how it was planned.
    :param apply: how to apply it.
    :return: what happened to each destination.
    :raises SegmentAuthError: the token was rejected.
    :raises SegmentConnectionError: Segment could not be reached.
    """
    flow = _apply_items(options, plan, how, apply)
    return (yield from notice_standstills(options, flow, lambda: apply.pending.renew(options)))


def _apply_items(
    options: CallOptions, plan: WorkspacePlan, how: PlanOptions, apply: ApplyOptions
) -> Flow[tuple[AppliedDestination, ...]]:
    todo = [item for item in plan.items if _is_writable(item)]
    stopped = apply.stop_on_error and bool(plan.failed or plan.unwritable)
    results: list[AppliedDestination] = []
    done = 0
    for item in plan.items:
        if stopped or not _is_writable(item):
            results.append((yield from _unwritten(item)))
            continue
        yield Log(_progress(todo, done))
        done += 1
        results.append((yield from _apply_one(options, item, plan, how, apply)))
        stopped = apply.stop_on_error and results[-1].error is not None
    return (yield from confirm_created(options, plan.items, results))


def _progress(todo: Sequence[PlannedDestination], done: int) -> str:
    """Return the next destination, and how long the rest takes."""
    item = todo[done]
    left = forecast(one.plan for one in todo[done:] if one.plan is not None)
    rest = f"; left: {left}" if left.minutes else ""
    return f"{done + 1} of {len(todo)}: {item.description.label} ({item.description.path}){rest}"


def _is_writable(item: PlannedDestination) -> bool:
    return not item.is_empty and item.error is None and item.unwritable is None


def _unwritten(item: PlannedDestination) -> Flow[AppliedDestination]:
    """Return the result of a destination that is not written."""
    if item.unwritable is not None:
        return (yield from _failed(AppliedDestination.of(item), item.unwritable))
    result = item.result if item.is_empty or item.error is not None else "skipped"
    summary = summarize(item.plan, written=True) if item.plan is not None and item.is_empty else None
    return replace(AppliedDestination.of(item), result=result, summary=summary, error=item.error)


def _apply_one(
    options: CallOptions, item: PlannedDestination, plan: WorkspacePlan, how: PlanOptions, apply: ApplyOptions
) -> Flow[AppliedDestination]:
    applied = AppliedDestination.of(item)
    options = redacting_settings(options, item.description)
    try:
        if item.deleted is not None:
            yield from _delete(options, item.deleted)
            return applied
        result, summary = yield from replan_when_stale(
            options,
            lambda fresh, stale: _create_or_adopt(fresh, item, plan, how, _waiting(fresh, apply, stale=stale)),
            wait_for_pending=False,
        )
    except (ValueError, SegmentError) as error:
        if is_fatal(error):
            raise
        return (yield from _failed(applied, error))
    return replace(applied, result=result, summary=summary)


def _failed(applied: AppliedDestination, error: Exception) -> Flow[AppliedDestination]:
    yield Log(f"failed: {applied.label} ({applied.path}): {error}", logging.ERROR)
    return replace(applied, result="failed", error=error)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """How long requests of an earlier try may be in flight.

    :param seconds: how long to poll before something is created.
    :param max_age: greatest age of a list that shows everything that they created; negative if there is none yet.
    """

    seconds: float = 0
    max_age: float = LASTS


def _waiting(options: CallOptions, apply: ApplyOptions, *, stale: bool) -> _Waiting:
    if stale:
        return _Waiting(options.reconcile_timeout, -1)
    if apply.pending.since is None:
        return _Waiting()
    # Use the smaller elapsed time: the other clock may have been set forward.
    elapsed = min(now - then for then, now in zip(apply.pending.since, options.clocks(), strict=True))
    settled = elapsed - options.reconcile_timeout
    return _Waiting(max(0.0, -settled), min(LASTS, settled))


def _create_or_adopt(
    options: CallOptions, item: PlannedDestination, plan: WorkspacePlan, how: PlanOptions, waiting: _Waiting
) -> Flow[tuple[str, ApplySummary]]:
    """Plan and execute; if Segment rejects the create, check whether another client created the destination since."""
    try:
        return (yield from _plan_and_execute(options, item, plan, how, waiting))
    except (SegmentConflictError, SegmentInvalidRequestError) as refusal:
        if item.id is not None:
            raise
        again = yield from _plan_again(options, item, plan, how, _Waiting(0, -1))
        if again.id is None:
            raise
        yield Log(f"{refusal}; another client created it since it was listed: {again.id}", logging.WARNING)
        return (yield from _plan_and_execute(options, item, plan, how, _Waiting()))


def _plan_and_execute(
    options: CallOptions, item: PlannedDestination, plan: WorkspacePlan, how: PlanOptions, waiting: _Waiting
) -> Flow[tuple[str, ApplySummary]]:
    again = yield from _plan_again(options, item, plan, how, waiting)
    if (error := again.error or again.unwritable) is not None:
        raise error
    check_removals([again], max_prune=how.max_prune)
    if again.plan is None:
        raise TypeError("an item without an error has a plan")
    return again.result, (yield from execute_plan(options, plan=again.plan, confirm=False))


def _plan_again(
    options: CallOptions, item: PlannedDestination, plan: WorkspacePlan, how: PlanOptions, waiting: _Waiting
) -> Flow[PlannedDestination]:
    """Plan again with the current state, because minutes may have passed since the plan was made."""
    metadata_id = item.type["id"] if item.type is not None else ""
    planned_id = item.plan.destination.id if item.plan is not None else None
    actual: Destination | None
    if planned_id is not None:
        actual = yield from read_destination(options, planned_id)
        if actual is None:
            raise SegmentNotFoundError(f"destination {planned_id} no longer exists", status=404)
    else:
        listed = yield from poll_until(
            lambda: plan.listings.read(options, item.source_id, max_age=waiting.max_age),
            lambda listed: _find(item, metadata_id, listed) is not None,
            seconds=waiting.seconds,
            awaited=item.description.label,
        )
        actual = _find(item, metadata_id, listed)
    target = Target(source_id=item.source_id, metadata_id=metadata_id, actual=actual)
    return (yield from plan_target(options, item, target, how, pending=waiting.seconds))


def _find(item: PlannedDestination, metadata_id: str, listed: list[Destination]) -> Destination | None:
    return find_destination(item.description, source_id=item.source_id, metadata_id=metadata_id, destinations=listed)


def _delete(options: CallOptions, destination: Destination) -> Flow[None]:
    try:
        yield from delete_destination(options, id=destination["id"])
        yield Log(f"deleted destination {destination['id']}")
    except SegmentNotFoundError as error:
        yield Log(f"already deleted: {error}")
