"""Both drivers and both hooks behind one face, so that one table of cases tests them alike."""

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

Ask = Callable[[SegmentConnection, Callable[[], Flow[Any]], Any], Any]


def ask_with_requests(connection: SegmentConnection, flow: Callable[[], Flow[Any]], log: Any) -> Any:
    driver = RequestsDriver(connection, log)
    try:
        return driver.run(flow())
    finally:
        driver.close()


def ask_with_aiohttp(connection: SegmentConnection, flow: Callable[[], Flow[Any]], log: Any) -> Any:
    async def ask() -> Any:
        network = network_for(connection)
        lease = SessionLease(connection, network)
        try:
            driver = AiohttpDriver(connection, network=network, session=await lease.take(), log=log)
            return await driver.run(flow())
        finally:
            await lease.give_back()

    return asyncio.run(ask())


class Awaited:
    """An asynchronous hook whose methods await themselves, and whose lists are plain iterators."""

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

    def _each(self, found: AsyncIterator[Any]) -> Iterator[Any]:
        async def following() -> Any:
            return await anext(found, None)

        while (item := self._runner.run(following())) is not None:
            yield item


HOOKS: dict[str, Callable[..., Any]] = {"requests": SegmentPublicApiHook, "aiohttp": Awaited}
ASKS: dict[str, Ask] = {"requests": ask_with_requests, "aiohttp": ask_with_aiohttp}
