"""Calls to a server with either driver, with a limit on how long a test may hang."""

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
from tests.drivers_and_hooks import DRIVERS

T = TypeVar("T")

TOKEN = "the-one-token"
TIME_LIMIT = 60.0
"""Seconds after which a test is considered to hang: far more than any of these tests needs."""


class Silent:
    """A logger that discards everything."""

    def log(self, level: int, msg: Any, /, *args: Any) -> None:
        pass


class CallApi(Protocol):
    """A function that runs a flow with one of the drivers; keywords are extra fields of the connection."""

    def __call__(self, url: str, /, flow: Callable[..., Flow[Any]] = ..., **extra: Any) -> Any: ...


def connection_to(url: str, **extra: Any) -> SegmentConnection:
    """Return a connection with a single attempt and a short timeout."""
    fields = {"retry_budget": 0, "rate_limit_budget": 0, "timeout": 10} | extra
    return parse_connection(conn_id="seg", host=url, port=None, password=TOKEN, extra=fields)


def api_caller(driver: str) -> CallApi:
    """Return a function that runs a flow with a driver.

    :param driver: key of ``DRIVERS``.
    """

    def call_api(url: str, /, flow: Callable[..., Flow[Any]] = get_workspace, **extra: Any) -> Any:
        connection = connection_to(url, **extra)
        return within_limit(lambda: DRIVERS[driver](connection, lambda: flow(connection.options), Silent()))

    return call_api


def deleting(options: Any) -> Flow[Any]:
    """Delete a destination: for a write it matters whether it was sent."""
    return delete_destination(options, id="d")


def within_limit(work: Callable[[], T], *, time_limit: float = TIME_LIMIT) -> T:
    """Run a function in a thread; if it hangs, fail with the stacks of all threads.

    :param work: the function; its result is returned, its error raised.
    :param time_limit: seconds.
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
    thread.join(time_limit)
    if thread.is_alive():
        faulthandler.dump_traceback(sys.__stderr__ or sys.stderr)
        raise AssertionError(f"it did not end within {time_limit:.0f} seconds")
    if errors:
        raise errors[0]
    return results[0]
