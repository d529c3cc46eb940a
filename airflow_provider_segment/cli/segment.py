"""How a command connects to Segment: with ``SEGMENT_TOKEN`` or with an Airflow connection."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from airflow_provider_segment.workspace.environment import Environment

if TYPE_CHECKING:
    from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
    from airflow_provider_segment.transport.connection import SegmentConnection
    from airflow_provider_segment.transport.requests_driver import RequestsDriver

T = TypeVar("T")

TOKEN, REGION, URL = "SEGMENT_TOKEN", "SEGMENT_REGION", "SEGMENT_URL"


@dataclass(frozen=True, slots=True)
class Segment:
    """An open connection to Segment, used to run flows.

    :param options: the options of every call.
    :param driver: the driver that sends the requests.
    """

    options: CallOptions
    driver: RequestsDriver

    def run(self, flow: Flow[T]) -> T:
        """Run a flow to completion and return its result.

        :param flow: a generator that has not started.
        """
        return self.driver.run(flow)


@contextmanager
def open_segment(environment: Environment, *, connection_id: str | None, quiet: bool) -> Iterator[Segment]:
    """Connect to Segment with the token from ``--connection``, ``SEGMENT_TOKEN`` or the connection in ``environment``.

    :param environment: the environment, which may name a connection.
    :param connection_id: value of ``--connection``.
    :param quiet: print warnings and errors only.
    """
    from airflow_provider_segment.transport.requests_driver import RequestsDriver

    connection = _connection(environment, connection_id)
    driver = RequestsDriver(connection, _logger(quiet=quiet))
    try:
        yield Segment(connection.options, driver)
    finally:
        driver.close()


def use_airflows_connections() -> None:
    """Let Airflow read connections from its database too, if it has one, as the ``airflow`` command does.

    Outside of tasks, Airflow 3 otherwise reads environment variables only. Without a database, Airflow 2 would log a
    traceback for each connection that it does not find.
    """
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    logging.getLogger("airflow.models.connection").addFilter(_not_about_backends)


def _not_about_backends(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith("Unable to retrieve connection from secrets backend")


def _connection(environment: Environment, connection_id: str | None) -> SegmentConnection:
    from airflow_provider_segment.transport.connection import parse_connection

    token = os.environ.get(TOKEN)
    if connection_id is None and token:
        extra = {"region": region} if (region := os.environ.get(REGION)) else {}
        return parse_connection(
            conn_id=TOKEN,
            host=os.environ.get(URL),
            port=None,
            password=token,
            extra=extra,
            variables={"password": TOKEN, "region": REGION, "host": URL},
        )
    from airflow.providers.common.compat.sdk import AirflowException

    from airflow_provider_segment.hooks.connection_form import DEFAULT_CONN_ID
    from airflow_provider_segment.hooks.segment import SegmentPublicApiHook

    conn_id = connection_id or environment.connection or DEFAULT_CONN_ID
    try:
        return SegmentPublicApiHook(segment_conn_id=conn_id).segment_connection
    except AirflowException as error:
        raise ValueError(
            f"the Airflow connection {conn_id!r} can't be read: {error}; create it, or set {TOKEN} and {REGION}"
        ) from None


def _logger(*, quiet: bool) -> logging.Logger:
    """Return a logger that prints progress to standard error only, not to Airflow's logs."""
    logger = logging.getLogger("airflow_provider_segment.cli.progress")
    logger.handlers = [handler := logging.StreamHandler(sys.stderr)]
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.setLevel(logging.WARNING if quiet else logging.INFO)
    logger.propagate = False
    return logger
