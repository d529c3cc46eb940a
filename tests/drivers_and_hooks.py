"""One interface for both drivers and both hooks, so that one table of cases tests them all."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from airflow_provider_segment.hooks.segment import SegmentPublicApiAsyncHook, SegmentPublicApiHook
from airflow_provider_segment.protocol.flow.steps import Flow
from airflow_provider_segment.transport.aiohttp_driver import AiohttpDriver
from airflow_provider_segment.transport.connection import SegmentConnection
from airflow_provider_segment.transport.network import network_for
from airflow_provider_segment.transport.requests_driver import RequestsDriver
from airflow_provider_segment.transport.sessions import SessionLease

CallFlow = Callable[[SegmentConnection, Callable[[], Flow[Any]], Any], Any]


def call_with_requests(connection: SegmentConnection, flow: Callable[[], Flow[Any]], log: Any) -> Any:
    driver = RequestsDriver(connection, log)
    try:
        return driver.run(flow())
    finally:
        driver.close()


def call_with_aiohttp(connection: SegmentConnection, flow: Callable[[], Flow[Any]], log: Any) -> Any:
    async def call() -> Any:
        network = network_for(connection)
        lease = SessionLease(connection, network)
        try:
            driver = AiohttpDriver(connection, network=network, session=await lease.acquire(), log=log)
            return await driver.run(flow())
        finally:
            await lease.release()

    return asyncio.run(call())


class Awaited:
    """An asynchronous hook as a synchronous one: its methods run to completion, and lists are plain iterators."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._runner = asyncio.Runner()
        self._hook = SegmentPublicApiAsyncHook(*args, **kwargs)
        self._left = False

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._hook, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            made = method(*args, **kwargs)
            return self._runner.run(made) if inspect.iscoroutine(made) else self._each(made)

        return call

    def __enter__(self) -> Awaited:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._left:
            self._left = True
            self._runner.run(self._hook.close())
            self._runner.close()

    def _each(self, items: AsyncIterator[Any]) -> Iterator[Any]:
        async def next_item() -> Any:
            return await anext(items, None)

        while (item := self._runner.run(next_item())) is not None:
            yield item


HOOKS: dict[str, Callable[..., Any]] = {"requests": SegmentPublicApiHook, "aiohttp": Awaited}
DRIVERS: dict[str, CallFlow] = {"requests": call_with_requests, "aiohttp": call_with_aiohttp}
