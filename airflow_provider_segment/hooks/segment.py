"""The hooks of the Segment Public API: one for tasks, one for triggers and other code on an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeAlias, TypeVar

from airflow.providers.common.compat.sdk import AirflowException, BaseHook

from airflow_provider_segment.hooks import connection_form
from airflow_provider_segment.hooks.airflow_connection import AirflowConnection
from airflow_provider_segment.hooks.calls import SegmentCalls
from airflow_provider_segment.protocol.api.objects import Workspace
from airflow_provider_segment.protocol.api.workspace import get_workspace
from airflow_provider_segment.protocol.errors import SegmentError
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, PagedFlow
from airflow_provider_segment.protocol.printable import printable
from airflow_provider_segment.transport.connection import SegmentConnection, for_test_button
from airflow_provider_segment.transport.connection_cache import CachedConnection, ConnectionCache
from airflow_provider_segment.transport.network import LogSink, Network, network_for

P = ParamSpec("P")
T = TypeVar("T")

if TYPE_CHECKING:
    from airflow_provider_segment.transport.aiohttp_driver import AiohttpDriver
    from airflow_provider_segment.transport.requests_driver import RequestsDriver
    from airflow_provider_segment.transport.sessions import SessionLease

_TEST_FAILURES = (SegmentError, AirflowException, ValueError, OSError)


class _SegmentHook(SegmentCalls, BaseHook):
    """The base class of both hooks: the connection type, its form, and the calls."""

    conn_name_attr = "segment_conn_id"
    default_conn_name = connection_form.DEFAULT_CONN_ID
    conn_type = connection_form.CONN_TYPE
    hook_name = connection_form.HOOK_NAME

    def __init__(self, *, segment_conn_id: str = connection_form.DEFAULT_CONN_ID, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.segment_conn_id = segment_conn_id

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Return how Airflow 2.11's connection form shows its standard fields; Airflow 3 uses the provider info."""
        return connection_form.hook_field_behaviour()

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Return the extra fields of Airflow 2.11's connection form; Airflow 3 uses the provider info."""
        return connection_form.hook_widgets()

    def _warn(self, connection: SegmentConnection) -> None:
        for warning in connection.warnings:
            self.log.warning("%s", printable(warning))


