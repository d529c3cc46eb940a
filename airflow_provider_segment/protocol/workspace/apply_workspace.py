"""Executing the plan of a workspace: one destination after another, with partial failures collected."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from airflow_provider_segment.protocol.api.destinations import delete_destination
from airflow_provider_segment.protocol.api.objects import Destination
from airflow_provider_segment.protocol.errors import SegmentError, SegmentNotFoundError
from airflow_provider_segment.protocol.flow.staleness import replan_when_stale
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log
from airflow_provider_segment.protocol.provisioning.apply import execute_plan
from airflow_provider_segment.protocol.provisioning.creating import poll_until
from airflow_provider_segment.protocol.provisioning.plan import ApplySummary
from airflow_provider_segment.protocol.workspace.plan import PlannedDestination, WorkspacePlan, check_removals
from airflow_provider_segment.protocol.workspace.plan_workspace import (
    FATAL,
    PlanOptions,
    plan_target,
    redacting_settings,
)
from airflow_provider_segment.protocol.workspace.planning import Target, find_destination
from airflow_provider_segment.protocol.workspace.reading import read_destination, read_destinations


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedDestination:
    """What happened to one described destination.

    :param path: the file that describes it.
    :param label: how messages name it.
    :param result: ``created``, ``changed``, ``kept``, ``removed``, ``failed``, or ``skipped`` after a stop.
    :param summary: the summary of its apply; ``None`` if it was deleted, skipped or failed.
    :param error: why it failed.
    """

    path: str
    label: str
    result: str
    summary: ApplySummary | None = None
    error: Exception | None = None


def apply_workspace(
    options: CallOptions,
    *,
    plan: WorkspacePlan,
    how: PlanOptions,
    stop_on_error: bool,
    wait_for_pending: bool = False,
) -> Flow[tuple[AppliedDestination, ...]]:
    """Execute a plan; each destination that changes is read and planned again right before it is written.

    It is safe to stop after any call and to apply again.

    :param plan: what to do.
    :param how: how it was planned.
    :param stop_on_error: write nothing if something could not be planned, and stop at the first failure; otherwise go
        on with the next destination.
    :param wait_for_pending: before creating, poll for ``reconcile_timeout`` seconds, since an earlier try may have left
        a request in flight.
    :return: what happened to each destination.
    :raises SegmentAuthError: the token was rejected.
    :raises SegmentConnectionError: Segment could not be reached.
    """
    todo = sum(not item.is_empty and item.error is None for item in plan.items)
    if todo and plan.forecast.minutes:
        yield Log(f"{plan.forecast}")
    stopped = stop_on_error and bool(plan.failed)
    results: list[AppliedDestination] = []
    done = 0
    for item in plan.items:
        if item.is_empty or item.error is not None or stopped:
            results.append(_unwritten(item))
            continue
        done += 1
        yield Log(f"{done} of {todo}: {item.description.label} ({item.description.path})")
        results.append((yield from _apply_one(options, item, how, wait_for_pending=wait_for_pending)))
        stopped = stop_on_error and results[-1].error is not None
    return tuple(results)


def _unwritten(item: PlannedDestination) -> AppliedDestination:
    result = item.result if item.is_empty or item.error is not None else "skipped"
    summary = item.plan.summary() if item.plan is not None and item.is_empty else None
    description = item.description
    return AppliedDestination(
        path=description.path, label=description.label, result=result, summary=summary, error=item.error
    )


def _apply_one(
    options: CallOptions, item: PlannedDestination, how: PlanOptions, *, wait_for_pending: bool
) -> Flow[AppliedDestination]:
    applied = AppliedDestination(path=item.description.path, label=item.description.label, result=item.result)
    options = redacting_settings(options, item.description)
    try:
        if item.deleted is not None:
            yield from _delete(options, item.deleted)
            return applied
        result, summary = yield from replan_when_stale(
            options,
            lambda fresh, pending: _plan_and_execute(fresh, item, how, wait_for_pending=pending),
            wait_for_pending=wait_for_pending,
        )
    except (ValueError, SegmentError) as error:
        if isinstance(error, FATAL):
            raise
        yield Log(f"failed: {applied.label} ({applied.path}): {error}", logging.ERROR)
        return replace(applied, result="failed", error=error)
    return replace(applied, result=result, summary=summary)


def _plan_and_execute(
    options: CallOptions, item: PlannedDestination, how: PlanOptions, *, wait_for_pending: bool
) -> Flow[tuple[str, ApplySummary]]:
    again = yield from _plan_again(options, item, how, wait_for_pending=wait_for_pending)
    if again.error is not None:
        raise again.error
    check_removals([again], max_prune=how.max_prune)
    if again.plan is None:
        raise TypeError("an item without an error has a plan")
    return again.result, (yield from execute_plan(options, plan=again.plan))


def _plan_again(
    options: CallOptions, item: PlannedDestination, how: PlanOptions, *, wait_for_pending: bool
) -> Flow[PlannedDestination]:
    """Plan with what exists now: since the plan was made, minutes may have passed."""
    metadata_id = item.type["id"] if item.type is not None else ""
    planned_id = item.plan.destination.id if item.plan is not None else None
    actual: Destination | None
    if planned_id is not None:
        actual = yield from read_destination(options, planned_id)
        if actual is None:
            raise SegmentNotFoundError(f"destination {planned_id} no longer exists", status=404)
    else:
        listed = yield from poll_until(
            lambda: read_destinations(options, source_id=item.source_id),
            lambda listed: _find(item, metadata_id, listed) is not None,
            seconds=options.pending_timeout if wait_for_pending else 0,
            awaited=item.description.label,
        )
        actual = _find(item, metadata_id, listed)
    target = Target(source_id=item.source_id, metadata_id=metadata_id, actual=actual)
    return (yield from plan_target(options, item, target, how))


def _find(item: PlannedDestination, metadata_id: str, listed: list[Destination]) -> Destination | None:
    return find_destination(item.description, source_id=item.source_id, metadata_id=metadata_id, destinations=listed)


def _delete(options: CallOptions, destination: Destination) -> Flow[None]:
    try:
        yield from delete_destination(options, id=destination["id"])
        yield Log(f"deleted destination {destination['id']}")
    except SegmentNotFoundError as error:
        yield Log(f"already deleted: {error}")
