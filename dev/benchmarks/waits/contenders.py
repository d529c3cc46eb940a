"""The contenders: our triggers, those of other providers, and hand-written ones. None of these waits ends.

Each provider is imported only where it is used, so that no contender pays for another's memory.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dev.benchmarks.peers import title_of

Wait = AsyncIterator[Any]
INTERVAL = 1.0
"""Seconds between two polls of a wait."""


@dataclass(frozen=True, slots=True)
class Server:
    """The server that contenders poll.

    :param port: the API's port, with TLS.
    :param counts_port: the port that returns the counts.
    :param ca: path of the CA to trust.
    """

    port: int
    counts_port: int
    ca: str

    def environment(self) -> dict[str, str]:
        """Return the CA, for clients that use the system's, and the Airflow connections."""
        host = f"127.0.0.1:{self.port}"
        return {
            "SSL_CERT_FILE": self.ca,
            "AIRFLOW_CONN_OURS": _connection("segment_public_api", f"https://{host}", extra={"verify": self.ca}),
            "AIRFLOW_CONN_CENSUS": _connection("census", f"https://{host}"),
            "AIRFLOW_CONN_DBT": _connection("dbt_cloud", host, login="1"),
        }


def _connection(conn_type: str, host: str, **more: Any) -> str:
    return json.dumps({"conn_type": conn_type, "host": host, "password": "token", **more})


@dataclass(frozen=True, slots=True)
class Contender:
    """A way to wait.

    :param waits: makes a number of waits.
    :param title: its title in the table.
    :param distribution: another provider's distribution, for the table.
    :param shared: whether all waits share one poll per interval.
    """

    waits: Callable[[int, Server], Iterator[Wait]]
    title: str = ""
    distribution: str = ""
    shared: bool = False

    def __str__(self) -> str:
        return title_of(self.distribution) if self.distribution else self.title


def _our_triggers(count: int, *, different: bool) -> Iterator[Any]:
    from airflow_provider_segment.triggers.delivery_metrics import SegmentDeliveryMetricsTrigger

    for number in range(count):
        yield SegmentDeliveryMetricsTrigger(
            destination_id=f"destination-{number if different else 0}",
            source_id="source",
            success_when=[f"successes >= {100_000 + number}", "success_rate >= 0.99"],
            fail_when=["failure_rate > 0.05"],
            window=1800,
            poke_interval=INTERVAL,
            deadline=(datetime.now(UTC) + timedelta(hours=1)).isoformat(),
            segment_conn_id="ours",
        )


def ours(count: int, _: Server) -> Iterator[Wait]:
    """Wait with a different query each."""
    for trigger in _our_triggers(count, different=True):
        yield trigger.run()


def ours_shared(count: int, _: Server) -> Iterator[Wait]:
    """Wait with the same query and different conditions, in Airflow's shared stream."""
    from airflow.triggers.shared_stream import SharedStreamManager, log

    manager = SharedStreamManager(log=log)

    async def wait(number: int, trigger: Any) -> Wait:
        key = trigger.shared_stream_key()
        stream = manager.subscribe(trigger_id=number, trigger=trigger, key=key)
        try:
            async for event in trigger.filter_shared_stream(stream):
                yield event
        finally:
            await manager.unsubscribe(number, key)

    for number, trigger in enumerate(_our_triggers(count, different=False)):
        yield wait(number, trigger)


def census(count: int, _: Server) -> Iterator[Wait]:
    """Wait with a client session per wait."""
    from airflow_provider_census.triggers.census import CensusTrigger

    for number in range(count):
        yield CensusTrigger(sync_run_id=number, census_conn_id="census", poll_interval=INTERVAL).run()


def dbt(count: int, _: Server) -> Iterator[Wait]:
    """Wait with a client session per poll and retries."""
    from airflow.providers.dbt.cloud.triggers.dbt import DbtCloudRunJobTrigger

    for number in range(count):
        trigger = DbtCloudRunJobTrigger(
            conn_id="dbt", run_id=number, end_time=4e9, poll_interval=INTERVAL, account_id=1
        )
        yield trigger.run()


def naive(count: int, server: Server) -> Iterator[Wait]:
    """Wait with a client session per poll and nothing else."""
    import ssl

    import aiohttp

    context = ssl.create_default_context(cafile=server.ca)

    async def wait(number: int) -> Wait:
        url = f"https://127.0.0.1:{server.port}/destinations/destination-{number}/delivery-metrics"
        while True:
            connector = aiohttp.TCPConnector(ssl=context)
            headers = {"Authorization": "Bearer token"}
            async with (
                aiohttp.ClientSession(connector=connector, headers=headers) as session,
                session.get(url, params={"sourceId": "source"}) as response,
            ):
                response.raise_for_status()
                metrics = (await response.json())["data"]["deliveryMetricsSummary"]["metrics"]
            if metrics[0]["total"] >= 100_000:
                yield metrics
                return
            await asyncio.sleep(INTERVAL)

    yield from map(wait, range(count))


def floor(count: int, server: Server) -> Iterator[Wait]:
    """Wait with one client session and nothing else: the cost of aiohttp itself."""
    import random
    import ssl

    import aiohttp
    from yarl import URL

    session: list[aiohttp.ClientSession] = []

    async def wait(number: int) -> Wait:
        await asyncio.sleep(random.uniform(0, INTERVAL))
        if not session:
            context = ssl.create_default_context(cafile=server.ca)
            session.append(aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)))
        times = "startTime=2026-02-15T12:00:00Z&endTime=2026-02-15T12:30:00Z&granularity=MINUTE"
        path = f"/destinations/destination-{number}/delivery-metrics?sourceId=source&{times}"
        url = URL(f"https://127.0.0.1:{server.port}{path}", encoded=True)
        while True:
            async with session[0].get(url, headers={"Authorization": "Bearer token"}) as response:
                metrics = json.loads(await response.read())["data"]["deliveryMetricsSummary"]["metrics"]
            if metrics[0]["total"] >= 100_000:
                yield metrics
                return
            await asyncio.sleep(INTERVAL)

    yield from map(wait, range(count))


CONTENDERS = {
    "ours": Contender(ours, "ours"),
    "shared": Contender(ours_shared, "ours, one query", shared=True),
    "census": Contender(census, distribution="airflow-provider-census"),
    "dbt": Contender(dbt, distribution="apache-airflow-providers-dbt-cloud"),
    "naive": Contender(naive, "a client per poll"),
    "floor": Contender(floor, "aiohttp alone"),
}
