"""Timeouts that share one timer."""

from __future__ import annotations

import asyncio
import gc
import weakref
from contextlib import suppress
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


def cancellations() -> int:
    task = asyncio.current_task()
    assert task is not None
    return task.cancelling()


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
        return cancellations()

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


def test_an_error_of_a_block_that_timed_out_is_passed_on() -> None:
    async def fail() -> None:
        with Timeouts(SHORT).limit():
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise KeyError("mine") from None

    async def run() -> int:
        with pytest.raises(KeyError, match="mine"):
            await fail()
        return cancellations()

    assert asyncio.run(run()) == 0


def test_a_block_that_swallows_its_cancellation_still_times_out() -> None:
    """As aiohappyeyeballs does while it closes the slower of two connections."""

    async def swallow() -> None:
        with Timeouts(SHORT).limit():
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            await asyncio.Event().wait()

    async def run() -> int:
        with pytest.raises(TimeoutError):
            await swallow()
        return cancellations()

    assert asyncio.run(run()) == 0


def test_a_task_with_an_earlier_cancellation_keeps_it() -> None:
    async def run() -> int:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await stay(Timeouts(SHORT))
        return cancellations()

    assert asyncio.run(run()) == 1


def test_blocks_expire_when_their_own_time_is_over() -> None:
    """The second is still running when the timer of the first is due, and then gets its own."""

    async def run() -> tuple[bool, str]:
        timeouts = Timeouts(4 * SHORT)
        first = asyncio.create_task(stay(timeouts))
        await asyncio.sleep(2 * SHORT)
        second = asyncio.create_task(stay(timeouts))
        await outcome_of(first)
        return second.done(), str(await outcome_of(second))

    assert asyncio.run(run()) == (False, "<class 'TimeoutError'>")


def test_a_block_that_starts_while_another_cleans_up_times_out_too() -> None:
    async def run() -> list[Any]:
        timeouts, expired, go_on = Timeouts(SHORT), asyncio.Event(), asyncio.Event()

        async def slow() -> None:
            with timeouts.limit():
                try:
                    await asyncio.Event().wait()
                finally:
                    expired.set()
                    await go_on.wait()

        first = asyncio.create_task(slow())
        await expired.wait()
        second = asyncio.create_task(stay(timeouts))
        outcomes = [await outcome_of(second)]
        go_on.set()
        return [*outcomes, await outcome_of(first)]

    assert asyncio.run(run()) == [TimeoutError, TimeoutError]


def test_lengths_are_kept_apart() -> None:
    async def run() -> bool:
        long = asyncio.create_task(stay(timeouts_of(LONG)))
        with pytest.raises(TimeoutError):
            await stay(timeouts_of(SHORT))
        running = not long.done()
        long.cancel()
        return running

    assert asyncio.run(run())


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
    async def run() -> tuple[weakref.ref[asyncio.AbstractEventLoop], Timeouts]:
        timeouts = timeouts_of(LONG)
        await pass_through(timeouts)
        return weakref.ref(asyncio.get_running_loop()), timeouts

    loop, _kept = asyncio.run(run())
    gc.collect()
    assert loop() is None
