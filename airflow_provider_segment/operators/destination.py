"""Operators that create, change and delete destinations. https://docs.segmentapis.com/tag/Destinations"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_segment.lineage.datasets import removed_facets
from airflow_provider_segment.operators.base import SegmentOperator, is_retry, push_ignored
from airflow_provider_segment.protocol.arguments import (
    check_flag,
    check_if_exists,
    check_if_missing,
    check_name,
    check_new_settings,
    check_settings,
    check_trimmed_name,
)
from airflow_provider_segment.protocol.provisioning.identity import destination_target
from airflow_provider_segment.protocol.selection import (
    DESTINATION_CHECKS,
    SOURCE_AND_TYPE,
    check_destination_selection,
    check_one_form,
)

if TYPE_CHECKING:
    from airflow.providers.common.compat.openlineage.facet import DatasetFacet
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_segment.templating import Settings, Text


class SegmentCreateDestinationOperator(SegmentOperator):
    """Create a destination, unless one with the same source, catalog id and name already exists.

    A task that is retried or run again therefore leaves exactly one. All arguments are templated, except for values
    under a key ``@template`` or ``@liquid`` in ``settings``, which are written in Segment's mapping language. Before a
    create, settings are checked against the catalog: an unknown, missing or wrongly typed one causes a warning. Strings
    that templates render are converted to booleans or numbers where the catalog declares them.

    :param source: the source to connect it to, by slug or id; can't be changed later. To resolve it, the task lists
        the workspace's sources.
    :param source_id: id of that source, instead of ``source``.
    :param destination_type: its type, by slug or catalog id; can't be changed later. To resolve it, the task lists the
        catalog if the source has no destination of this type yet.
    :param metadata_id: catalog id of its type, instead of ``destination_type``.
    :param name: display name, not empty; for a new destination, it must not begin or end with whitespace.
    :param settings: keyed by the option names of the catalog entry; a dict, or a template that renders to a JSON
        object. Pass secrets as :class:`~airflow_provider_segment.secrets.SecretRef`; a literal in the DAG file is
        visible in Airflow.
    :param enabled: whether it receives data. ``None`` (default) leaves an existing one as it is and creates a new one
        enabled.
    :param if_exists: ``"reuse"`` (default) uses an existing one unchanged and warns which fields differ; ``"update"``
        brings it to the described state; ``"fail"`` raises ``SegmentAlreadyExistsError``.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :return: the destination's id. If Segment rejected or did not store some settings, they are a warning, and the XCom
        ``ignored`` lists them, as ``settings['key']``.
    :raises ValueError: an argument is invalid (raised when the DAG is parsed, or when the task runs for a template), or
        the source or the type is unknown or ambiguous.
    :raises SegmentAlreadyExistsError: it exists, with ``if_exists="fail"``; or its type allows one destination for each
        source, and there is another one.
    :raises SegmentSeveralMatchesError: several destinations have this identity.
    :raises SegmentAmbiguousWriteError: responses were lost until the budget was spent; a retry of the task checks
        whether the destination exists.
    :raises SegmentError: Segment rejected the request, or stayed unreachable until ``retry_budget`` was spent.
    """

    argument_checks = {  # noqa: RUF012 - a constant of the class
        **SOURCE_AND_TYPE,
        "name": check_name,
        "settings": check_new_settings,
        "enabled": check_flag,
        "if_exists": check_if_exists,
    }
    required = frozenset({"name", "settings", "if_exists"})

    def __init__(
        self,
        *,
        name: Text,
        settings: Settings,
        source: Text | None = None,
        source_id: Text | None = None,
        destination_type: Text | None = None,
        metadata_id: Text | None = None,
        enabled: bool | Text | None = None,
        if_exists: str = "reuse",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.source = source
        self.source_id = source_id
        self.destination_type = destination_type
        self.metadata_id = metadata_id
        self.name = name
        self.settings = settings
        self.enabled = enabled
        self.if_exists = if_exists
        self.check_literal_arguments()

    def check_combination(self) -> None:
        """Check that source and type are set, each by slug or id."""
        check_one_form({argument: getattr(self, argument) for argument in SOURCE_AND_TYPE}, required=True)
        super().check_combination()

    def perform(self, context: Context) -> str:
        """Find the destination, or create it if it does not exist."""
        from airflow_provider_segment.protocol.provisioning.destination import ensure_destination
        from airflow_provider_segment.protocol.provisioning.references import ResolvedIds
        from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec

        values, ids = self.checked(), ResolvedIds()
        ensured = self.run_flow(
            context,
            ensure_destination,
            spec=DestinationSpec.from_arguments({**values, "templated": self.templated_paths("settings")}),
            if_exists=values["if_exists"],
            wait_for_pending=is_retry(context),
            ids=ids,
        )
        self.resolved_destination_id, self.resolved_source_id = ensured.id, ids.source_id
        push_ignored(context, ensured.ignored)
        return ensured.id


class _ExistingDestinationOperator(SegmentOperator):
    """Base class of the operators for an existing destination, selected by its id or by its source, type and name."""

    argument_checks = DESTINATION_CHECKS

    def __init__(
        self,
        *,
        destination_id: Text | None = None,
        source: Text | None = None,
        source_id: Text | None = None,
        destination_type: Text | None = None,
        metadata_id: Text | None = None,
        name: Text | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.destination_id = destination_id
        self.source = source
        self.source_id = source_id
        self.destination_type = destination_type
        self.metadata_id = metadata_id
        self.name = name

    def check_combination(self) -> None:
        """Check that either the destination's id or its full identity (source, type and name) is set."""
        check_destination_selection({argument: getattr(self, argument) for argument in DESTINATION_CHECKS})
        super().check_combination()


