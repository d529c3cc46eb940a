"""The hook of the Segment Public API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from airflow.providers.common.compat.sdk import AirflowException, BaseHook

from airflow_provider_segment.hooks import connection_form
from airflow_provider_segment.hooks.connection import SegmentConnection, parse_connection
from airflow_provider_segment.hooks.methods import iterator, method
from airflow_provider_segment.hooks.requests_driver import RequestsDriver
from airflow_provider_segment.protocol.api import catalog, delivery_metrics, destinations, subscriptions, workspace
from airflow_provider_segment.protocol.errors import SegmentError
from airflow_provider_segment.protocol.flow.steps import Flow, Terms
from airflow_provider_segment.protocol.provisioning import destination as provisioning_destination
from airflow_provider_segment.protocol.provisioning import subscription as provisioning_subscription

P = ParamSpec("P")
T = TypeVar("T")

_TEST_TIMEOUT = 10.0
"""Seconds."""


class SegmentPublicApiHook(BaseHook):
    """Talks to the Segment Public API over one session.

    Nothing is read or opened before the first call. Objects come back as dicts with the API's key names. All methods
    may raise a :class:`~airflow_provider_segment.exceptions.SegmentError`, and ``ValueError`` for their arguments or
    the connection's fields. Use it in a ``with`` statement, or call :meth:`close`.

    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    """

    conn_name_attr = "segment_conn_id"
    default_conn_name = connection_form.DEFAULT_CONN_ID
    conn_type = connection_form.CONN_TYPE
    hook_name = connection_form.HOOK_NAME

    def __init__(self, *, segment_conn_id: str = connection_form.DEFAULT_CONN_ID, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.segment_conn_id = segment_conn_id

    get_workspace = method(workspace.get_workspace)
    list_sources = iterator(workspace.list_sources)

    list_destinations_catalog = iterator(catalog.list_destinations_catalog)
    get_destination_metadata = method(catalog.get_destination_metadata)

    list_destinations = iterator(destinations.list_destinations)
    get_destination = method(destinations.get_destination)
    create_destination = method(provisioning_destination.create_destination)
    update_destination = method(destinations.update_destination)
    delete_destination = method(destinations.delete_destination)

    list_subscriptions = iterator(subscriptions.list_subscriptions)
    get_subscription = method(subscriptions.get_subscription)
    create_subscription = method(provisioning_subscription.create_subscription)
    update_subscription = method(subscriptions.update_subscription)
    delete_subscription = method(subscriptions.delete_subscription)

    get_delivery_metrics = method(delivery_metrics.get_delivery_metrics)

    def run(self, flow: Callable[Concatenate[Terms, P], Flow[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a flow of ``protocol/`` over this hook's session, as the operators do.

        :param flow: a function from terms and arguments to a flow.
        """
        return self.driver.run(flow(self.terms, *args, **kwargs))

    def test_connection(self) -> tuple[bool, str]:
        """Try the connection once, for the "Test" button: nobody wants to wait for retries there.

        :return: whether it works, and ``Connected to workspace <name> (<slug>)`` or what to fix.
        """
        try:
            connection = self.segment_connection
            impatient = replace(connection.terms, fault_budget=0, rate_limit_budget=0)
            driver = RequestsDriver(
                replace(connection, timeout=min(connection.timeout, _TEST_TIMEOUT), terms=impatient), self.log
            )
            try:
                found = driver.run(workspace.get_workspace(impatient))
            finally:
                driver.close()
        except (SegmentError, AirflowException, ValueError, OSError) as error:
            return False, str(error)
        return True, f"Connected to workspace {found['name']} ({found['slug']})"

    @cached_property
    def segment_connection(self) -> SegmentConnection:
        """The connection, read and checked at the first use."""
        found = self.get_connection(self.segment_conn_id)
        return parse_connection(
            conn_id=self.segment_conn_id,
            host=found.host,
            port=found.port,
            password=found.password,
            extra=found.extra_dejson,
        )

    @property
    def terms(self) -> Terms:
        """The terms that the connection sets for every call."""
        return self.segment_connection.terms

    @cached_property
    def driver(self) -> RequestsDriver:
        """The session, opened at the first call."""
        return RequestsDriver(self.segment_connection, self.log)

    def get_conn(self) -> RequestsDriver:
        """Return what runs flows over this hook's session."""
        return self.driver

    def close(self) -> None:
        """Close the session; a later call opens a new one."""
        driver: RequestsDriver | None = self.__dict__.pop("driver", None)
        if driver is not None:
            driver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Describe the standard fields of the form to Airflow 2.11; Airflow 3 reads the provider info."""
        return connection_form.hook_field_behaviour()

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Describe the extra fields of the form to Airflow 2.11; Airflow 3 reads the provider info."""
        return connection_form.hook_widgets()
