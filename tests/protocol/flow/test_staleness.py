"""A process that stands still between reading and writing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from airflow_provider_segment.protocol.flow.staleness import replan_when_stale
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Outcome, Pause, Send
from airflow_provider_segment.protocol.provisioning.destination import ensure_destination
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec
from tests.protocol.driver import ScriptedDriver
from tests.protocol.provisioning.destinations import TYPE, created, listed

TIMEOUT = 30.0


@dataclass
class Clocks:
    """A wall clock and a monotonic clock; only one of them may show a suspension."""

    wall: float = 1000.0
    monotonic: float = 5.0
    driver: ScriptedDriver = field(default_factory=ScriptedDriver)

    def __call__(self) -> tuple[float, float]:
        return self.wall + self.driver.now, self.monotonic + self.driver.now

    def stand_still(self, seconds: float, *, wall: bool) -> None:
        if wall:
            self.wall += seconds
        else:
            self.monotonic += seconds


def ensure(clocks: Clocks, before_reply: Callable[[int], None]) -> Any:
    """Run a create; call ``before_reply`` with the number of each step that has been done."""
    options = CallOptions(connection="c", reconcile_timeout=TIMEOUT, clocks=clocks)
    spec = DestinationSpec(source_id="s", metadata_id="m", name="mine", settings={})
    flow = ensure_destination(options, spec=spec, if_exists="reuse")
    reply: Outcome | None = None
    for number in range(1000):
        try:
            step = flow.send(reply)
        except StopIteration as stop:
            return stop.value
        reply = clocks.driver.take(step)
        before_reply(number)
    raise AssertionError("it does not end")


@pytest.mark.parametrize("wall", [True, False])
def test_a_suspension_before_a_create_reads_again(wall: bool) -> None:
    clocks = Clocks(driver=ScriptedDriver([listed(), TYPE, listed("by the retry")]))
    result = ensure(clocks, lambda number: clocks.stand_still(301.0, wall=wall) if number == 0 else None)
    assert result.id == "by the retry"
    assert [request.method for request in clocks.driver.requests] == ["GET"] * 3
    assert "the process was suspended for 301 s before a write; reading the current state" in clocks.driver.log_text


def test_a_response_after_a_suspension_counts_as_lost() -> None:
    clocks = Clocks(driver=ScriptedDriver([listed(), TYPE, created("d1"), listed("d1")]))
    result = ensure(clocks, lambda number: clocks.stand_still(301.0, wall=True) if number == 2 else None)
    assert result.id == "d1"
    assert "the process was suspended while it waited for the response" in clocks.driver.log_text


def test_a_short_suspension_changes_nothing() -> None:
    clocks = Clocks(driver=ScriptedDriver([listed(), TYPE, created("d1"), listed("d1")]))
    assert ensure(clocks, lambda number: clocks.stand_still(TIMEOUT / 10, wall=True)).id == "d1"
    assert len(clocks.driver.requests) == 4


def test_a_planned_pause_is_no_suspension() -> None:
    clocks = Clocks(driver=ScriptedDriver([created("d1")]))
    options = CallOptions(connection="c", reconcile_timeout=TIMEOUT, clocks=clocks)
    starts: list[bool] = []

    def waiting(_: CallOptions, pending: bool) -> Flow[str]:
        from airflow_provider_segment.protocol.api import operations

        starts.append(pending)
        yield Pause(3600.0, "rate limited")
        yield Send(operations.DELETE_DESTINATION.request(ids={"destinationId": "d"}))
        return "done"

    assert clocks.driver.run(replan_when_stale(options, waiting, wait_for_pending=False)) == "done"
    assert starts == [False]
