"""Notifiers that stop and start a destination: the circuit breaker for bad data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseNotifier

from airflow_provider_segment.hooks.connection_form import DEFAULT_CONN_ID
from airflow_provider_segment.protocol.arguments import check_id, check_name
from airflow_provider_segment.protocol.printable import printable
from airflow_provider_segment.protocol.provisioning.identity import (
    DestinationIdentity,
    is_given_by_id,
    parse_destination_target,
)
from airflow_provider_segment.templating import CheckedArguments

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_segment.templating import Text


class _SwitchDestinationNotifier(CheckedArguments, BaseNotifier):
    """Base of the notifiers: they differ in the state they bring the destination to."""

    enabled: bool
    verb: str
    otherwise: str

    template_fields: Sequence[str] = ("destination_id", "source_id", "metadata_id", "name", "segment_conn_id")
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
        segment_conn_id: str = DEFAULT_CONN_ID,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)  # the context of a deadline, from Airflow 3.1 on; nothing else is taken
        self.destination_id = destination_id
        self.source_id = source_id
        self.metadata_id = metadata_id
        self.name = name
        self.segment_conn_id = segment_conn_id
        self.check_known_arguments()

    def __call__(self, *args: Any) -> None:
        """Render and notify.

        :param args: the context, as Airflow calls it.
        """
        # Airflow renders in place: tasks that share a notifier would all get the values of the first that needs it.
        BaseNotifier.__call__(copy(self), *args)

    def render_template_fields(self, context: Context, jinja_env: Any = None) -> None:
        """Render as Airflow does, but say what a failure means."""
        with self._logging_failures():
            super().render_template_fields(context, jinja_env)

    def check_combination(self) -> None:
        """An id and an identity exclude one another."""
        parts = {"source_id": self.source_id, "metadata_id": self.metadata_id, "name": self.name}
        is_given_by_id("destination_id", self.destination_id, parts)

    def notify(self, context: Context) -> None:
        """Switch the destination; where callbacks of tasks and DAGs run."""
        from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
        from airflow_provider_segment.protocol.provisioning.destination import resolve_and_update_destination

        with self._logging_failures(), SegmentPublicApiHook(segment_conn_id=self.segment_conn_id) as hook:
            destination_id = hook.run(resolve_and_update_destination, target=self._target(), enabled=self.enabled)
            self.log.info("%sd destination %s", self.verb, printable(destination_id))

    async def async_notify(self, context: Context) -> None:
        """Switch the destination; in the triggerer, where callbacks of deadlines run from Airflow 3.1 on."""
        from airflow_provider_segment.hooks.segment import SegmentPublicApiAsyncHook
        from airflow_provider_segment.protocol.provisioning.destination import resolve_and_update_destination

        with self._logging_failures():
            async with SegmentPublicApiAsyncHook(segment_conn_id=self.segment_conn_id) as hook:
                destination_id = await hook.run(
                    resolve_and_update_destination, target=self._target(), enabled=self.enabled
                )
                self.log.info("%sd destination %s", self.verb, printable(destination_id))

    def _target(self) -> str | DestinationIdentity:
        arguments = self.checked()
        del arguments["segment_conn_id"]
        return parse_destination_target(**arguments)

    @contextmanager
    def _logging_failures(self) -> Iterator[None]:
        """Say what a failure means: Airflow only logs it, as a notification that was not sent."""
        try:
            yield
        except Exception as error:
            self.log.error(
                "Could not %s the destination, so it may %s: %s", self.verb, self.otherwise, printable(str(error))
            )
            raise


class SegmentDisableDestinationNotifier(_SwitchDestinationNotifier):
    """Stop a destination when a task, a DAG or a deadline calls back; so that bad data goes no further.

    ``on_failure_callback=SegmentDisableDestinationNotifier(destination_id="...")`` of a task that checks the data opens
    the circuit; it runs when no retry is left. Give it to a task rather than to the DAG: the callbacks of a DAG run in
    the DAG processor, which has no time to wait. A deadline of Airflow 3.1 takes it as
    ``AsyncCallback(SegmentDisableDestinationNotifier, kwargs={...})``. All arguments are templated.

    The state of the task stays as it was, also when the destination could not be switched: its log says so.

    :param destination_id: the destination; or
    :param source_id: its source, with
    :param metadata_id: its catalog id and
    :param name: its display name. Several with the same identity are an error.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :raises ValueError: an argument can't be right; when the DAG is parsed if it is known then.
    """

    enabled = False
    verb = "disable"
    otherwise = "still receive events"


class SegmentEnableDestinationNotifier(_SwitchDestinationNotifier):
    """Start a destination again when a task, a DAG or a deadline calls back.

    As ``on_success_callback`` it closes the circuit that :class:`SegmentDisableDestinationNotifier` opens, and is used
    as that is.

    :param destination_id: the destination; or
    :param source_id: its source, with
    :param metadata_id: its catalog id and
    :param name: its display name. Several with the same identity are an error.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :raises ValueError: an argument can't be right; when the DAG is parsed if it is known then.
    """

    enabled = True
    verb = "enable"
    otherwise = "receive no events"
