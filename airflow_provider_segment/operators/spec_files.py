"""Reading spec files in a task, and applying the descriptions in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_segment.hooks.connection_form import DEFAULT_CONN_ID
from airflow_provider_segment.operators.base import push_result
from airflow_provider_segment.protocol.errors import (
    SegmentPruneLimitError,
    SegmentUnexpectedResultError,
    is_final_error,
)
from airflow_provider_segment.protocol.provisioning.diff_report import Difference, differences_text
from airflow_provider_segment.protocol.provisioning.summary import ApplySummary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_segment.operators.base import SegmentOperator
    from airflow_provider_segment.operators.deferral import SegmentDeferrableOperator
    from airflow_provider_segment.protocol.workspace.description import DestinationDescription
    from airflow_provider_segment.protocol.workspace.plan import AppliedDestination, PlannedDestination, WorkspacePlan
    from airflow_provider_segment.protocol.workspace.progress import WorkspaceProgress
    from airflow_provider_segment.protocol.workspace_summary import WorkspaceSummary
    from airflow_provider_segment.workspace.folder import WorkspaceFolder
    from airflow_provider_segment.workspace.inline_descriptions import FileEntry

DESCRIPTION_ERRORS = (ValueError, SegmentPruneLimitError)
"""Errors about the descriptions themselves, which may have been edited while the task waited."""


def read_files(
    task: SegmentOperator, *, path: str, environment: str | None, listed_as: str | None = None
) -> WorkspaceFolder:
    """Read a folder of spec files, or a single spec file.

    :param task: the task; a relative path starts at the folder of its DAG file, or without a DAG at the working
        directory.
    :param path: path of the folder or file.
    :param environment: name of the environment.
    :param listed_as: the name of the file in the list that ``load_destinations`` returns.
    :raises ValueError: a file is invalid; the error lists every problem.
    """
    from airflow_provider_segment.workspace.folder import load_folder

    return load_folder(_base(task) / path, environment=environment, listed_as=listed_as)


def read_entries(
    task: SegmentOperator, entries: Sequence[DestinationDescription | FileEntry]
) -> Sequence[WorkspaceFolder]:
    """Load a list whose entries are either descriptions or paths of spec files.

    :param task: the task; relative paths start where those of :func:`read_files` do.
    :param entries: descriptions and file entries.
    :raises ValueError: a file is invalid; the error lists every problem.
    """
    from airflow_provider_segment.workspace.entries import load_entries

    return load_entries(entries, base=_base(task))


def _base(task: SegmentOperator) -> Path:
    dag = task.get_dag()
    return Path.cwd() if dag is None else Path(dag.fileloc).parent


def apply_folders(
    task: SegmentDeferrableOperator,
    context: Context,
    folders: Sequence[WorkspaceFolder],
    values: Mapping[str, Any],
    progress: WorkspaceProgress,
) -> tuple[WorkspacePlan, Sequence[AppliedDestination]]:
    """Plan the destinations that folders describe and, with ``on_drift="fix"``, apply the plan.

    :param task: the task that runs the flow.
    :param context: the task's context.
    :param folders: the folders.
    :param values: the checked arguments ``on_drift``, ``max_prune``, ``rotate_secrets`` and, if the task has it,
        ``on_error``.
    :param progress: what the task did before it waited; filled with what is done.
    :return: the plan, and what was done or would be done to each destination.
    """
    from airflow_provider_segment.protocol.workspace.apply_descriptions import apply_descriptions
    from airflow_provider_segment.protocol.workspace.plan_workspace import PlanOptions
    from airflow_provider_segment.workspace.aliases import supplied_descriptions

    for warning in (one for folder in folders if task.stored_progress is None for one in folder.warnings):
        task.log.warning(warning)
    if task.segment_conn_id == DEFAULT_CONN_ID:
        connections = [folder.environment.connection for folder in folders]
        task.segment_conn_id = _only("connection", connections) or DEFAULT_CONN_ID
    return task.run_flow(
        context,
        apply_descriptions,
        descriptions=[one for folder in folders for one in supplied_descriptions(folder)],
        how=PlanOptions(
            workspace_id=_only("workspace_id", [folder.environment.workspace_id for folder in folders]),
            max_prune=values["max_prune"],
            rotate_secrets=values["rotate_secrets"],
        ),
        write=values["on_drift"] == "fix",
        stop_on_error=values.get("on_error") == "stop",
        is_retry=task.looks_for_pending(context),
        progress=progress,
    )


def _only(key: str, values: Sequence[str | None]) -> str | None:
    """Return the one value that the environments set; ``None`` if none of them sets it."""
    different = list(dict.fromkeys(value for value in values if value is not None))
    if len(different) > 1:
        raise ValueError(
            f"the environments have different values for {key}: {', '.join(different)}; use one task per environment"
        )
    return different[0] if different else None


def apply_file(
    task: SegmentDeferrableOperator, context: Context, values: Mapping[str, Any], progress: WorkspaceProgress
) -> tuple[PlannedDestination, ApplySummary]:
    """Plan the destination that a file describes and, with ``on_drift="fix"``, apply the plan.

    :param task: the task that runs the flow.
    :param context: the task's context.
    :param values: the checked arguments, with ``path`` and optionally ``environment`` and ``name``.
    :param progress: what the task did before it waited; filled with what is done.
    :return: the plan of the destination, and the summary.
    """
    folder = read_files(task, path=values["path"], environment=values.get("environment"), listed_as=values.get("name"))
    if len(folder.descriptions) != 1:
        raise ValueError(
            f"path is {values['path']!r}, a folder; pass one spec file, or use SegmentApplyWorkspaceOperator"
        )
    plan, (applied,) = apply_folders(task, context, [folder], values, progress)
    if applied.error is not None:
        raise applied.error
    (item,) = plan.items
    return item, applied.summary or _removal(item, written=values["on_drift"] == "fix")


def _removal(item: PlannedDestination, *, written: bool) -> ApplySummary:
    """Return the summary for a destination that its file describes as removed."""
    removed = Difference(
        object="destination",
        name=item.description.name or "",
        id=item.id,
        result="removed" if written else "would remove",
        fields=[],
    )
    return ApplySummary(
        destination_id=item.id,
        differs=not item.is_empty,
        created=False,
        changed=[],
        subscriptions=[],
        filters=[],
        differences=[] if item.is_empty else [removed],
        ignored=[],
    )


def drift_phrase(item: PlannedDestination) -> str:
    """Return a phrase that says how a destination differs from its description.

    :param item: the plan of a destination.
    """
    if item.plan is None:
        return f"{item.description.label} ({item.id}) exists, but is described as removed"
    return differences_text(item.plan)


def raise_after_wait(
    task: SegmentDeferrableOperator,
    context: Context,
    error: ValueError | SegmentPruneLimitError,
    report: Callable[[WorkspaceProgress, WorkspaceSummary], None],
) -> NoReturn:
    """Raise an error about the descriptions; it, the log and XCom say what the task did before a wait, if anything.

    :param task: the task.
    :param context: the task's context.
    :param error: one of ``DESCRIPTION_ERRORS``.
    :param report: called with what was done before the wait and its summary, if there is any, for OpenLineage.
    """
    from airflow_provider_segment.protocol.workspace.interruption import interruption, result_line, results_before
    from airflow_provider_segment.protocol.workspace.progress import WorkspaceProgress
    from airflow_provider_segment.protocol.workspace.summary import result_counts

    # Read again: planning again discards the progress of the earlier plan.
    progress = WorkspaceProgress.from_json(task.stored_progress)
    applied = results_before(progress)
    failure = interruption(progress, applied, error)
    if failure is None or failure.summary is None:
        raise error
    for one in applied:
        task.log.info("before the wait: %s", result_line(one))
    task.log.info("done: %s", result_counts([one.result for one in applied]))
    report(progress, failure.summary)
    push_result(task, context, failure.summary)
    raise_for_retry([error, *progress.errors], failure)


def raise_for_retry(causes: Sequence[Exception], error: Exception) -> NoReturn:
    """Raise an error so that Airflow retries the task, unless a retry cannot help or would create a duplicate.

    :param causes: the errors.
    :param error: the error to raise.
    """
    if all(map(is_final_error, causes)) or any(isinstance(cause, SegmentUnexpectedResultError) for cause in causes):
        raise AirflowFailException(str(error)) from error
    raise error
