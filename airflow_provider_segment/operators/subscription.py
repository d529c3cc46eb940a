"""Operators that create, change and remove subscriptions, which the Segment app calls mappings.

https://docs.segmentapis.com/tag/Destinations
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_segment.operators.base import is_retry, push_ignored
from airflow_provider_segment.operators.deferral import SegmentDeferrableOperator
from airflow_provider_segment.protocol.arguments import (
    check_flag,
    check_id,
    check_if_exists,
    check_if_missing,
    check_name,
    check_new_settings,
    check_reference,
    check_settings,
    check_trimmed_name,
)
from airflow_provider_segment.protocol.provisioning.identity import subscription_target
from airflow_provider_segment.protocol.provisioning.reverse_etl_schedule import check_reverse_etl_schedule
from airflow_provider_segment.protocol.selection import check_one_form, check_selection

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_segment.protocol.provisioning.lookup import Found
    from airflow_provider_segment.templating import Settings, Text


class SegmentCreateSubscriptionOperator(SegmentDeferrableOperator):
    """Create a subscription, unless one with the same destination, action and name already exists.

    A task that is retried or run again therefore leaves exactly one. Segment allows 5 creates a minute; the task waits
    when it reaches the limit. All arguments except ``deferrable`` are templated, but values under a key ``@template``
    or ``@liquid`` in ``settings`` are not, because they are written in Segment's mapping language.

    :param destination_id: id of the destination.
    :param name: display name, not empty.
    :param action: one of the actions of the destination's type, by slug or id; can't be changed later. If no
        subscription of the destination has it, resolving it takes one read of the destination.
    :param action_id: id of its action, instead of ``action``.
    :param trigger: an FQL statement that selects events, such as ``type = "track"``.
    :param enabled: whether it processes events. ``None`` (default) leaves an existing one as it is and creates a new
        one enabled.
    :param settings: keyed by the field names of the action: constants, or directives such as ``{"@path": "$.event"}``;
        secrets as :class:`~airflow_provider_segment.secrets.SecretRef`.
    :param model_id: the Reverse ETL model its data comes from.
    :param reverse_etl_schedule: when that model syncs: ``{"strategy": …, "config": …}``, strategy one of ``MANUAL``,
        ``PERIODIC``, ``SPECIFIC_DAYS``, ``CRON``, ``DBT_CLOUD``. Takes a second rate-limited call.
    :param if_exists: ``"reuse"`` (default) uses an existing one unchanged and warns which fields differ; ``"update"``
        brings it to the described state; ``"fail"`` raises ``SegmentAlreadyExistsError``.
    :param deferrable: take turns and wait for rate limits in the triggerer, without a worker slot. Default: Airflow's
        ``[operators] default_deferrable``.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :return: the subscription's id. If Segment rejected or did not store some settings, they are a warning, and the XCom
        ``ignored`` lists them, as ``settings['key']``.
    :raises ValueError: an argument is invalid (raised when the DAG is parsed, or when the task runs for a template), or
        the action is unknown or ambiguous.
    :raises SegmentSeveralMatchesError: several subscriptions have this identity.
    :raises SegmentAmbiguousWriteError: responses were lost until the budget was spent; a retry of the task checks
        whether the subscription exists.
    :raises SegmentError: Segment rejected the request, or stayed unreachable until ``retry_budget`` was spent.
    """

    argument_checks = {  # noqa: RUF012 - a constant of the class
        "destination_id": check_id,
        "name": check_name,
        "action": check_reference,
        "action_id": check_id,
        "trigger": check_name,
        "enabled": check_flag,
        "settings": check_new_settings,
        "model_id": check_id,
        "reverse_etl_schedule": check_reverse_etl_schedule,
        "if_exists": check_if_exists,
    }
    required = frozenset({"destination_id", "name", "trigger", "if_exists"})
    _found: Found

    def __init__(
        self,
        *,
        destination_id: Text,
        name: Text,
        trigger: Text,
        action: Text | None = None,
        action_id: Text | None = None,
        enabled: bool | Text | None = None,
        settings: Settings | None = None,
        model_id: Text | None = None,
        reverse_etl_schedule: Settings | None = None,
        if_exists: str = "reuse",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.destination_id = destination_id
        self.name = name
        self.action = action
        self.action_id = action_id
        self.trigger = trigger
        self.enabled = enabled
        self.settings = settings
        self.model_id = model_id
        self.reverse_etl_schedule = reverse_etl_schedule
        self.if_exists = if_exists
        self.check_literal_arguments()

    def check_combination(self) -> None:
        """Check that the action is set, by slug or id."""
        check_one_form({"action": self.action, "action_id": self.action_id}, required=True)
        super().check_combination()

    def perform(self, context: Context) -> str:
        """Find the subscription, or create it if it does not exist."""
        from airflow_provider_segment.protocol.provisioning.lookup import Found
        from airflow_provider_segment.protocol.provisioning.spec import SubscriptionSpec
        from airflow_provider_segment.protocol.provisioning.subscription import ensure_subscription

        values = self.checked()
        self._found = Found(**(self.stored_progress or {}))
        ensured = self.run_flow(
            context,
            ensure_subscription,
            destination_id=values["destination_id"],
            spec=SubscriptionSpec.from_arguments({**values, "templated": self.templated_paths("settings")}),
            if_exists=values["if_exists"],
            wait_for_pending=self.looks_for_pending(context),
            created_before=self.created_before,
            found=self._found,
        )
        push_ignored(context, ensured.ignored)
        return ensured.id

    def progress_to_json(self) -> dict[str, Any]:
        """Return the subscription's id, which is ``None`` until it is known, and whether warnings were logged."""
        return {"id": self._found.id, "warned": self._found.warned}


