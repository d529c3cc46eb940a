"""Notifiers that disable and enable a destination: a circuit breaker for bad data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseNotifier

from airflow_provider_segment.hooks.connection_form import DEFAULT_CONN_ID
from airflow_provider_segment.notifications.failures import AUTO, check_only_on, why_ignored
from airflow_provider_segment.protocol.printable import printable
from airflow_provider_segment.protocol.provisioning.identity import destination_target
from airflow_provider_segment.protocol.selection import DESTINATION_CHECKS, check_destination_selection
from airflow_provider_segment.templating import CheckedArguments

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_segment.notifications.failures import Failures
    from airflow_provider_segment.templating import Text


class _SwitchDestinationNotifier(CheckedArguments, BaseNotifier):
    """Base class of the notifiers that enable or disable a destination."""

    enabled: bool
    verb: str
    consequence: str

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
        segment_conn_id: str = DEFAULT_CONN_ID,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)  # only the context that a deadline passes, from Airflow 3.1 on
        self.destination_id = destination_id
        self.source = source
        self.source_id = source_id
        self.destination_type = destination_type
        self.metadata_id = metadata_id
        self.name = name
        self.segment_conn_id = segment_conn_id
        self.check_literal_arguments()

    def __call__(self, *args: Any) -> None:
        """Render the arguments and notify.

        :param args: the context, as Airflow calls it.
        """
        # Airflow renders in place, so tasks that share a notifier would all get the values of the first one.
        BaseNotifier.__call__(copy(self), *args)

    def render_template_fields(self, context: Context, jinja_env: Any = None) -> None:
        """Render the arguments as Airflow does; on failure, log the consequence for the destination."""
        with self._logging_failures():
            super().render_template_fields(context, jinja_env)

    def check_combination(self) -> None:
        """Check that either the destination's id or its full identity (source, type and name) is set."""
        check_destination_selection({argument: getattr(self, argument) for argument in DESTINATION_CHECKS})

    def why_ignored(self, context: Context, arguments: Mapping[str, Any]) -> str:
        """Return the reason why the notifier ignores this callback, or an empty string if it does not ignore it.

        :param context: the callback's context.
        :param arguments: the checked arguments.
        """
        return ""

    def notify(self, context: Context) -> None:
        """Enable or disable the destination; Airflow calls this as a callback of a task or a DAG."""
        from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
        from airflow_provider_segment.protocol.provisioning.destination import resolve_and_update_destination

        with self._logging_failures():
            arguments = self.checked()
            if reason := self.why_ignored(context, arguments):
                self._log_prominently("did not %s the destination: %s", self.verb, reason)
                return
            target = destination_target(arguments)
            with SegmentPublicApiHook(segment_conn_id=self.segment_conn_id) as hook:
                destination_id = hook.run(resolve_and_update_destination, target=target, enabled=self.enabled)
            self._log_prominently("%sd destination %s", self.verb, printable(destination_id))

    async def async_notify(self, context: Context) -> None:
        """Enable or disable the destination; called in the triggerer for deadlines (Airflow 3.1 and later)."""
        from airflow_provider_segment.hooks.segment import SegmentPublicApiAsyncHook
        from airflow_provider_segment.protocol.provisioning.destination import resolve_and_update_destination

        with self._logging_failures():
            target = destination_target(self.checked())
            async with SegmentPublicApiAsyncHook(segment_conn_id=self.segment_conn_id) as hook:
                destination_id = await hook.run(resolve_and_update_destination, target=target, enabled=self.enabled)
            self.log.warning("%sd destination %s", self.verb, printable(destination_id))

    def _log_prominently(self, message: str, *values: Any) -> None:
        """Log a warning outside of the collapsed log group that Airflow opens after a task has ended."""
        self.log.info("::endgroup::")
        self.log.warning(message, *values)
        self.log.info("::group::%s", type(self).__name__)

    @contextmanager
    def _logging_failures(self) -> Iterator[None]:
        """Log how a failure affects the destination; Airflow only logs that no notification was sent."""
        try:
            yield
        except Exception as error:
            self.log.error(
                "Could not %s the destination, so it may %s: %s", self.verb, self.consequence, printable(str(error))
            )
            raise


class SegmentDisableDestinationNotifier(_SwitchDestinationNotifier):
    """Disable a destination from the callback of a task, a DAG or a deadline, to stop sending bad data.

    Set ``on_failure_callback=SegmentDisableDestinationNotifier(destination_id="...")`` on a task that checks the data;
    it runs when no retries are left. Set it on a task rather than on the DAG: callbacks of a DAG run in the DAG
    processor, which must not be blocked. For a deadline of Airflow 3.1, use
    ``AsyncCallback(SegmentDisableDestinationNotifier, kwargs={...})``. All arguments are templated.

    Not every failure means bad data. If the task that failed is a
    :class:`~airflow_provider_segment.sensors.delivery_metrics.SegmentDeliveryMetricsSensor`, only its verdict
    ``SegmentDeliveryFailedError`` disables the destination by default: not a timeout, a wrong token or an invalid
    argument. For your own task, name the exception that it raises for bad data in ``only_on``.

    The state of the task does not change, even if the destination could not be disabled; a warning in the task's log
    says what the notifier did.

    :param destination_id: id of the destination. Without it, pass ``source``, ``destination_type`` and ``name``.
    :param source: its source, by slug or id.
    :param source_id: id of its source, instead of ``source``.
    :param destination_type: its type, by slug or catalog id.
    :param metadata_id: catalog id of its type, instead of ``destination_type``.
    :param name: its display name. Several destinations with this identity are an error.
    :param only_on: the failures that disable the destination: exception classes or their dotted names, such as
        ``"my_package.BadDataError"``; one or a list, subclasses included. An error from which ``AirflowFailException``
        was raised counts too. ``None``: any failure. ``"auto"`` (default): any failure, except as described above for
        the sensor. A missed deadline always disables it.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :raises ValueError: an argument is invalid; raised when the DAG is parsed, or when the task runs for a template.
    """

    argument_checks = {**_SwitchDestinationNotifier.argument_checks, "only_on": check_only_on}  # noqa: RUF012 - a constant of the class
    enabled = False
    verb = "disable"
    consequence = "still receive events"

    def __init__(
        self,
        *,
        only_on: Failures = AUTO,
        **kwargs: Any,
    ) -> None:
        # Airflow calls anything callable in a template field, and classes are callable.
        self.only_on = (only_on,) if isinstance(only_on, type) else only_on
        super().__init__(**kwargs)

    def why_ignored(self, context: Context, arguments: Mapping[str, Any]) -> str:
        """Return the reason why a failure does not disable the destination, or an empty string if it does.

        :param context: the callback's context.
        :param arguments: the checked arguments.
        """
        return why_ignored(context, arguments["only_on"]) if "only_on" in arguments else ""


class SegmentEnableDestinationNotifier(_SwitchDestinationNotifier):
    """Enable a destination again from the callback of a task, a DAG or a deadline.

    Set it as ``on_success_callback`` to undo what :class:`SegmentDisableDestinationNotifier` did. It can be used in the
    same places.

    :param destination_id: id of the destination. Without it, pass ``source``, ``destination_type`` and ``name``.
    :param source: its source, by slug or id.
    :param source_id: id of its source, instead of ``source``.
    :param destination_type: its type, by slug or catalog id.
    :param metadata_id: catalog id of its type, instead of ``destination_type``.
    :param name: its display name. Several destinations with this identity are an error.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :raises ValueError: an argument is invalid; raised when the DAG is parsed, or when the task runs for a template.
    """

    enabled = True
    verb = "enable"
    consequence = "receive no events"