class SegmentUpdateDestinationOperator(_ExistingDestinationOperator):
    """Change a destination, sending only the arguments that are set.

    All arguments are templated, except for values under a key ``@template`` or ``@liquid`` in ``settings``.

    :param destination_id: id of the destination. Without it, pass ``source``, ``destination_type`` and ``name``.
    :param source: its source, by slug or id.
    :param source_id: id of its source, instead of ``source``.
    :param destination_type: its type, by slug or catalog id.
    :param metadata_id: catalog id of its type, instead of ``destination_type``.
    :param name: its display name.
    :param new_name: new display name.
    :param enabled: whether it receives data.
    :param settings: the keys to set; secrets as :class:`~airflow_provider_segment.secrets.SecretRef`. A value with a
        bullet is the mask of a secret and is left out with a warning.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :return: the destination's id.
    :raises ValueError: an argument is invalid (raised when the DAG is parsed, or when the task runs for a template), or
        the source or the type is unknown or ambiguous.
    :raises SegmentNotFoundError: the destination does not exist.
    :raises SegmentSeveralMatchesError: several destinations have this identity.
    :raises SegmentError: Segment rejected the request, or stayed unreachable until ``retry_budget`` was spent.
    """

    changeable = ("new_name", "enabled", "settings")
    argument_checks = {  # noqa: RUF012 - a constant of the class
        **_ExistingDestinationOperator.argument_checks,
        "new_name": check_trimmed_name,
        "enabled": check_flag,
        "settings": check_settings,
    }

    def __init__(
        self,
        *,
        new_name: Text | None = None,
        enabled: bool | Text | None = None,
        settings: Settings | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.new_name = new_name
        self.enabled = enabled
        self.settings = settings
        self.check_literal_arguments()

    def perform(self, context: Context) -> str:
        """Update the destination, and return its id."""
        from airflow_provider_segment.protocol.provisioning.destination import resolve_and_update_destination
        from airflow_provider_segment.protocol.provisioning.references import ResolvedIds

        values, ids = self.checked(), ResolvedIds()
        self.resolved_destination_id = self.run_flow(
            context,
            resolve_and_update_destination,
            target=destination_target(values),
            is_retry=is_retry(context),
            new_name=values.get("new_name"),
            enabled=values.get("enabled"),
            settings=values.get("settings"),
            templated=self.templated_paths("settings"),
            ids=ids,
        )
        self.resolved_source_id = ids.source_id
        return self.resolved_destination_id


class SegmentDeleteDestinationOperator(_ExistingDestinationOperator):
    """Delete a destination and its subscriptions.

    All arguments are templated.

    :param destination_id: id of the destination. Without it, pass ``source``, ``destination_type`` and ``name``.
    :param source: its source, by slug or id.
    :param source_id: id of its source, instead of ``source``.
    :param destination_type: its type, by slug or catalog id.
    :param metadata_id: catalog id of its type, instead of ``destination_type``.
    :param name: its display name.
    :param if_missing: ``"ignore"`` (default) succeeds if it does not exist; ``"fail"`` raises
        ``SegmentNotFoundError``.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :return: the destination's id; ``None`` if no destination has the identity.
    :raises ValueError: an argument is invalid (raised when the DAG is parsed, or when the task runs for a template), or
        the source or the type is unknown or ambiguous.
    :raises SegmentNotFoundError: the destination does not exist and ``if_missing`` is ``"fail"``.
    :raises SegmentSeveralMatchesError: several destinations have this identity.
    :raises SegmentError: Segment rejected the request, or stayed unreachable until ``retry_budget`` was spent.
    """

    argument_checks = {**_ExistingDestinationOperator.argument_checks, "if_missing": check_if_missing}  # noqa: RUF012 - a constant
    required = frozenset({"if_missing"})
    feeds_destination = False

    def __init__(self, *, if_missing: str = "ignore", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.if_missing = if_missing
        self.check_literal_arguments()

    def perform(self, context: Context) -> str | None:
        """Delete the destination."""
        from airflow_provider_segment.protocol.provisioning.destination import resolve_and_delete_destination

        values = self.checked()
        self.resolved_destination_id = self.run_flow(
            context, resolve_and_delete_destination, target=destination_target(values), if_missing=values["if_missing"]
        )
        return self.resolved_destination_id

    def destination_facets(self) -> dict[str, DatasetFacet]:
        """Return the facet that marks the destination as dropped, or an empty dict until it has been deleted."""
        return {} if self.resolved_destination_id is None else removed_facets()