class SegmentPublicApiHook(_SegmentHook):
    """The hook for the Segment Public API in tasks.

    Nothing is read or opened before the first call. Objects are returned as dicts with the API's key names. All methods
    may raise a :class:`~airflow_provider_segment.exceptions.SegmentError`, and ``ValueError`` for invalid arguments or
    connection fields. Use it in a ``with`` statement, or call :meth:`close`.

    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    """

    def run(self, flow: Callable[Concatenate[CallOptions, P], Flow[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a flow from ``protocol/`` with this hook's connection; the operators use this.

        :param flow: a function of call options and arguments that returns a flow.
        """
        return self.driver.run(flow(self.options, *args, **kwargs))

    def iterate(
        self, flow: Callable[Concatenate[CallOptions, P], PagedFlow[T]], *args: P.args, **kwargs: P.kwargs
    ) -> Iterator[T]:
        """Iterate over the items of a flow from ``protocol/``, fetching pages on demand.

        :param flow: a function of call options and arguments that returns a flow.
        """
        return self.driver.iterate(flow(self.options, *args, **kwargs))

    def test_connection(self) -> tuple[bool, str]:
        """Test the connection with a single attempt, for the "Test" button.

        :return: whether it works, and ``Connected to workspace <name> (<slug>)`` or what to fix.
        """
        from airflow_provider_segment.transport.requests_driver import RequestsDriver

        try:
            connection = for_test_button(self.segment_connection)
            driver = RequestsDriver(connection, self.log)
            try:
                return _connected_to(driver.run(get_workspace(connection.options)), connection)
            finally:
                driver.close()
        except _TEST_FAILURES as error:
            return False, str(error)

    @cached_property
    def segment_connection(self) -> SegmentConnection:
        """The parsed connection, which is read on first use."""
        return self._read()

    def refresh(self) -> bool:
        """Read the connection again, for example after an authorization error: its token may have been rotated.

        :return: whether the connection or its CA has changed; later calls then use the new one.
        """
        used = (self.segment_connection, self.driver.network)
        parsed = self._read()
        if (parsed, network_for(parsed)) == used:
            return False
        self.close()
        self.__dict__["segment_connection"] = parsed
        return True

    @property
    def options(self) -> CallOptions:
        """The options that the connection sets for every call."""
        return self.segment_connection.options

    @cached_property
    def driver(self) -> RequestsDriver:
        """The driver, which is created on the first call."""
        from airflow_provider_segment.transport.requests_driver import RequestsDriver

        return RequestsDriver(self.segment_connection, self.log)

    def _read(self) -> SegmentConnection:
        connection = AirflowConnection(self.segment_conn_id)
        connection.read(type(self))
        parsed = connection.parse()
        self._warn(parsed)
        return parsed

    def get_conn(self) -> RequestsDriver:
        """Return the driver that runs flows."""
        return self.driver

    def close(self) -> None:
        """Close all connections; a later call opens new ones."""
        driver: RequestsDriver | None = self.__dict__.pop("driver", None)
        if driver is not None:
            driver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


_Read: TypeAlias = tuple[SegmentConnection, Network]
_CONNECTIONS: ConnectionCache[_Read] = ConnectionCache()


@dataclass(frozen=True, slots=True)
class _Opened:
    cached: CachedConnection[_Read]
    read: _Read
    options: CallOptions
    driver: AiohttpDriver
    lease: SessionLease


class SegmentPublicApiAsyncHook(_SegmentHook):
    """The hook for the Segment Public API in triggers and other code on an event loop; it never blocks the loop.

    It has the methods of :class:`SegmentPublicApiHook`: await them, and iterate over lists with ``async for``. All
    hooks of one connection in one event loop share a client session, which the last one closes, and one read of the
    connection, which is repeated every five minutes. Use it in an ``async with`` statement, or await :meth:`close`.

    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    """

    #: The log for pauses and messages of flows; by default the hook's own.
    driver_log: LogSink | None = None

    def __init__(self, *, segment_conn_id: str = connection_form.DEFAULT_CONN_ID, **kwargs: Any) -> None:
        super().__init__(segment_conn_id=segment_conn_id, **kwargs)
        self._opening = asyncio.Lock()
        self._opened: _Opened | None = None
        self._calls = 0

    async def run(self, flow: Callable[Concatenate[CallOptions, P], Flow[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a flow from ``protocol/`` with this hook's connection; the triggers use this.

        :param flow: a function of call options and arguments that returns a flow.
        """
        opened = await self._open()
        self._calls += 1
        try:
            return await opened.driver.run(flow(opened.options, *args, **kwargs))
        finally:
            self._calls -= 1

    async def iterate(
        self, flow: Callable[Concatenate[CallOptions, P], PagedFlow[T]], *args: P.args, **kwargs: P.kwargs
    ) -> AsyncIterator[T]:
        """Iterate over the items of a flow from ``protocol/``, fetching pages on demand.

        :param flow: a function of call options and arguments that returns a flow.
        """
        opened = await self._open()
        self._calls += 1
        try:
            async for item in opened.driver.iterate(flow(opened.options, *args, **kwargs)):
                yield item
        finally:
            self._calls -= 1

    async def connect(self) -> None:
        """Read the connection and open the session now, instead of on the first call.

        :raises ValueError: a field of the connection is invalid.
        :raises AirflowNotFoundException: the connection does not exist, or the secrets backend fails.
        """
        await self._open()

    @property
    def is_connected(self) -> bool:
        """Whether the session is open and the connection need not be read again."""
        return self._opened is not None and self._opened.read is self._opened.cached.fresh

    async def refresh(self, *, since: float) -> bool:
        """Read the connection again, for example after an authorization error: its token may have been rotated.

        :param since: a time of the event loop; a read by another hook after this time is reused.
        :return: whether the connection or its CA has changed; later calls then use the new one.
        """
        if self._opened is None:
            return False
        used = self._opened.read
        return await self._opened.cached.get_newer(self._read, than=since) is not used

    async def test_connection(self) -> tuple[bool, str]:
        """Test the connection with a single attempt.

        :return: whether it works, and ``Connected to workspace <name> (<slug>)`` or what to fix.
        """
        try:
            connection, network = await self._read()
            opened = await self._make((for_test_button(connection), network))
            try:
                return _connected_to(await opened.driver.run(get_workspace(opened.options)), connection)
            finally:
                await opened.lease.release()
        except _TEST_FAILURES as error:
            return False, str(error)

    async def close(self) -> None:
        """Release the shared session; a later call acquires it again."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.lease.release()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _open(self) -> _Opened:
        if self._opened is not None and self.is_connected:
            return self._opened
        async with self._opening:
            read = await _CONNECTIONS.entry(self.segment_conn_id).get(self._read)
            if self._opened is None:
                self._opened = await self._make(read)
            elif self._opened.read is not read and not self._calls:  # calls in progress keep their session
                await self.close()
                self._opened = await self._make(read)
            return self._opened

    async def _read(self) -> _Read:
        """Read and parse the connection, accessing files only in a thread."""
        connection = AirflowConnection(self.segment_conn_id)
        await connection.read_async(type(self))
        parsed = await asyncio.to_thread(connection.parse)
        self._warn(parsed)
        return parsed, await asyncio.to_thread(network_for, parsed)

    async def _make(self, read: _Read) -> _Opened:
        from airflow_provider_segment.transport.aiohttp_driver import AiohttpDriver
        from airflow_provider_segment.transport.sessions import SessionLease

        connection, network = read
        lease = SessionLease(connection, network)
        session, log = await lease.acquire(), self.driver_log or self.log
        driver = AiohttpDriver(connection, network=network, session=session, log=log, slots=lease.slots)
        return _Opened(_CONNECTIONS.entry(self.segment_conn_id), read, connection.options, driver, lease)


def _connected_to(workspace: Workspace, connection: SegmentConnection) -> tuple[bool, str]:
    return True, "; ".join([f"Connected to workspace {workspace['name']} ({workspace['slug']})", *connection.warnings])
