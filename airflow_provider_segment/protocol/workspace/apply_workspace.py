"""Executing the plan of a workspace, one destination after another, and collecting failures."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace

from airflow_provider_segment.protocol.api.destinations import delete_destination
from airflow_provider_segment.protocol.errors import (
    SegmentConflictError,
    SegmentError,
    SegmentInvalidRequestError,
    SegmentNotFoundError,
)
from airflow_provider_segment.protocol.flow.deferral import without_deferral
from airflow_provider_segment.protocol.flow.staleness import notice_suspensions, replan_when_stale
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log
from airflow_provider_segment.protocol.flow.writes import notice_writes
from airflow_provider_segment.protocol.provisioning.apply import execute_plan
from airflow_provider_segment.protocol.provisioning.plan import Result
from airflow_provider_segment.protocol.provisioning.progress import Executed
from airflow_provider_segment.protocol.provisioning.summary import ApplySummary, summarize
from airflow_provider_segment.protocol.workspace.confirming import confirm_created
from airflow_provider_segment.protocol.workspace.forecast import announce, forecast
from airflow_provider_segment.protocol.workspace.listings import Listings
from airflow_provider_segment.protocol.workspace.locate_targets import is_fatal
from airflow_provider_segment.protocol.workspace.plan import (
    AppliedDestination,
    PlannedDestination,
    WorkspacePlan,
    check_removals,
)
from airflow_provider_segment.protocol.workspace.plan_workspace import PlanOptions, redacting_settings
from airflow_provider_segment.protocol.workspace.progress import DestinationProgress, WorkspaceProgress
from airflow_provider_segment.protocol.workspace.replan_destination import Pending, Waiting, plan_again, waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyOptions:
    """The options for applying a plan.

    :param stop_on_error: write nothing if something could not be planned, and stop at the first failure; otherwise
        continue with the next destination.
    :param pending: the start of the period in which requests of another try may still be in flight.
    :param progress: the progress of the same apply before it was interrupted; filled with what is done.
    """

    stop_on_error: bool = False
    pending: Pending = field(default_factory=Pending)
    progress: WorkspaceProgress = field(default_factory=WorkspaceProgress)


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
    return (yield from notice_suspensions(options, flow, lambda: apply.pending.renew(options)))


def _apply_items(
    options: CallOptions, plan: WorkspacePlan, how: PlanOptions, apply: ApplyOptions
) -> Flow[tuple[AppliedDestination, ...]]:
    progress = apply.progress
    if not progress.destinations:
        progress.begin(plan, how)
    yield from announce(progress.calls)
    stopped = apply.stop_on_error and _has_failed(progress)
    results: list[AppliedDestination] = []
    for item, done in zip(plan.items, progress.destinations, strict=True):
        if done.result is not None or stopped:
            results.append((yield from _unwritten(item, done)))
            continue
        yield Log(_progress_line(item, done, progress))
        results.append((yield from _apply_one(options, item, done, plan.listings, how, apply)))
        stopped = apply.stop_on_error and _has_failed(progress)
    return (yield from without_deferral(confirm_created(options, plan.items, results), begun=True))


def _has_failed(progress: WorkspaceProgress) -> bool:
    return any(one.error is not None for one in progress.destinations)


def _progress_line(item: PlannedDestination, done: DestinationProgress, progress: WorkspaceProgress) -> str:
    """Return a progress line with the next destination and the time left."""
    number = next(number for number, one in enumerate(progress.to_write, start=1) if one is done)
    left = forecast(progress.calls)
    rest = f"; left: {left}" if left.minutes else ""
    return f"{number} of {len(progress.to_write)}: {item.description.label} ({item.description.path}){rest}"


def _unwritten(item: PlannedDestination, done: DestinationProgress) -> Flow[AppliedDestination]:
    """Return the result for a destination that is not written now: it is finished, skipped, or can't be written."""
    if item.unwritable is not None:
        return (yield from _failed(AppliedDestination.of(item), item.unwritable))
    applied = replace(AppliedDestination.of(item), id=done.id, result=done.result or "skipped")
    if item.error is not None or done.error is None:
        summary = summarize(item.plan, written=True) if item.plan is not None and item.is_empty else None
        return replace(applied, summary=summary, error=item.error)
    return replace(applied, error=done.error.restored())


