"""Operators that create, change and remove subscriptions of a destination; the Segment app calls them mappings.

https://docs.segmentapis.com/tag/Destinations
"""

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
    check_schedule,
    check_settings,
)
from airflow_provider_segment.protocol.provisioning.identity import (
    SubscriptionIdentity,
    is_given_by_id,
    parse_subscription_target,
)

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_segment.templating import Settings, Text


class SegmentCreateSubscriptionOperator(SegmentOperator):
    """Create a subscription, unless one with the same destination, action and name exists already.

    So a task that is retried or run again leaves exactly one. Segment allows 5 creations a minute; the task waits for
    its turn. All arguments are templated, but a value under a key ``@template`` in ``settings`` belongs to Segment's
    mapping language and is left alone.

    :param destination_id: the destination.
    :param name: display name, not empty.
    :param action_id: what it does, for life; an action of the destination's type.
    :param trigger: an FQL statement saying for which events, as ``type = "track"``.
    :param enabled: whether it does anything. Default ``True``.
    :param settings: by the field keys of the action: constants, or directives such as ``{"@path": "$.event"}``; secrets
        as :class:`~airflow_provider_segment.secrets.SecretRef`.
    :param model_id: the Reverse ETL model its data comes from.
    :param reverse_etl_schedule: when that syncs: ``{"strategy": …, "config": …}``, strategy one of ``MANUAL``,
        ``PERIODIC``, ``SPECIFIC_DAYS``, ``CRON``, ``DBT_CLOUD``. Takes a second limited call.
    :param if_exists: ``"reuse"`` (default) takes an existing one as it is and warns which fields differ; ``"update"``
        brings it to the described state; ``"fail"`` raises ``SegmentAlreadyExistsError``.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :return: the subscription's id.
    :raises ValueError: an argument can't be right; when the DAG is parsed if it is known then.
    :raises SegmentSeveralMatchesError: several subscriptions have this identity.
    :raises SegmentAmbiguousWriteError: answers were lost until the budget was spent; a retry of the task finds out.
    :raises SegmentError: Segment refused, or could not be reached within the connection's budgets.
    """

    template_fields: Sequence[str] = (
        "destination_id",
        "name",
        "action_id",
        "trigger",
        "enabled",
        "settings",
        "model_id",
        "reverse_etl_schedule",
        "if_exists",
        *SegmentOperator.template_fields,
    )
    checks = {  # noqa: RUF012 - a constant of the class
        "destination_id": check_id,
        "name": check_name,
        "action_id": check_id,
        "trigger": check_name,
        "enabled": check_flag,
        "settings": check_new_settings,
        "model_id": check_id,
        "reverse_etl_schedule": check_schedule,
        "if_exists": check_if_exists,
    }
    required = frozenset(checks) - {"settings", "model_id", "reverse_etl_schedule"}

    def __init__(
        self,
        *,
        destination_id: Text,
        name: Text,
        action_id: Text,
        trigger: Text,
        enabled: bool | Text = True,
        settings: Settings | None = None,
        model_id: Text | None = None,
        reverse_etl_schedule: Settings | None = None,
        if_exists: str = "reuse",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.destination_id = destination_id
        self.name = name
        self.action_id = action_id
        self.trigger = trigger
        self.enabled = enabled
        self.settings = settings
        self.model_id = model_id
        self.reverse_etl_schedule = reverse_etl_schedule
        self.if_exists = if_exists
        self.check_known_arguments()

    def execute(self, context: Context) -> str:
        """Look for the subscription, and create it where there is none."""
        from airflow_provider_segment.protocol.provisioning.spec import SubscriptionSpec
        from airflow_provider_segment.protocol.provisioning.subscription import ensure_subscription

        values = self.checked()
        if_exists, destination_id = values.pop("if_exists"), values.pop("destination_id")
        del values["segment_conn_id"]
        return self.run_flow(
            context,
            ensure_subscription,
            destination_id=destination_id,
            spec=SubscriptionSpec(**values),
            if_exists=if_exists,
            wait_for_pending=is_retry(context),
        )


class _OneSubscriptionOperator(SegmentOperator):
    """Base of the operators about an existing subscription: given by its id, or by its action and name."""

    template_fields: Sequence[str] = (
        "destination_id",
        "subscription_id",
        "action_id",
        "name",
        *SegmentOperator.template_fields,
    )
    checks = {  # noqa: RUF012 - a constant of the class
        "destination_id": check_id,
        "subscription_id": check_id,
        "action_id": check_id,
        "name": check_name,
    }
    required = frozenset({"destination_id"})

    def __init__(
        self,
        *,
        destination_id: Text,
        subscription_id: Text | None = None,
        action_id: Text | None = None,
        name: Text | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.destination_id = destination_id
        self.subscription_id = subscription_id
        self.action_id = action_id
        self.name = name

    def check_combination(self) -> None:
        """An id and an identity exclude one another."""
        is_given_by_id("subscription_id", self.subscription_id, {"action_id": self.action_id, "name": self.name})

    @property
    def target(self) -> str | SubscriptionIdentity:
        """What is pointed at; of rendered arguments only."""
        return parse_subscription_target(
            destination_id=self.destination_id,
            subscription_id=self.subscription_id,
            action_id=self.action_id,
            name=self.name,
        )


class SegmentUpdateSubscriptionOperator(_OneSubscriptionOperator):
    """Change a subscription; exactly what is given is sent.

    Segment allows 5 updates a minute; the task waits for its turn. All arguments are templated, but a value under a
    key ``@template`` in ``settings`` is left alone.

    :param destination_id: its destination.
    :param subscription_id: the subscription; or
    :param action_id: its action and
    :param name: its display name. Several with the same identity are an error.
    :param new_name: new display name.
    :param trigger: new FQL statement.
    :param enabled: whether it does anything.
    :param settings: the field keys to set; secrets as :class:`~airflow_provider_segment.secrets.SecretRef`. A value
        with a bullet is the mask of a secret: left out with a warning.
    :param model_id: the Reverse ETL model its data comes from.
    :param reverse_etl_schedule: when that syncs.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :return: the subscription's id.
    :raises ValueError: an argument can't be right; when the DAG is parsed if it is known then.
    :raises SegmentNotFoundError: there is no such subscription.
    :raises SegmentSeveralMatchesError: several subscriptions have this identity.
    :raises SegmentError: Segment refused, or could not be reached within the connection's budgets.
    """

    changeable = ("new_name", "trigger", "enabled", "settings", "model_id", "reverse_etl_schedule")
    template_fields: Sequence[str] = (*changeable, *_OneSubscriptionOperator.template_fields)
    checks = {  # noqa: RUF012 - a constant of the class
        **_OneSubscriptionOperator.checks,
        "new_name": check_name,
        "trigger": check_name,
        "enabled": check_flag,
        "settings": check_settings,
        "model_id": check_id,
        "reverse_etl_schedule": check_schedule,
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
        self.check_known_arguments()

    def check_combination(self) -> None:
        """Something must change."""
        super().check_combination()
        if all(getattr(self, argument) is None for argument in self.changeable):
            raise ValueError(f"nothing to update was given; give at least one of {', '.join(self.changeable)}")

    def execute(self, context: Context) -> str:
        """Send the change."""
        from airflow_provider_segment.protocol.provisioning.subscription import resolve_and_update_subscription

        values = self.checked()
        changes = {argument: values[argument] for argument in self.changeable if argument in values}
        return self.run_flow(
            context,
            resolve_and_update_subscription,
            destination_id=values["destination_id"],
            target=self.target,
            new_name=changes.pop("new_name", None),
            changes=changes,
        )


class SegmentDeleteSubscriptionOperator(_OneSubscriptionOperator):
    """Remove a subscription.

    Segment allows 5 removals a minute; the task waits for its turn. All arguments are templated.

    :param destination_id: its destination; that this is gone means that the subscription is.
    :param subscription_id: the subscription; or
    :param action_id: its action and
    :param name: its display name. Several with the same identity are an error.
    :param if_missing: ``"ignore"`` (default) is content when there is none; ``"fail"`` raises
        ``SegmentNotFoundError``.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :return: the subscription's id; ``None`` where nothing has the identity.
    :raises ValueError: an argument can't be right; when the DAG is parsed if it is known then.
    :raises SegmentNotFoundError: there is no such subscription, with ``"fail"``.
    :raises SegmentSeveralMatchesError: several subscriptions have this identity.
    :raises SegmentError: Segment refused, or could not be reached within the connection's budgets.
    """

    template_fields: Sequence[str] = ("if_missing", *_OneSubscriptionOperator.template_fields)
    checks = {**_OneSubscriptionOperator.checks, "if_missing": check_if_missing}  # noqa: RUF012 - a constant
    required = _OneSubscriptionOperator.required | {"if_missing"}

    def __init__(self, *, if_missing: str = "ignore", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.if_missing = if_missing
        self.check_known_arguments()

    def execute(self, context: Context) -> str | None:
        """Remove it."""
        from airflow_provider_segment.protocol.provisioning.subscription import resolve_and_delete_subscription

        values = self.checked()
        return self.run_flow(
            context,
            resolve_and_delete_subscription,
            destination_id=values["destination_id"],
            target=self.target,
            if_missing=values["if_missing"],
        )
