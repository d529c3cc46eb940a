"""Operators that create, change and remove filters of a destination.

https://docs.segmentapis.com/tag/Destination-Filters
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_segment.operators.base import SegmentOperator, is_retry
from airflow_provider_segment.protocol.arguments import (
    check_flag,
    check_id,
    check_if_exists,
    check_if_missing,
    check_name,
    check_reference,
    check_trimmed_name,
)
from airflow_provider_segment.protocol.filter_arguments import check_actions, check_description
from airflow_provider_segment.protocol.provisioning.filter_spec import check_samples
from airflow_provider_segment.protocol.provisioning.identity import filter_target
from airflow_provider_segment.protocol.selection import check_one_form, check_selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_segment.templating import Text


class SegmentCreateFilterOperator(SegmentOperator):
    """Create a filter, unless the destination already has one with the same title.

    A task that is retried or run again therefore leaves exactly one. Filters need a workspace on Segment's Business
    tier. All arguments are templated.

    :param destination_id: id of the destination.
    :param title: display name, not empty.
    :param condition: FQL statement that selects events, such as ``type = "identify"``, or ``all``; the API calls it
        ``if``.
    :param actions: what happens to these events: ``{"type": "DROP"}``; ``{"type": "SAMPLE", "percent": 0.1}``, with
        ``path`` to sample by the value of a field; ``{"type": "DROP_PROPERTIES", "fields": {"context.traits":
        ["email"]}}`` or ``ALLOW_PROPERTIES`` with ``fields``, where ``""`` is the top level of the event.
    :param enabled: whether it filters events. Default ``None``: a new one is enabled, an existing one is left as it is.
    :param description: what it is for.
    :param source: the destination's source, by slug or id. By default it is read from the destination.
    :param source_id: id of that source, instead of ``source``.
    :param if_exists: ``"reuse"`` (default) uses an existing one unchanged and warns which fields differ; ``"update"``
        brings it to the described state; ``"fail"`` raises ``SegmentAlreadyExistsError``.
    :param checks: list of ``{"payload", "result"}``: sample events, each with the expected event after the filter,
        ``None`` if it must be dropped. Segment previews them before anything is written.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :return: the filter's id.
    :raises ValueError: an argument is invalid; raised when the DAG is parsed, or when the task runs for a template.
    :raises SegmentSeveralMatchesError: several filters of the destination have this title.
    :raises SegmentAmbiguousWriteError: responses were lost until the budget was spent; a retry of the task checks
        whether the filter exists.
    :raises SegmentFilterCheckError: the result of the filter for a sample event differs from ``checks``.
    :raises SegmentError: Segment rejected the request, or stayed unreachable until ``retry_budget`` was spent.
    """

    argument_checks = {  # noqa: RUF012 - a constant of the class
        "destination_id": check_id,
        "title": check_name,
        "condition": check_name,
        "actions": check_actions,
        "enabled": check_flag,
        "description": check_description,
        "source": check_reference,
        "source_id": check_id,
        "if_exists": check_if_exists,
        "checks": check_samples,
    }
    required = frozenset(argument_checks) - {"enabled", "description", "source", "source_id", "checks"}

    def __init__(
        self,
        *,
        destination_id: Text,
        title: Text,
        condition: Text,
        actions: Sequence[dict[str, Any]] | Text,
        enabled: bool | Text | None = None,
        description: Text | None = None,
        source: Text | None = None,
        source_id: Text | None = None,
        if_exists: str = "reuse",
        checks: Sequence[dict[str, Any]] | Text | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.destination_id = destination_id
        self.title = title
        self.condition = condition
        self.actions = actions
        self.enabled = enabled
        self.description = description
        self.source = source
        self.source_id = source_id
        self.if_exists = if_exists
        self.checks = checks
        self.check_literal_arguments()

    def check_combination(self) -> None:
        """Check that ``source`` and ``source_id`` are not both set."""
        check_one_form({"source": self.source, "source_id": self.source_id})
        super().check_combination()

    def perform(self, context: Context) -> str:
        """Find the filter, or create it if it does not exist."""
        from airflow_provider_segment.protocol.provisioning.filter import ensure_filter
        from airflow_provider_segment.protocol.provisioning.filter_spec import FilterSpec

        values = self.checked()
        return self.run_flow(
            context,
            ensure_filter,
            destination_id=values["destination_id"],
            spec=FilterSpec.from_arguments(values),
            if_exists=values["if_exists"],
            source_id=values.get("source_id"),
            source=values.get("source"),
            wait_for_pending=is_retry(context),
        )


class _ExistingFilterOperator(SegmentOperator):
    """Base class of the operators for an existing filter, selected by its id or by its title."""

    argument_checks = {  # noqa: RUF012 - a constant of the class
        "destination_id": check_id,
        "filter_id": check_id,
        "title": check_name,
    }
    required = frozenset({"destination_id"})

    def __init__(
        self, *, destination_id: Text, filter_id: Text | None = None, title: Text | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.destination_id = destination_id
        self.filter_id = filter_id
        self.title = title

    def check_combination(self) -> None:
        """Check that either the id or the title is set."""
        check_selection("filter_id", self.filter_id, {"title": self.title})
        super().check_combination()


class SegmentUpdateFilterOperator(_ExistingFilterOperator):
    """Change a filter, sending only the arguments that are set.

    All arguments are templated.

    :param destination_id: id of its destination.
    :param filter_id: id of the filter. Without it, pass ``title``.
    :param title: its title.
    :param new_title: new display name.
    :param condition: new FQL statement, or ``all``.
    :param actions: new actions, which replace all of its actions.
    :param enabled: whether it filters events.
    :param description: new description; an empty one removes it.
    :param checks: list of ``{"payload", "result"}``: sample events for the changed filter, each with the expected event
        after it, ``None`` if it must be dropped. Segment previews them before anything is written.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :return: the filter's id.
    :raises ValueError: an argument is invalid; raised when the DAG is parsed, or when the task runs for a template.
    :raises SegmentNotFoundError: the filter does not exist.
    :raises SegmentSeveralMatchesError: several filters of the destination have this title.
    :raises SegmentFilterCheckError: the result of the filter for a sample event differs from ``checks``.
    :raises SegmentError: Segment rejected the request, or stayed unreachable until ``retry_budget`` was spent.
    """

    changeable = ("new_title", "condition", "actions", "enabled", "description")
    argument_checks = {  # noqa: RUF012 - a constant of the class
        **_ExistingFilterOperator.argument_checks,
        "new_title": check_trimmed_name,
        "condition": check_name,
        "actions": check_actions,
        "enabled": check_flag,
        "description": check_description,
        "checks": check_samples,
    }

    def __init__(
        self,
        *,
        new_title: Text | None = None,
        condition: Text | None = None,
        actions: Sequence[dict[str, Any]] | Text | None = None,
        enabled: bool | Text | None = None,
        description: Text | None = None,
        checks: Sequence[dict[str, Any]] | Text | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.new_title = new_title
        self.condition = condition
        self.actions = actions
        self.enabled = enabled
        self.description = description
        self.checks = checks
        self.check_literal_arguments()

    def perform(self, context: Context) -> str:
        """Update the filter, and return its id."""
        from airflow_provider_segment.protocol.provisioning.filter import resolve_and_update_filter

        values = self.checked()
        changes = self.changes(values)
        return self.run_flow(
            context,
            resolve_and_update_filter,
            destination_id=values["destination_id"],
            target=filter_target(values),
            new_title=changes.pop("new_title", None),
            is_retry=is_retry(context),
            changes=changes,
            checks=values.get("checks", ()),
        )


class SegmentDeleteFilterOperator(_ExistingFilterOperator):
    """Remove a filter.

    All arguments are templated.

    :param destination_id: id of its destination; if that no longer exists, neither does the filter.
    :param filter_id: id of the filter. Without it, pass ``title``.
    :param title: its title.
    :param if_missing: ``"ignore"`` (default) succeeds if it does not exist; ``"fail"`` raises
        ``SegmentNotFoundError``.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :return: the filter's id; ``None`` if no filter has the title.
    :raises ValueError: an argument is invalid; raised when the DAG is parsed, or when the task runs for a template.
    :raises SegmentNotFoundError: the filter does not exist and ``if_missing`` is ``"fail"``.
    :raises SegmentSeveralMatchesError: several filters of the destination have this title.
    :raises SegmentError: Segment rejected the request, or stayed unreachable until ``retry_budget`` was spent.
    """

    argument_checks = {**_ExistingFilterOperator.argument_checks, "if_missing": check_if_missing}  # noqa: RUF012 - a constant
    required = _ExistingFilterOperator.required | {"if_missing"}

    def __init__(self, *, if_missing: str = "ignore", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.if_missing = if_missing
        self.check_literal_arguments()

    def perform(self, context: Context) -> str | None:
        """Remove the filter."""
        from airflow_provider_segment.protocol.provisioning.filter import resolve_and_delete_filter

        values = self.checked()
        return self.run_flow(
            context,
            resolve_and_delete_filter,
            destination_id=values["destination_id"],
            target=filter_target(values),
            if_missing=values["if_missing"],
        )
