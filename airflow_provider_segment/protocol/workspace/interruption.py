"""The result of an apply that can't be resumed, because its descriptions became invalid while the task waited."""

from __future__ import annotations

from collections.abc import Sequence

from airflow_provider_segment.protocol.errors import SegmentError, SegmentPartialFailureError, SegmentPruneLimitError
from airflow_provider_segment.protocol.phrases import counted, listed
from airflow_provider_segment.protocol.provisioning.progress import ApplyProgress
from airflow_provider_segment.protocol.workspace.description import described_label
from airflow_provider_segment.protocol.workspace.plan import AppliedDestination
from airflow_provider_segment.protocol.workspace.progress import DestinationProgress, WorkspaceProgress
from airflow_provider_segment.protocol.workspace.summary import workspace_summary


def results_before(progress: WorkspaceProgress) -> tuple[AppliedDestination, ...]:
    """Return each destination's stored result, or else ``failed`` if it was partly written and ``skipped`` otherwise.

    :param progress: the stored progress.
    """
    return tuple(map(_result, progress.destinations))


def interruption(
    progress: WorkspaceProgress, applied: Sequence[AppliedDestination], error: ValueError | SegmentPruneLimitError
) -> SegmentPartialFailureError | None:
    """Return the error for an apply that can't be resumed; ``None`` if it had written nothing and nothing had failed.

    :param progress: the stored progress.
    :param applied: its results, from ``results_before``.
    :param error: what is wrong with the descriptions.
    """
    done = [one for one in applied if one.result not in ("kept", "skipped")]
    if not done:
        return None
    differs = any(one.planned != "kept" for one in progress.destinations)
    failure = SegmentPartialFailureError(
        f"after a wait for a rate limit, the descriptions could no longer be applied: {error}; results before the wait,"
        f" for {len(done)} of {counted(len(applied), 'destination')}: {listed([result_line(one) for one in done])};"
        " correct the descriptions and clear the task; it then writes only what still differs",
        summary=workspace_summary(applied, differs=differs, unsupplied=progress.unsupplied),
    )
    failure.__cause__ = error
    return failure


def result_line(applied: AppliedDestination) -> str:
    """Return a line that shows a destination's label, file and id, and its result or error.

    :param applied: what had been done to it.
    """
    place = applied.path if applied.id is None else f"{applied.path}, {applied.id}"
    return f"{applied.label} ({place}): {applied.error or applied.result}"


def _result(done: DestinationProgress) -> AppliedDestination:
    error, result = None if done.error is None else done.error.restored(), done.result or "skipped"
    if done.result is None and done.apply is not None and done.apply.wrote:
        error, result = SegmentError(f"interrupted after the task had {_written(done.apply)}"), "failed"
    label = described_label(done.name, done.id)
    return AppliedDestination(path=done.path, label=label, name=done.name, result=result, id=done.id, error=error)


def _written(apply: ApplyProgress) -> str:
    """Return a phrase that says how many objects of each kind were created, and how many were changed or removed."""
    created = [counted(len(ids), kind) for kind, ids in apply.created.items() if ids]
    known = {object_id for ids in apply.created.values() for object_id in ids}
    others = [object_id for object_id in apply.written if object_id not in known]
    parts = [f"created {', '.join(created)}"] if created else []
    parts += [f"changed or removed {counted(len(others), 'object')}"] if others else []
    return " and ".join(parts) or "written part of the plan"
