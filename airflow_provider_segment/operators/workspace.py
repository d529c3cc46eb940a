"""The operator that applies the descriptions of many destinations, from files or a list.

https://docs.segmentapis.com/tag/Destinations
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_segment.lineage.workspace import Feed, WorkspaceLineage
from airflow_provider_segment.operators.base import push_result
from airflow_provider_segment.operators.deferral import SegmentDeferrableOperator
from airflow_provider_segment.operators.spec_files import (
    DESCRIPTION_ERRORS,
    apply_folders,
    raise_after_wait,
    raise_for_retry,
    read_entries,
    read_files,
)
from airflow_provider_segment.protocol.arguments import (
    check_choice,
    check_count,
    check_flag,
    check_name,
    check_on_drift,
)
from airflow_provider_segment.protocol.key_path import paths_inside
from airflow_provider_segment.protocol.phrases import counted
from airflow_provider_segment.secrets import ReadSecret, replace_references

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_segment.protocol.key_path import KeyPath
    from airflow_provider_segment.protocol.workspace.description import DestinationDescription
    from airflow_provider_segment.protocol.workspace.progress import WorkspaceProgress
    from airflow_provider_segment.protocol.workspace_summary import WorkspaceSummary
    from airflow_provider_segment.templating import Text
    from airflow_provider_segment.workspace.folder import WorkspaceFolder
    from airflow_provider_segment.workspace.inline_descriptions import FileEntry


def _check_on_error(argument: str, value: Any) -> str:
    return check_choice(argument, value, ("continue", "stop"))


def _check_destinations(argument: str, value: Any) -> tuple[DestinationDescription | FileEntry, ...]:
    # Not at the top: it imports modules that parsing a DAG file does not need.
    from airflow_provider_segment.workspace.inline_descriptions import check_descriptions

    return check_descriptions(argument, value)


class SegmentApplyWorkspaceOperator(WorkspaceLineage, SegmentDeferrableOperator):
    """Bring many destinations to the state that spec files describe, in one task.

    The task lists each source once, logs the plan of each destination that differs, and writes one destination after
    another; the log shows how many are left and how long they take. Each existing destination is read again right
    before it is written. It is safe to stop at any time, and a retry continues from there. What is not described is
    never touched: an object is removed only by an entry with ``removed: true``. All arguments except
    ``deferrable`` are templated; the contents of files are not.

    :param path: a folder of spec files, or a single spec file; relative to the DAG file, or absolute. The files are
        read when the task runs. Pass either this or ``destinations``.
    :param destinations: list of dicts with the keys of a spec file, such as ``{"source", "type", "name", "settings",
        "subscriptions", "filters"}``. Pass secrets as :class:`~airflow_provider_segment.secrets.SecretRef` in
        settings. Or the entries of ``load_destinations``, each with the ``path`` and the ``environment`` of a spec
        file; or both kinds.
    :param environment: name of a file in the folder's ``environments/``, with variables and secrets; only with
        ``path``.
    :param on_drift: what to do about a difference: ``"fix"`` (default); ``"report"`` logs the plan and returns it;
        ``"fail"`` raises ``SegmentDriftError``. The last two write nothing.
    :param on_error: what to do if a destination can't be planned or applied: ``"continue"`` (default) continues with
        the others; ``"stop"`` writes nothing if one can't be planned, and stops at the first that fails. Either way,
        the task then fails with the name and the error of each.
    :param max_prune: how many destinations, subscriptions and filters may be removed together, default 10; if more
        would be, the task fails before it writes anything.
    :param rotate_secrets: also write secrets that can't be compared with what Segment shows. Default ``False``.
    :param deferrable: wait for rate limits in the triggerer, without a worker slot; before it writes subscriptions, the
        task takes its turn there. When it resumes, it reads the files again and continues with what is left; if files
        changed meanwhile, it plans again, as a retry does. Default: Airflow's ``[operators] default_deferrable``.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``. By default the ``connection`` of
        the environment, if it names one.
    :return: ``{"differs": bool, "results": {result: count}, "destinations": [{"path", "name", "destination_id",
        "result", "error"}], "unsupplied_secrets": [alias]}``; a result is ``created``, ``changed``, ``kept`` or
        ``removed``. Secrets whose connection does not exist were not compared. With ``on_drift="fail"``, or if some
        destinations failed, the result is pushed before the task fails.
    :raises ValueError: an argument or a file is invalid; the error lists every problem of every file.
    :raises SegmentDriftError: something differs, with ``on_drift="fail"``; not retried.
    :raises SegmentPartialFailureError: some destinations failed, or the descriptions became invalid, or would remove
        too much, while the task waited in the triggerer; ``summary`` holds what was done to each. Not retried if a
        retry can fix none of the failures.
    :raises SegmentPruneLimitError: more would be removed than ``max_prune``; nothing was written.
    :raises SegmentError: the token was rejected, or Segment stayed unreachable until ``retry_budget`` was spent.
    """

    template_fields_renderers = {"destinations": "json"}  # noqa: RUF012 - as Airflow declares it
    argument_checks = {  # noqa: RUF012 - a constant of the class
        "path": check_name,
        "destinations": _check_destinations,
        "environment": check_name,
        "on_drift": check_on_drift,
        "on_error": _check_on_error,
        "max_prune": check_count,
        "rotate_secrets": check_flag,
    }
    selecting_keys = frozenset({"source", "type", "name", "id", "previous_name", "path", "environment"})
    required = frozenset(argument_checks) - {"path", "destinations", "environment"}
    _progress: WorkspaceProgress

    def __init__(
        self,
        *,
        path: Text | None = None,
        destinations: Sequence[dict[str, Any]] | Text | None = None,
        environment: Text | None = None,
        on_drift: Text = "fix",
        on_error: Text = "continue",
        max_prune: int | Text = 10,
        rotate_secrets: bool | Text = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.path = path
        self.destinations = destinations
        self.environment = environment
        self.on_drift = on_drift
        self.on_error = on_error
        self.max_prune = max_prune
        self.rotate_secrets = rotate_secrets
        self.check_literal_arguments()

    def check_combination(self) -> None:
        """Check that exactly one of ``path`` and ``destinations`` is set."""
        super().check_combination()
        if (self.path is None) is (self.destinations is None):
            problem = "neither is" if self.path is None else "both are"
            raise ValueError(f"exactly one of path and destinations must be set; {problem}")
        if self.environment is not None and self.path is None:
            raise ValueError("environment requires path; environments are files in the environments/ subfolder of path")

    def resolve_argument(self, argument: str, value: Any, read: ReadSecret) -> Any:
        """Replace each ``SecretRef`` in the descriptions with its secret."""
        return replace_references(argument, value, read) if argument == "destinations" else value

    def perform(self, context: Context) -> WorkspaceSummary:
        """Read the files, plan the changes and, with ``on_drift="fix"``, execute the plan."""
        from airflow_provider_segment.exceptions import SegmentDriftError
        from airflow_provider_segment.protocol.workspace.progress import WorkspaceProgress
        from airflow_provider_segment.protocol.workspace.summary import partial_failure, summarize

        self._progress = WorkspaceProgress.from_json(self.stored_progress)
        try:
            values = self.checked()
            folders = self._read(values)
            plan, applied = apply_folders(self, context, folders, values, self._progress)
        except DESCRIPTION_ERRORS as error:
            raise_after_wait(self, context, error, self._note_feeds)
        summary = summarize(plan, applied)
        source_ids = [item.source_id for item in plan.items]
        self.feeds = tuple(_feeds(source_ids, summary, written=values["on_drift"] == "fix"))
        if (failure := partial_failure(applied, summary)) is not None:
            push_result(self, context, summary)
            raise_for_retry([one.error for one in applied if one.error is not None], failure)
        if values["on_drift"] == "fail" and not plan.is_empty:
            names = [f"{item.description.label} ({item.description.path})" for item in plan.items if not item.is_empty]
            message = (
                f"{len(names)} of {counted(len(plan.items), 'destination')} differ: {', '.join(names)}; the plan is in"
                " the log"
            )
            push_result(self, context, summary)
            raise SegmentDriftError(message, plan=summary)
        return summary

    def progress_to_json(self) -> dict[str, Any]:
        """Return the task's progress as plain JSON, excluding the values of settings."""
        return self._progress.to_json()

    def _read(self, values: Mapping[str, Any]) -> Sequence[WorkspaceFolder]:
        if "path" in values:
            return [read_files(self, path=values["path"], environment=values.get("environment"))]
        return read_entries(self, self._with_templated_paths(values["destinations"]))

    def _note_feeds(self, before: WorkspaceProgress, summary: WorkspaceSummary) -> None:
        """Note for OpenLineage what was done before a wait."""
        self.feeds = tuple(_feeds([one.source_id for one in before.destinations], summary, written=True))

    def _with_templated_paths(
        self, entries: Sequence[DestinationDescription | FileEntry]
    ) -> tuple[DestinationDescription | FileEntry, ...]:
        """Return the entries, adding to each description the paths of settings that were rendered from templates."""
        from airflow_provider_segment.workspace.inline_descriptions import FileEntry

        paths = self.templated_paths("destinations")
        return tuple(
            one if isinstance(one, FileEntry) else _with_templated_paths(one, paths_inside((number,), paths))
            for number, one in enumerate(entries)
        )


def _with_templated_paths(one: DestinationDescription, paths: frozenset[KeyPath]) -> DestinationDescription:
    """Return a description with the paths of settings that were rendered from templates.

    :param one: the description.
    :param paths: the paths in its entry that were rendered from templates.
    """
    subscriptions = one.subscriptions
    if subscriptions is not None:
        subscriptions = tuple(
            replace(part, templated=paths_inside(("subscriptions", number, "settings"), paths))
            for number, part in enumerate(subscriptions)
        )
    return replace(one, templated=paths_inside(("settings",), paths), subscriptions=subscriptions)


def _feeds(source_ids: Sequence[str], summary: WorkspaceSummary, *, written: bool) -> Iterator[Feed]:
    """Yield each destination that has an id and neither failed nor was skipped, with its source."""
    for source_id, one in zip(source_ids, summary["destinations"], strict=True):
        if one["destination_id"] is not None and one["result"] not in ("failed", "skipped"):
            yield Feed(source_id, one["destination_id"], removed=written and one["result"] == "removed")
