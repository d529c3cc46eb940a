"""The operator that brings a destination, its subscriptions and filters to a described state.

https://docs.segmentapis.com/tag/Destinations
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_segment.operators.base import push_result
from airflow_provider_segment.operators.deferral import SegmentDeferrableOperator
from airflow_provider_segment.protocol.arguments import (
    check_choice,
    check_count,
    check_flag,
    check_id,
    check_name,
    check_on_drift,
    check_settings,
)
from airflow_provider_segment.protocol.key_path import paths_inside
from airflow_provider_segment.protocol.provisioning.filter_spec import check_filters
from airflow_provider_segment.protocol.provisioning.spec import check_subscriptions
from airflow_provider_segment.protocol.selection import SOURCE_AND_TYPE, check_one_form
from airflow_provider_segment.secrets import ReadSecret, replace_references

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_segment.protocol.key_path import KeyPath
    from airflow_provider_segment.protocol.provisioning.apply import ApplyRequest
    from airflow_provider_segment.protocol.provisioning.summary import ApplySummary
    from airflow_provider_segment.protocol.workspace.progress import WorkspaceProgress
    from airflow_provider_segment.protocol.workspace_summary import WorkspaceSummary
    from airflow_provider_segment.templating import Settings, Text


def _check_if_missing(argument: str, value: Any) -> str:
    return check_choice(argument, value, ("create", "fail"))


_DESCRIBED = ("settings", "enabled", "subscriptions", "filters", "destination_id", "previous_name")
_FLAGS = ("prune_subscriptions", "prune_filters", "prune_all")


class SegmentApplyDestinationOperator(SegmentDeferrableOperator):
    """Bring a destination, its subscriptions and filters to a described state: read, plan, log the plan, execute it.

    Writes only what differs from the description. It is safe to stop after any call: a retry continues from there. The
    order is: disable the destination; create or change it; create, enable, then change filters; create, change, then
    remove subscriptions; enable the destination; disable, then remove filters. So an event that is filtered both before
    and after the apply is never let through in between, unless several enabled filters change at once. Only the
    described keys of settings are compared; a secret is compared by the last characters that Segment shows. All
    arguments except ``deferrable`` are templated, but values under a key ``@template`` or ``@liquid`` in settings are
    not. Before a create or a change, settings are checked against the catalog: an unknown, missing or wrongly typed one
    causes a warning.

    :param source: the source to connect it to, by slug or id; can't be changed later. To resolve it, the task lists
        the workspace's sources.
    :param source_id: id of that source, instead of ``source``.
    :param destination_type: its type, by slug or catalog id; can't be changed later. To resolve it, the task lists the
        catalog if the source has no destination of this type yet.
    :param metadata_id: catalog id of its type, instead of ``destination_type``.
    :param name: display name, not empty; with source and type, it identifies the destination.
    :param settings: keyed by the option names of the catalog entry; a dict, or a template that renders to a JSON
        object. Pass secrets as :class:`~airflow_provider_segment.secrets.SecretRef`, also in subscriptions.
    :param enabled: whether it receives data. ``None`` (default) leaves an existing one as it is and creates a new one
        enabled.
    :param subscriptions: list of ``{"name", "action", "trigger", "enabled", "settings", "model_id",
        "reverse_etl_schedule", "id", "previous_name"}``, of which the first three are required. ``action`` is the slug
        or id of one of the type's actions; ``action_id`` takes only an id. Names need not be unique: entries with the
        same action and name are matched by trigger, then model, then settings. To change one of several identical ones,
        pass its ``id``; to rename one, its ``id`` or ``previous_name``. An entry with another action or Reverse ETL
        model is another subscription. ``None`` (default) leaves them alone. Segment allows 5 creates, 5 updates and 5
        removals a minute; the task waits when it reaches a limit.
    :param filters: list of ``{"title", "condition", "actions", "enabled", "description", "id", "previous_title",
        "checks"}``, of which the first three are required. ``None`` (default) leaves them alone. Entries with the same
        title are matched by condition and actions; to change one of several identical ones, pass its ``id``. ``checks``
        is a list of ``{"payload", "result"}``: sample events and the expected event after the filter, ``None`` if it
        must be dropped. Segment previews them before anything is written. Filters need Segment's Business tier.
    :param prune_filters: remove filters that are not described. Default ``False``.
    :param max_prune_filters: maximum number of filters to remove, default 10; if there are more, the task fails before
        it writes anything.
    :param destination_id: id of the destination, instead of finding it by its identity; ``name`` then renames it.
    :param previous_name: earlier name of the destination; if no destination has the name ``name``, the one with this
        name is renamed.
    :param if_missing: what to do if the destination does not exist: ``"create"`` (default) or ``"fail"``, which raises
        ``SegmentNotFoundError`` with the destinations of this type that the source has.
    :param prune_subscriptions: remove subscriptions that are not described. Default ``False``.
    :param max_prune: maximum number of subscriptions to remove, default 10; if there are more, the task fails before it
        writes anything.
    :param prune_all: allow an empty list of subscriptions or filters to remove all of them. Default ``False``, which
        fails.
    :param on_drift: what to do about a difference: ``"fix"`` (default); ``"report"`` logs and returns the plan;
        ``"fail"`` raises ``SegmentDriftError``. The last two write nothing.
    :param rotate_secrets: also write secrets that can't be compared with what Segment shows. Default ``False``.
    :param path: a spec file that describes the destination with its subscriptions and filters, relative to the DAG
        file, or absolute; replaces source, type, ``settings`` and the other arguments that describe it. It is read when
        the task runs. With ``path``, ``name`` is a label that Segment does not see, and ``max_prune`` limits what
        entries with ``removed: true`` remove.
    :param environment: with ``path``: name of a file in ``environments/`` of the folder, with variables and secrets.
        Its ``connection`` is used unless ``segment_conn_id`` names one.
    :param deferrable: wait for rate limits in the triggerer, without a worker slot; before it writes subscriptions, the
        task takes its turn there. Default: Airflow's ``[operators] default_deferrable``.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :return: an :class:`~airflow_provider_segment.types.ApplySummary`: ``{"destination_id", "differs", "created",
        "changed": [field], "subscriptions": [{"name", "id", "action_id", "result"}], "filters": [{"title", "id",
        "result"}], "differences": [{"object", "name", "id", "result", "fields": [{"field", "before", "after"}]}],
        "ignored": [setting]}``. A result is ``"created"``, ``"changed"``, ``"kept"`` or ``"removed"``; in a report,
        ``"would create"``, ``"would change"``, ``"kept"`` or ``"would remove"``. ``ignored`` lists settings that
        Segment rejected or did not store, as ``settings['key']`` or ``subscriptions['name'].settings['key']``. Each key
        is also a separate output, such as ``apply.output["destination_id"]``. With ``on_drift="fail"``, the result is
        pushed before the task fails.
    :raises ValueError: an argument is invalid (raised when the DAG is parsed, or when the task runs for a template), or
        the source, the type or an action is unknown or ambiguous, or differs from Segment and can't be changed.
    :raises SegmentAlreadyExistsError: the type allows one destination for each source, and there is another one.
    :raises SegmentNotFoundError: the destination with ``destination_id``, or with ``if_missing="fail"`` the described
        one, does not exist.
    :raises SegmentDriftError: something differs, with ``on_drift="fail"``; not retried.
    :raises SegmentSeveralMatchesError: several objects have the same identity.
    :raises SegmentPartialFailureError: the file became invalid, or would remove too much, while the task waited in the
        triggerer; the message and ``summary`` hold what had been done before, and ``summary`` is pushed in place of the
        result.
    :raises SegmentPruneLimitError: more would be removed than ``max_prune`` or ``max_prune_filters``.
    :raises SegmentFilterCheckError: the result of a filter for a sample event differs from ``checks``.
    :raises SegmentError: Segment rejected the request, or stayed unreachable until ``retry_budget`` was spent.
    """

    template_fields_renderers = {"settings": "json", "subscriptions": "json", "filters": "json"}  # noqa: RUF012 - as Airflow declares it
    argument_checks = {  # noqa: RUF012 - a constant of the class
        **SOURCE_AND_TYPE,
        "name": check_name,
        "settings": check_settings,
        "enabled": check_flag,
        "subscriptions": check_subscriptions,
        "destination_id": check_id,
        "previous_name": check_name,
        "if_missing": _check_if_missing,
        "prune_subscriptions": check_flag,
        "max_prune": check_count,
        "prune_all": check_flag,
        "filters": check_filters,
        "prune_filters": check_flag,
        "max_prune_filters": check_count,
        "on_drift": check_on_drift,
        "rotate_secrets": check_flag,
        "path": check_name,
        "environment": check_name,
    }
    selecting_keys = frozenset(
        {"id", "name", "previous_name", "action", "action_id", "model_id", "title", "previous_title"}
    )
    required = frozenset(argument_checks) - {*SOURCE_AND_TYPE, *_DESCRIBED, "name", "path", "environment"}
    #: Returns the progress as JSON values.
    _to_json: Callable[[], dict[str, Any]]

    def __init__(
        self,
        *,
        name: Text | None = None,
        settings: Settings | None = None,
        source: Text | None = None,
        source_id: Text | None = None,
        destination_type: Text | None = None,
        metadata_id: Text | None = None,
        enabled: bool | Text | None = None,
        subscriptions: Sequence[dict[str, Any]] | Text | None = None,
        destination_id: Text | None = None,
        previous_name: Text | None = None,
        if_missing: Text = "create",
        prune_subscriptions: bool | Text = False,
        max_prune: int | Text = 10,
        prune_all: bool | Text = False,
        filters: Sequence[dict[str, Any]] | Text | None = None,
        prune_filters: bool | Text = False,
        max_prune_filters: int | Text = 10,
        on_drift: Text = "fix",
        rotate_secrets: bool | Text = False,
        path: Text | None = None,
        environment: Text | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"multiple_outputs": True, **kwargs})
        self.source = source
        self.source_id = source_id
        self.destination_type = destination_type
        self.metadata_id = metadata_id
        self.name = name
        self.settings = settings
        self.enabled = enabled
        self.subscriptions = subscriptions
        self.destination_id = destination_id
        self.previous_name = previous_name
        self.if_missing = if_missing
        self.prune_subscriptions = prune_subscriptions
        self.max_prune = max_prune
        self.prune_all = prune_all
        self.filters = filters
        self.prune_filters = prune_filters
        self.max_prune_filters = max_prune_filters
        self.on_drift = on_drift
        self.rotate_secrets = rotate_secrets
        self.path = path
        self.environment = environment
        self.check_literal_arguments()

    def check_combination(self) -> None:
        """Check that the destination is described either by a file or by arguments that include a source and a type."""
        if self.path is None:
            if self.environment is not None:
                raise ValueError("environment requires path; environments supply variables and secrets to spec files")
            if missing := [argument for argument in ("name", "settings") if getattr(self, argument) is None]:
                raise ValueError(f"{missing[0]} is missing; pass source, destination_type, name and settings, or path")
            check_one_form({argument: getattr(self, argument) for argument in SOURCE_AND_TYPE}, required=True)
        else:
            given = [argument for argument in (*SOURCE_AND_TYPE, *_DESCRIBED) if getattr(self, argument) is not None]
            given += [argument for argument in _FLAGS if getattr(self, argument) is not False]
            if given:
                raise ValueError(
                    f"path can't be combined with {', '.join(given)}, because the file describes the whole destination;"
                    f" remove {', '.join(given)}, including from default_args"
                )
        super().check_combination()

    def resolve_argument(self, argument: str, value: Any, read: ReadSecret) -> Any:
        """Replace each ``SecretRef`` with its secret, in the settings of the destination and of its subscriptions."""
        if argument != "subscriptions" or not isinstance(value, list | tuple):
            return super().resolve_argument(argument, value, read)
        return [_resolve_entry(f"{argument}[{number}]", entry, read) for number, entry in enumerate(value)]

    def perform(self, context: Context) -> ApplySummary:
        """Read the current state, plan the changes and, with ``on_drift="fix"``, execute the plan."""
        from airflow_provider_segment.exceptions import SegmentDriftError
        from airflow_provider_segment.protocol.provisioning.apply import apply_destination
        from airflow_provider_segment.protocol.provisioning.diff_report import differences_text
        from airflow_provider_segment.protocol.provisioning.progress import ApplyProgress
        from airflow_provider_segment.protocol.provisioning.references import ResolvedIds

        values = self.checked()
        if "path" in values:
            return self._apply_file(context, values)
        pending = self.looks_for_pending(context)
        request = _request(values, templated_paths=self.templated_paths, wait_for_pending=pending)
        write = values["on_drift"] == "fix"
        stored, identity = self.stored_progress or {}, request.spec.identity
        progress, ids = ApplyProgress.from_json(stored.get("apply")), ResolvedIds.restored(stored.get("ids"), identity)
        self._to_json = lambda: {"apply": progress.to_json(), "ids": ids.stored(identity)}
        plan, summary = self.run_flow(
            context, apply_destination, request=request, write=write, ids=ids, progress=progress
        )
        self.resolved_destination_id, self.resolved_source_id = summary["destination_id"], ids.source_id
        if values["on_drift"] == "fail" and not plan.is_empty:
            push_result(self, context, summary)
            raise SegmentDriftError(differences_text(plan), plan=summary)
        return summary

    def _apply_file(self, context: Context, values: dict[str, Any]) -> ApplySummary:
        from airflow_provider_segment.exceptions import SegmentDriftError
        from airflow_provider_segment.operators.spec_files import (
            DESCRIPTION_ERRORS,
            apply_file,
            drift_phrase,
            raise_after_wait,
        )
        from airflow_provider_segment.protocol.workspace.progress import WorkspaceProgress

        progress = WorkspaceProgress.from_json(self.stored_progress)
        self._to_json = progress.to_json
        try:
            item, summary = apply_file(self, context, values, progress)
        except DESCRIPTION_ERRORS as error:
            raise_after_wait(self, context, error, self._note_ids)
        self.resolved_destination_id, self.resolved_source_id = summary["destination_id"], item.source_id
        if values["on_drift"] == "fail" and not item.is_empty:
            push_result(self, context, summary)
            raise SegmentDriftError(drift_phrase(item), plan=summary)
        return summary

    def _note_ids(self, before: WorkspaceProgress, _summary: WorkspaceSummary) -> None:
        """Note for OpenLineage what was written before a wait."""
        for one in before.destinations:
            self.resolved_destination_id, self.resolved_source_id = one.id, one.source_id

    def progress_to_json(self) -> dict[str, Any]:
        """Return the task's progress as plain JSON, excluding the values of settings."""
        return self._to_json()


