"""Asking a server with either driver, and not waiting for it for ever."""

from __future__ import annotations

import faulthandler
import sys
import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from airflow_provider_segment.protocol.api.destinations import delete_destination
from airflow_provider_segment.protocol.api.workspace import get_workspace
from airflow_provider_segment.protocol.flow.steps import Flow
from airflow_provider_segment.transport.connection import SegmentConnection, parse_connection
from tests.transport.both import ASKS

T = TypeVar("T")

TOKEN = "the-one-token"
PATIENCE = 60.0
"""Seconds after which something is taken to hang: far above what any of these tests needs."""


class Silent:
    """Stands for Airflow's logger where nobody reads it."""

    def log(self, level: int, msg: Any, /, *args: Any) -> None:
        pass


class Asking(Protocol):
    """Asks with one of the drivers; extra fields of the connection as keywords."""

    def __call__(self, url: str, /, flow: Callable[..., Flow[Any]] = ..., **extra: Any) -> Any: ...


def connection_to(url: str, **extra: Any) -> SegmentConnection:
    """A connection that tries once and gives an attempt little time."""
    fields = {"retry_budget": 0, "rate_limit_budget": 0, "timeout": 10} | extra
    return parse_connection(conn_id="seg", host=url, port=None, password=TOKEN, extra=fields)


def asking_with(driver: str) -> Asking:
    """Make a function that asks with a driver.

    :param driver: key of ``ASKS``.
    """

    def ask(url: str, /, flow: Callable[..., Flow[Any]] = get_workspace, **extra: Any) -> Any:
        connection = connection_to(url, **extra)
        return not_for_ever(lambda: ASKS[driver](connection, lambda: flow(connection.options), Silent()))

    return ask


def removing(options: Any) -> Flow[Any]:
    """A write, where it matters whether it was sent."""
    return delete_destination(options, id="d")


def not_for_ever(work: Callable[[], T], *, patience: float = PATIENCE) -> T:
    """Run something that should end by itself; a hang becomes a failure with everybody's stack.

    :param work: what to run; its result is returned, its error raised.
    :param patience: seconds.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again below
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(patience)
    if thread.is_alive():
        faulthandler.dump_traceback(sys.__stderr__ or sys.stderr)
        raise AssertionError(f"it did not end within {patience:.0f} seconds")
    if errors:
        raise errors[0]
    return results[0]
