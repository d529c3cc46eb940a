"""Planning many destinations, logging the plan and applying it, for the operators."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

from airflow_provider_segment.protocol.flow.deferral import without_deferral
from airflow_provider_segment.protocol.flow.staleness import notice_suspensions
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log
from airflow_provider_segment.protocol.phrases import counted_list
from airflow_provider_segment.protocol.provisioning.plan_table import plan_table
from airflow_provider_segment.protocol.provisioning.summary import summarize
from airflow_provider_segment.protocol.workspace.apply_workspace import ApplyOptions, apply_workspace
from airflow_provider_segment.protocol.workspace.description import DestinationDescription
from airflow_provider_segment.protocol.workspace.plan import AppliedDestination, PlannedDestination, WorkspacePlan
from airflow_provider_segment.protocol.workspace.plan_workspace import PlanOptions, plan_workspace
from airflow_provider_segment.protocol.workspace.progress import WorkspaceProgress
from airflow_provider_segment.protocol.workspace.replan_destination import Pending
from airflow_provider_segment.protocol.workspace.summary import result_counts


def apply_descriptions(
    options: CallOptions,
    *,
    descriptions: Sequence[DestinationDescription],
    how: PlanOptions,
    write: bool,
    stop_on_error: bool = False,
    is_retry: bool = False,
    progress: WorkspaceProgress | None = None,
) -> Flow[tuple[WorkspacePlan, tuple[AppliedDestination, ...]]]:
    """Read the current state, make and log a plan for all descriptions and, with ``write``, execute it.

    :param descriptions: the descriptions, with their secrets supplied.
    :param how: options for planning.
    :param write: whether to execute the plan.
    :param stop_on_error: write nothing if a destination can't be planned, and stop at the first failure.
    :param is_retry: whether requests of an earlier try may still be in flight.
    :param progress: the progress of the same apply before it was interrupted; filled with what is done.
    :return: the plan, and what was done or would be done to each destination.
    :raises SegmentPruneLimitError: more would be removed than allowed.
    """
    pending = Pending(options.clocks() if is_retry else None)
    done = progress or WorkspaceProgress()
    plan = done.plan(descriptions, how)
    if plan is None:
        if done.destinations:
            yield Log("the descriptions changed while the task waited; planning again", logging.WARNING)
            done.destinations = []
        planning = without_deferral(plan_workspace(options, descriptions=descriptions, how=how))
        plan = yield from notice_suspensions(options, planning, lambda: pending.renew(options))
        yield from _plan_lines(plan)
    if not write:
        return plan, tuple(map(_unexecuted, plan.items))
    apply = ApplyOptions(stop_on_error=stop_on_error, pending=pending, progress=done)
    applied = yield from apply_workspace(options, plan=plan, how=how, apply=apply)
    yield Log(f"done: {result_counts([one.result for one in applied])}")
    return plan, applied


def _unexecuted(item: PlannedDestination) -> AppliedDestination:
    summary = None if item.plan is None else summarize(item.plan, written=False)
    return replace(AppliedDestination.of(item), summary=summary, error=item.error)


def _plan_lines(plan: WorkspacePlan) -> Iterator[Log]:
    for item in plan.items:
        yield from _item_lines(item)
    if unsupplied := plan.unsupplied_aliases:
        yield Log(unsupplied_text(unsupplied), logging.WARNING)
    if plan.undescribed:
        others = [f"{one.name or one.id!r} ({one.source}, {one.type})" for one in plan.undescribed]
        yield Log(left_alone_text(others))
    yield Log(f"plan: {result_counts([item.result for item in plan.items])}; applying it takes {plan.forecast}")


def unsupplied_text(aliases: Sequence[str]) -> str:
    """Return the warning about secrets that are not supplied.

    :param aliases: their aliases.
    """
    return counted_list(
        aliases,
        "secret was not supplied, so it was not compared",
        "secrets were not supplied, so they were not compared",
    )


def left_alone_text(others: Sequence[str]) -> str:
    """Return the message about destinations that have no description.

    :param others: their labels.
    """
    return counted_list(
        others,
        "other destination of the described sources has no description and is left alone",
        "other destinations of the described sources have no description and are left alone",
    )


def _item_lines(item: PlannedDestination) -> Iterator[Log]:
    title = f"{item.description.label} ({item.description.path})"
    yield from (Log(f"{title}: {warning}", logging.WARNING) for warning in item.warnings)
    if item.error is not None:
        yield Log(f"{title} can't be planned: {item.error}", logging.ERROR)
    elif item.deleted is not None:
        yield Log(f"{title}: delete {item.id}")
    elif item.plan is not None and not item.is_empty:
        yield Log(f"{title}:", lines=tuple(plan_table(item.plan).split("\n")))
