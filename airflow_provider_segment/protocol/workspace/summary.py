"""The summary that a task returns for many destinations, and the error that collects their failures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from airflow_provider_segment.protocol.errors import SegmentPartialFailureError
from airflow_provider_segment.protocol.phrases import counted
from airflow_provider_segment.protocol.workspace.plan import AppliedDestination, WorkspacePlan
from airflow_provider_segment.protocol.workspace_summary import DestinationResult, WorkspaceSummary


def summarize(plan: WorkspacePlan, applied: Sequence[AppliedDestination]) -> WorkspaceSummary:
    """Return the summary of an apply.

    :param plan: the plan.
    :param applied: what happened to each destination.
    """
    return workspace_summary(applied, differs=not plan.is_empty, unsupplied=plan.unsupplied_aliases)


def workspace_summary(
    applied: Sequence[AppliedDestination], *, differs: bool, unsupplied: Sequence[str]
) -> WorkspaceSummary:
    """Return the summary of what happened to each destination.

    :param applied: what happened to each destination.
    :param differs: whether Segment differed from the descriptions.
    :param unsupplied: aliases of the secrets that were not compared.
    """
    return WorkspaceSummary(
        differs=differs,
        results=dict(Counter(one.result for one in applied)),
        destinations=[
            DestinationResult(
                path=one.path,
                name=one.name,
                destination_id=one.destination_id,
                result=one.result,
                error=None if one.error is None else str(one.error),
            )
            for one in applied
        ],
        unsupplied_secrets=list(unsupplied),
    )


def result_counts(results: Sequence[str]) -> str:
    """Return the number of destinations with each result, for a log line.

    :param results: the results.
    """
    return ", ".join(f"{count} {result}" for result, count in Counter(results).items()) or "nothing described"


def partial_failure(
    applied: Sequence[AppliedDestination], summary: WorkspaceSummary
) -> SegmentPartialFailureError | None:
    """Return an error that lists the failed destinations; ``None`` if none failed.

    :param applied: what happened to each destination.
    :param summary: the summary, which is attached to the error.
    """
    failed = [one for one in applied if one.error is not None]
    if not failed:
        return None
    skipped = sum(one.result == "skipped" for one in applied)
    rest = f", and {counted(skipped, 'was', 'were')} skipped" if skipped else ""
    lines = [f"{one.label} ({one.path}): {one.error}" for one in failed]
    return SegmentPartialFailureError(
        f"{len(failed)} of {counted(len(applied), 'destination')} failed{rest}: {'; '.join(lines)}", summary=summary
    )