def _apply_one(
    options: CallOptions,
    item: PlannedDestination,
    done: DestinationProgress,
    listings: Listings,
    how: PlanOptions,
    apply: ApplyOptions,
) -> Flow[AppliedDestination]:
    applied = AppliedDestination.of(item)
    options = redacting_settings(options, item.description)
    try:
        if item.result == Result.REMOVED.value:
            yield from _delete(options, done.id or "")
            done.end(item.result)
            return applied
        summary = yield from replan_when_stale(
            options,
            lambda fresh, stale: _create_or_adopt(
                fresh, item, done, listings, how, waiting(fresh, apply.pending, stale=stale)
            ),
            wait_for_pending=False,
        )
    except (ValueError, SegmentError) as error:
        if is_fatal(error):
            raise
        done.end("failed", error)
        return (yield from _failed(replace(applied, id=done.id), error))
    done.id = summary["destination_id"]
    done.end(_result_of(summary))
    return replace(applied, result=done.result or "", summary=summary)


def _failed(applied: AppliedDestination, error: Exception) -> Flow[AppliedDestination]:
    yield Log(f"failed: {applied.label} ({applied.path}): {error}", logging.ERROR)
    return replace(applied, result="failed", error=error)


def _result_of(summary: ApplySummary) -> str:
    changed = Result.CHANGED if summary["differs"] else Result.KEPT
    return (Result.CREATED if summary["created"] else changed).value


def _create_or_adopt(
    options: CallOptions,
    item: PlannedDestination,
    done: DestinationProgress,
    listings: Listings,
    how: PlanOptions,
    wait: Waiting,
) -> Flow[ApplySummary]:
    """Plan and write a destination; after a rejected create, use the one created in the meantime, if any."""
    try:
        return (yield from _plan_and_execute(options, item, done, listings, how, wait))
    except (SegmentConflictError, SegmentInvalidRequestError) as rejection:
        if done.id is not None:
            raise
        again = yield from plan_again(options, item, done, listings, how, Waiting(0, -1))
        if again.error is not None:  # it exists, and something else about it is wrong
            raise again.error from rejection
        if again.id is None:
            raise
        yield Log(f"{rejection}; destination {again.id} was created in the meantime", logging.WARNING)
        return (yield from _plan_and_execute(options, item, done, listings, how, Waiting()))


def _plan_and_execute(
    options: CallOptions,
    item: PlannedDestination,
    done: DestinationProgress,
    listings: Listings,
    how: PlanOptions,
    wait: Waiting,
) -> Flow[ApplySummary]:
    again = yield from plan_again(options, item, done, listings, how, wait)
    if (error := again.error or again.unwritable) is not None:
        raise error
    check_removals([again], max_prune=how.max_prune)
    if again.plan is None:
        raise TypeError("planning returned neither a plan nor an error")
    progress = done.begin(again.plan)
    executed = Executed(may_leave_out=progress.may_leave_out)
    try:
        execution = execute_plan(options, plan=again.plan, confirm=False, executed=executed)
        last = yield from notice_writes(execution, progress.note_write)
    finally:  # also if the flow is closed because the task defers
        done.add(executed, again.plan)
    return progress.summary(last, again.plan)


def _delete(options: CallOptions, destination_id: str) -> Flow[None]:
    try:
        yield from delete_destination(options, id=destination_id)
        yield Log(f"deleted destination {destination_id}")
    except SegmentNotFoundError as error:
        yield Log(f"already deleted: {error}")
