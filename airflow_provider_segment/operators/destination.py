"""Operators that create, change and delete destinations. https://docs.segmentapis.com/tag/Destinations"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_segment.operators.base import SegmentOperator, is_retry
from airflow_provider_segment.protocol.arguments import (
    check_flag,
    check_id,
    check_if_exists,
    check_if_missing,
    check_name,
    check_new_settings,
    check_settings,
)
from airflow_provider_segment.protocol.provisioning.identity import (
    DestinationIdentity,
    is_given_by_id,
    parse_destination_target,
)

if TYPE_CHECKING:
    from airflow.providers.common.compat.openlineage.facet import DatasetFacet
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_segment.templating import Settings, Text


class SegmentCreateDestinationOperator(SegmentOperator):
    """Create a destination, unless one with the same source, catalog id and name exists already.

    So a task that is retried or run again leaves exactly one. All arguments are templated, but a value under a key
    ``@template`` in ``settings`` belongs to Segment's mapping language and is left alone.

    :param source_id: the source to connect it to, for life.
    :param metadata_id: the catalog id of its type, for life.
    :param name: display name, not empty.
    :param settings: by the keys of the catalog entry's options; a dict, or a template that renders to the text of a
        JSON object. Give secrets as :class:`~airflow_provider_segment.secrets.SecretRef`; a literal in the DAG file
        is visible in Airflow.
    :param enabled: whether it receives data. Default ``True``.
    :param if_exists: ``"reuse"`` (default) takes an existing one as it is and warns which fields differ; ``"update"``
        brings it to the described state; ``"fail"`` raises ``SegmentAlreadyExistsError``.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :return: the destination's id.
    :raises ValueError: an argument can't be right; when the DAG is parsed if it is known then.
    :raises SegmentSeveralMatchesError: several destinations have this identity.
    :raises SegmentAmbiguousWriteError: answers were lost until the budget was spent; a retry of the task finds out.
    :raises SegmentError: Segment refused, or could not be reached within the connection's budgets.
    """

    template_fields: Sequence[str] = (
        "source_id",
        "metadata_id",
        "name",
        "settings",
        "enabled",
        "if_exists",
        *SegmentOperator.template_fields,
    )
    checks = {  # noqa: RUF012 - a constant of the class
        "source_id": check_id,
        "metadata_id": check_id,
        "name": check_name,
        "settings": check_new_settings,
        "enabled": check_flag,
        "if_exists": check_if_exists,
    }
    required = frozenset(checks)

    def __init__(
        self,
        *,
        source_id: Text,
        metadata_id: Text,
        name: Text,
        settings: Settings,
        enabled: bool | Text = True,
        if_exists: str = "reuse",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.source_id = source_id
        self.metadata_id = metadata_id
        self.name = name
        self.settings = settings
        self.enabled = enabled
        self.if_exists = if_exists
        self.check_known_arguments()

    def execute(self, context: Context) -> str:
        """Look for the destination, and create it where there is none."""
        from airflow_provider_segment.protocol.provisioning.destination import ensure_destination
        from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec

        values = self.checked()
        spec = DestinationSpec(
            source_id=values["source_id"],
            metadata_id=values["metadata_id"],
            name=values["name"],
            settings=values["settings"],
            enabled=values["enabled"],
        )
        self.resolved_destination_id = self.run_flow(
            context, ensure_destination, spec=spec, if_exists=values["if_exists"], wait_for_pending=is_retry(context)
        )
        return self.resolved_destination_id


class _OneDestinationOperator(SegmentOperator):
    """Base of the operators about an existing destination: given by its id, or by its whole identity."""

    template_fields: Sequence[str] = (
        "destination_id",
        "source_id",
        "metadata_id",
        "name",
        *SegmentOperator.template_fields,
    )
    checks = {  # noqa: RUF012 - a constant of the class
        "destination_id": check_id,
        "source_id": check_id,
        "metadata_id": check_id,
        "name": check_name,
    }

    def __init__(
        self,
        *,
        destination_id: Text | None = None,
        source_id: Text | None = None,
        metadata_id: Text | None = None,
        name: Text | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.destination_id = destination_id
        self.source_id = source_id
        self.metadata_id = metadata_id
        self.name = name

    def check_combination(self) -> None:
        """An id and an identity exclude one another."""
        parts = {"source_id": self.source_id, "metadata_id": self.metadata_id, "name": self.name}
        is_given_by_id("destination_id", self.destination_id, parts)

    @property
    def target(self) -> str | DestinationIdentity:
        """What is pointed at; of rendered arguments only."""
        return parse_destination_target(
            destination_id=self.destination_id,
            source_id=self.source_id,
            metadata_id=self.metadata_id,
            name=self.name,
        )


class SegmentUpdateDestinationOperator(_OneDestinationOperator):
    """Change a destination; exactly what is given is sent.

    All arguments are templated, but a value under a key ``@template`` in ``settings`` is left alone.

    :param destination_id: the destination; or
    :param source_id: its source, with
    :param metadata_id: its catalog id and
    :param name: its display name. Several with the same identity are an error.
    :param new_name: new display name.
    :param enabled: whether it receives data.
    :param settings: the keys to set; secrets as :class:`~airflow_provider_segment.secrets.SecretRef`. A value with a
        bullet is the mask of a secret: left out with a warning.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :return: the destination's id.
    :raises ValueError: an argument can't be right; when the DAG is parsed if it is known then.
    :raises SegmentNotFoundError: there is no such destination.
    :raises SegmentSeveralMatchesError: several destinations have this identity.
    :raises SegmentError: Segment refused, or could not be reached within the connection's budgets.
    """

    template_fields: Sequence[str] = ("new_name", "enabled", "settings", *_OneDestinationOperator.template_fields)
    checks = {  # noqa: RUF012 - a constant of the class
        **_OneDestinationOperator.checks,
        "new_name": check_name,
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
        self.check_known_arguments()

    def check_combination(self) -> None:
        """Something must change."""
        super().check_combination()
        if self.new_name is None and self.enabled is None and self.settings is None:
            raise ValueError("nothing to update was given; give at least one of new_name, enabled, settings")

    def execute(self, context: Context) -> str:
        """Send the change."""
        from airflow_provider_segment.protocol.provisioning.destination import resolve_and_update_destination

        values = self.checked()
        self.resolved_destination_id = self.run_flow(
            context,
            resolve_and_update_destination,
            target=self.target,
            new_name=values.get("new_name"),
            enabled=values.get("enabled"),
            settings=values.get("settings"),
        )
        return self.resolved_destination_id


class SegmentDeleteDestinationOperator(_OneDestinationOperator):
    """Delete a destination, and its subscriptions with it.

    All arguments are templated.

    :param destination_id: the destination; or
    :param source_id: its source, with
    :param metadata_id: its catalog id and
    :param name: its display name. Several with the same identity are an error.
    :param if_missing: ``"ignore"`` (default) is content when there is none; ``"fail"`` raises
        ``SegmentNotFoundError``.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :return: the destination's id; ``None`` where nothing has the identity.
    :raises ValueError: an argument can't be right; when the DAG is parsed if it is known then.
    :raises SegmentNotFoundError: there is no such destination, with ``"fail"``.
    :raises SegmentSeveralMatchesError: several destinations have this identity.
    :raises SegmentError: Segment refused, or could not be reached within the connection's budgets.
    """

    template_fields: Sequence[str] = ("if_missing", *_OneDestinationOperator.template_fields)
    checks = {**_OneDestinationOperator.checks, "if_missing": check_if_missing}  # noqa: RUF012 - a constant
    required = frozenset({"if_missing"})
    feeds_destination = False

    def __init__(self, *, if_missing: str = "ignore", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.if_missing = if_missing
        self.check_known_arguments()

    def execute(self, context: Context) -> str | None:
        """Delete it."""
        from airflow_provider_segment.protocol.provisioning.destination import resolve_and_delete_destination

        values = self.checked()
        self.resolved_destination_id = self.run_flow(
            context, resolve_and_delete_destination, target=self.target, if_missing=values["if_missing"]
        )
        return self.resolved_destination_id

    def destination_facets(self) -> dict[str, DatasetFacet]:
        """Tell that it is gone, once it is."""
        from airflow.providers.common.compat.openlineage.facet import (
            LifecycleStateChange,
            LifecycleStateChangeDatasetFacet,
        )

        if self.resolved_destination_id is None:
            return {}
        return {
            "lifecycleStateChange": LifecycleStateChangeDatasetFacet(lifecycleStateChange=LifecycleStateChange.DROP)
        }