class _ExistingSubscriptionOperator(SegmentDeferrableOperator):
    """Base class of the operators for an existing subscription, selected by its id or by its action and name."""

    argument_checks = {  # noqa: RUF012 - a constant of the class
        "destination_id": check_id,
        "subscription_id": check_id,
        "action": check_reference,
        "action_id": check_id,
        "name": check_name,
    }
    required = frozenset({"destination_id"})

    def __init__(
        self,
        *,
        destination_id: Text,
        subscription_id: Text | None = None,
        action: Text | None = None,
        action_id: Text | None = None,
        name: Text | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.destination_id = destination_id
        self.subscription_id = subscription_id
        self.action = action
        self.action_id = action_id
        self.name = name

    def check_combination(self) -> None:
        """Check that either the subscription's id or its full identity (action and name) is set."""
        parts = {"action": self.action, "action_id": self.action_id, "name": self.name}
        check_selection("subscription_id", self.subscription_id, parts)
        super().check_combination()


class SegmentUpdateSubscriptionOperator(_ExistingSubscriptionOperator):
    """Change a subscription, sending only the arguments that are set.

    Segment allows 5 updates a minute; the task waits when it reaches the limit. All arguments except ``deferrable`` are
    templated, but values under a key ``@template`` or ``@liquid`` in ``settings`` are not.

    :param destination_id: id of its destination.
    :param subscription_id: id of the subscription. Without it, pass ``action`` and ``name``.
    :param action: its action, by slug or id.
    :param action_id: id of its action, instead of ``action``.
    :param name: its display name.
    :param new_name: new display name.
    :param trigger: new FQL statement.
    :param enabled: whether it processes events.
    :param settings: the field keys to set; secrets as :class:`~airflow_provider_segment.secrets.SecretRef`. A value
        with a bullet is the mask of a secret and is left out with a warning.
    :param model_id: the Reverse ETL model its data comes from.
    :param reverse_etl_schedule: when that model syncs.
    :param deferrable: take turns and wait for rate limits in the triggerer, without a worker slot. Default: Airflow's
        ``[operators] default_deferrable``.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :return: the subscription's id.
    :raises ValueError: an argument is invalid (raised when the DAG is parsed, or when the task runs for a template), or
        the action is unknown or ambiguous.
    :raises SegmentNotFoundError: the subscription does not exist.
    :raises SegmentSeveralMatchesError: several subscriptions have this identity.
    :raises SegmentError: Segment rejected the request, or stayed unreachable until ``retry_budget`` was spent.
    """

    changeable = ("new_name", "trigger", "enabled", "settings", "model_id", "reverse_etl_schedule")
    argument_checks = {  # noqa: RUF012 - a constant of the class
        **_ExistingSubscriptionOperator.argument_checks,
        "new_name": check_trimmed_name,
        "trigger": check_name,
        "enabled": check_flag,
        "settings": check_settings,
        "model_id": check_id,
        "reverse_etl_schedule": check_reverse_etl_schedule,
    }

    def __init__(
        self,
        *,
        new_name: Text | None = None,
        trigger: Text | None = None,
        enabled: bool | Text | None = None,
        settings: Settings | None = None,
        model_id: Text | None = None,
        reverse_etl_schedule: Settings | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.new_name = new_name
        self.trigger = trigger
        self.enabled = enabled
        self.settings = settings
        self.model_id = model_id
        self.reverse_etl_schedule = reverse_etl_schedule
        self.check_literal_arguments()

    def perform(self, context: Context) -> str:
        """Update the subscription, and return its id."""
        from airflow_provider_segment.protocol.provisioning.subscription import resolve_and_update_subscription

        values = self.checked()
        changes = self.changes(values)
        return self.run_flow(
            context,
            resolve_and_update_subscription,
            destination_id=values["destination_id"],
            target=subscription_target(values),
            is_retry=is_retry(context) or self.wrote_before,
            new_name=changes.pop("new_name", None),
            changes=changes,
        )


class SegmentDeleteSubscriptionOperator(_ExistingSubscriptionOperator):
    """Remove a subscription.

    Segment allows 5 removals a minute; the task waits when it reaches the limit. All arguments except ``deferrable``
    are templated.

    :param destination_id: id of its destination; if that no longer exists, neither does the subscription.
    :param subscription_id: id of the subscription. Without it, pass ``action`` and ``name``.
    :param action: its action, by slug or id.
    :param action_id: id of its action, instead of ``action``.
    :param name: its display name.
    :param if_missing: ``"ignore"`` (default) succeeds if it does not exist; ``"fail"`` raises
        ``SegmentNotFoundError``.
    :param deferrable: take turns and wait for rate limits in the triggerer, without a worker slot. Default: Airflow's
        ``[operators] default_deferrable``.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :return: the subscription's id; ``None`` if no subscription has the identity.
    :raises ValueError: an argument is invalid (raised when the DAG is parsed, or when the task runs for a template), or
        the action is unknown or ambiguous.
    :raises SegmentNotFoundError: the subscription does not exist and ``if_missing`` is ``"fail"``.
    :raises SegmentSeveralMatchesError: several subscriptions have this identity.
    :raises SegmentError: Segment rejected the request, or stayed unreachable until ``retry_budget`` was spent.
    """

    argument_checks = {**_ExistingSubscriptionOperator.argument_checks, "if_missing": check_if_missing}  # noqa: RUF012 - a constant
    required = _ExistingSubscriptionOperator.required | {"if_missing"}
    _found: Found

    def __init__(self, *, if_missing: str = "ignore", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.if_missing = if_missing
        self.check_literal_arguments()

    def perform(self, context: Context) -> str | None:
        """Remove the subscription."""
        from airflow_provider_segment.protocol.provisioning.lookup import Found
        from airflow_provider_segment.protocol.provisioning.subscription import resolve_and_delete_subscription

        values = self.checked()
        self._found = Found(**(self.stored_progress or {}))
        return self.run_flow(
            context,
            resolve_and_delete_subscription,
            destination_id=values["destination_id"],
            target=subscription_target(values),
            if_missing=values["if_missing"],
            found=self._found,
        )

    def progress_to_json(self) -> dict[str, Any]:
        """Return a dict with the subscription's id, which is ``None`` until it is known."""
        return {"id": self._found.id}