def _resolve_entry(label: str, entry: Any, read: ReadSecret) -> Any:
    if not isinstance(entry, Mapping) or "settings" not in entry:
        return entry
    return {**entry, "settings": replace_references(f"{label}['settings']", entry["settings"], read)}


def _request(
    values: dict[str, Any], *, templated_paths: Callable[[str], frozenset[KeyPath]], wait_for_pending: bool
) -> ApplyRequest:
    from msgspec import structs

    from airflow_provider_segment.protocol.provisioning.apply import ApplyRequest
    from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec

    paths = templated_paths("subscriptions")
    subscriptions = None
    if "subscriptions" in values:
        subscriptions = [
            structs.replace(one, templated=paths_inside((number, "settings"), paths))
            for number, one in enumerate(values["subscriptions"])
        ]
    return ApplyRequest(
        spec=DestinationSpec.from_arguments({**values, "templated": templated_paths("settings")}),
        subscriptions=subscriptions,
        destination_id=values.get("destination_id"),
        previous_name=values.get("previous_name"),
        if_missing=values["if_missing"],
        prune_subscriptions=values["prune_subscriptions"],
        max_prune=values["max_prune"],
        prune_all=values["prune_all"],
        filters=values.get("filters"),
        prune_filters=values["prune_filters"],
        max_prune_filters=values["max_prune_filters"],
        rotate_secrets=values["rotate_secrets"],
        wait_for_pending=wait_for_pending,
    )
