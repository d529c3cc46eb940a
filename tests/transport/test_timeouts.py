"""Timeouts that share one timer."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

import pytest

from airflow_provider_segment.transport.timeouts import Timeouts, timeouts_of

SHORT = 0.02
LONG = 3600.0


async def stay(timeouts: Timeouts) -> None:
    with timeouts.limit():
        await asyncio.Event().wait()


async def pass_through(timeouts: Timeouts) -> str:
    with timeouts.limit():
        await asyncio.sleep(0)
        return "done"


async def outcome_of(task: asyncio.Task[Any]) -> type[BaseException] | None:
    await asyncio.wait([task])
    if task.cancelled():
        return asyncio.CancelledError
    error = task.exception()
    return None if error is None else type(error)


def test_a_block_that_takes_too_long_raises_timeout_error() -> None:
    with pytest.raises(TimeoutError):
        asyncio.run(stay(Timeouts(SHORT)))


def test_a_task_goes_on_after_its_timeout() -> None:
    async def run() -> int:
        timeouts = Timeouts(SHORT)
        with pytest.raises(TimeoutError):
            await stay(timeouts)
        await asyncio.sleep(0)
        task = asyncio.current_task()
        assert task is not None
        return task.cancelling()

    assert asyncio.run(run()) == 0


def test_a_block_that_ends_in_time_is_left_alone() -> None:
    async def run() -> tuple[str, str]:
        timeouts = Timeouts(SHORT)
        first = await pass_through(timeouts)
        await asyncio.sleep(2 * SHORT)
        return first, await pass_through(timeouts)

    assert asyncio.run(run()) == ("done", "done")


def test_an_error_of_the_block_is_passed_on() -> None:
    async def run() -> None:
        with Timeouts(LONG).limit():
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        asyncio.run(run())


def test_blocks_that_start_later_end_later() -> None:
    """The second is still running when the timer of the first is due, and then gets its own."""

    async def run() -> list[str]:
        timeouts, ended = Timeouts(4 * SHORT), []

        async def wait(name: str) -> None:
            with pytest.raises(TimeoutError):
                await stay(timeouts)
            ended.append(name)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(wait("first"))
            await asyncio.sleep(2 * SHORT)
            tasks.create_task(wait("second"))
        return ended

    assert asyncio.run(run()) == ["first", "second"]


def test_a_block_behind_one_that_has_ended_still_times_out() -> None:
    async def run() -> list[Any]:
        timeouts = Timeouts(SHORT)
        first = asyncio.create_task(pass_through(timeouts))
        second = asyncio.create_task(stay(timeouts))
        return [await outcome_of(first), await outcome_of(second)]

    assert asyncio.run(run()) == [None, TimeoutError]


def test_a_cancelled_task_stays_cancelled() -> None:
    async def run() -> Any:
        task = asyncio.create_task(stay(Timeouts(LONG)))
        await asyncio.sleep(0)
        task.cancel()
        return await outcome_of(task)

    assert asyncio.run(run()) is asyncio.CancelledError


def test_a_task_cancelled_while_it_times_out_stays_cancelled() -> None:
    async def run() -> Any:
        async def wait() -> None:
            with Timeouts(SHORT).limit():
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    task.cancel()  # by somebody else, before the block has ended
                    raise

        task = asyncio.create_task(wait())
        return await outcome_of(task)

    assert asyncio.run(run()) is asyncio.CancelledError


def test_many_blocks_need_one_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> int:
        loop, timers = asyncio.get_running_loop(), []
        call_at = loop.call_at

        def counted(*args: Any, **kwargs: Any) -> asyncio.TimerHandle:
            timers.append(args)
            return call_at(*args, **kwargs)

        monkeypatch.setattr(loop, "call_at", counted)
        await asyncio.gather(*(pass_through(timeouts_of(LONG)) for _ in range(100)))
        return len(timers)

    assert asyncio.run(run()) == 1


def test_a_closed_event_loop_is_not_kept_alive() -> None:
    async def run() -> weakref.ref[asyncio.AbstractEventLoop]:
        await pass_through(timeouts_of(LONG))
        return weakref.ref(asyncio.get_running_loop())

    loop = asyncio.run(run())
    gc.collect()
    assert loop() is None
